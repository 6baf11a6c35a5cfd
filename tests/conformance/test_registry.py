"""Every op of the spec has a file and an executor in torch and in NumPy."""

from importlib import import_module
from typing import get_args

import pytest

from ostinato.nn.network import EXECUTORS as TORCH
from ostinato.runtime.network import EXECUTORS as NUMPY
from ostinato.spec.network import OPS, AnyOp


def test_every_op_that_a_spec_may_name_is_listed():
    union, _ = get_args(AnyOp)
    assert set(get_args(union)) == set(OPS)


@pytest.mark.parametrize("executors", [TORCH, NUMPY], ids=["torch", "numpy"])
def test_executors_know_every_op_and_nothing_else(executors):
    assert set(executors) == set(OPS)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__.lower())
@pytest.mark.parametrize(("package", "executors"), [("nn", TORCH), ("runtime", NUMPY)], ids=["nn", "runtime"])
def test_the_executor_of_an_op_lives_in_the_file_of_its_name(package, executors, op):
    name = op.model_fields["op"].default
    module = import_module(f"ostinato.{package}.{name}")
    assert executors[op].__module__ == module.__name__
    assert executors[op].__name__.lower() == name.replace("_", "")
