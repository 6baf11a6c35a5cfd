"""A layer inside whatever else torch may be doing: batched gradients, tracing, autocast, threads, forks."""

import subprocess
import sys
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd import forward_ad
from torch.utils.checkpoint import checkpoint

from conftest import NATIVE
from helpers import assert_same, normal
from ostinato import nn

KINDS = ["RNN", "LSTM", "GRU"]
LENGTHS = [5, 3]


def problem(kind: str, dtype: torch.dtype = torch.float64) -> tuple[torch.nn.RNNBase, Tensor]:
    torch.manual_seed(0)
    return getattr(nn, kind)(3, 4, bidirectional=True, dtype=dtype), normal((5, 2, 3)).to(dtype)


def outputs(layer: torch.nn.RNNBase, x: Tensor, **options: Any) -> Tensor:
    return layer(x, lengths=LENGTHS, **options)[0]


def gradients_one_by_one(layer: torch.nn.RNNBase, x: Tensor, cotangents: Tensor) -> list[Tensor]:
    inputs = [x, *layer.parameters()]
    each = [torch.autograd.grad(outputs(layer, x), inputs, cotangent) for cotangent in cotangents]
    return [torch.stack(same) for same in zip(*each, strict=True)]


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # torch's packing, under vmap
@pytest.mark.parametrize("kind", KINDS)
def test_many_cotangents_at_once_give_the_gradients_of_each(kind):
    layer, x = problem(kind)
    x.requires_grad_()
    inputs, cotangents = [x, *layer.parameters()], normal((6, 5, 2, 8))
    expected = gradients_one_by_one(layer, x, cotangents)
    batched = torch.autograd.grad(outputs(layer, x), inputs, cotangents, is_grads_batched=True)
    assert_same(batched, expected, torch.float64)
    assert not any(gradient.requires_grad for gradient in batched)
    y = outputs(layer, x)
    one = partial(torch.autograd.grad, y, inputs, retain_graph=True)
    assert_same(torch.func.vmap(one)(cotangents), expected, torch.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_jacobians_are_the_same_row_by_row_and_vectorised(kind):
    layer, x = problem(kind)
    rows, vectorised = (
        torch.autograd.functional.jacobian(partial(outputs, layer), x, vectorize=whole)
        for whole in (False, True)
    )
    assert_same([vectorised], [rows], torch.float64)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch itself uses it
@pytest.mark.parametrize("kind", KINDS)
def test_forward_mode_derivatives_are_the_references(kind):
    layer, x = problem(kind)
    direction = torch.randn_like(x)

    def derivative(backend: str) -> Tensor:
        with forward_ad.dual_level():
            y, _ = layer(forward_ad.make_dual(x, direction), backend=backend)
            return forward_ad.unpack_dual(y).tangent

    assert_same([derivative("auto")], [derivative("reference")], torch.float64)
    if NATIVE:
        with pytest.raises(RuntimeError, match=r"'native' cannot run here: .*forward-mode"):
            derivative("native")


@pytest.mark.parametrize("kind", KINDS)
def test_transforms_of_torch_func_are_right(kind):
    layer, x = problem(kind)

    def loss(x: Tensor, backend: str) -> Tensor:
        return layer(x, backend=backend)[0].square().sum()

    for transform in (torch.func.grad, torch.func.jacrev, torch.func.hessian):
        actual, expected = (transform(partial(loss, backend=name))(x) for name in ("auto", "reference"))
        assert_same([actual], [expected], torch.float64)


@pytest.mark.filterwarnings("ignore")  # of tracing: that it is old, and that shapes are taken for constants
@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_traced_layer_computes_rather_than_remembers(kind, gradients):
    layer, x = problem(kind)
    with torch.set_grad_enabled(gradients):
        traced = torch.jit.trace(layer, torch.zeros_like(x), check_trace=False)
        torch.testing.assert_close(traced(x), layer(x))


@pytest.mark.parametrize("kind", KINDS)
def test_another_default_device_does_not_matter(kind):
    layer, x = problem(kind)
    options = {"lengths": LENGTHS, "reset": torch.ones(5, 2, dtype=torch.bool)}
    cell, rows = getattr(nn, f"{kind}Cell")(3, 4), torch.randn(2, 3)
    expected = layer(x), layer(x, **options), cell(rows)
    with torch.device("meta"):
        torch.testing.assert_close((layer(x), layer(x, **options), cell(rows)), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_another_default_device_does_not_matter_to_gradients(kind):
    """To the second ones neither, which the reference computes."""
    layer, x = problem(kind)
    leaves = [x.requires_grad_(), *layer.parameters()]

    def gradients() -> list[Tensor]:
        first = torch.autograd.grad(outputs(layer, x).square().sum(), leaves, create_graph=True)
        return [*first, *torch.autograd.grad(first[0].square().sum(), leaves)]

    expected = gradients()
    before = torch.get_default_device()
    torch.set_default_device("meta")
    try:
        torch.testing.assert_close(gradients(), expected)
    finally:
        torch.set_default_device(before)


@pytest.mark.parametrize("kind", KINDS)
def test_fake_tensors_have_the_shapes_of_real_ones(kind):
    layer, x = problem(kind)
    expected = layer(x)[0].shape
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        assert layer(mode.from_tensor(x))[0].shape == expected


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_checkpointing_gives_the_same_gradients(kind, reentrant):
    layer, x = problem(kind)
    x.requires_grad_()
    expected = torch.autograd.grad(outputs(layer, x).square().sum(), layer.weight_hh_l0)
    checkpoint(partial(outputs, layer), x, use_reentrant=reentrant).square().sum().backward()
    torch.testing.assert_close(layer.weight_hh_l0.grad, expected[0], rtol=0, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_may_be_kept_elsewhere(kind):
    layer, x = problem(kind)
    x.requires_grad_()
    inputs = [x, *layer.parameters()]
    expected = torch.autograd.grad(outputs(layer, x).square().sum(), inputs)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x.detach().numpy().copy(), torch.from_numpy):
        y = outputs(layer, x)
    actual = torch.autograd.grad(y.square().sum(), inputs)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_autocast_computes_and_trains(kind):
    """Float32 rows are computed as they are; those that a layer before left in bfloat16, by torch."""
    layer, x = problem(kind, torch.float32)
    first = torch.nn.Linear(3, 3)
    expected = outputs(layer, x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(outputs(layer, x), expected)
        y, _ = layer(first(x))
        y.float().square().sum().backward()
    torch.testing.assert_close(y.float(), layer(first(x))[0], rtol=0.1, atol=0.05)
    assert layer.weight_hh_l0.grad.dtype == first.weight.grad.dtype == torch.float32
    assert first.weight.grad.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_inference_mode_gives_the_same(kind):
    layer, x = problem(kind)
    expected = outputs(layer, x).detach()
    with torch.inference_mode():
        inside = outputs(layer, x)
        torch.testing.assert_close(inside, expected, rtol=0, atol=0)
        torch.testing.assert_close(outputs(layer, x.clone()), expected, rtol=0, atol=0)
    assert inside.is_inference()


ACROSS_PROCESSES = """
import hashlib, os, signal, sys
import torch
from ostinato import nn

torch.set_num_threads(2)
torch.manual_seed(0)
# enough work for two threads, yet no array on which torch itself would work with two: that hangs in a child
layers = [nn.RNN(20, 80), nn.GRU(20, 40, bidirectional=True), nn.LSTM(20, 80), nn.LSTM(20, 80, proj_size=9)]
x, one = torch.randn(40, 9, 20), torch.randn(200, 1, 20)

def digest():
    bits = hashlib.sha256()
    for layer in layers:
        layer.zero_grad()
        for rows, options in ((x, {"lengths": [40, 39, 30, 30, 20, 9, 5, 2, 1]}), (one, {})):
            output, _ = layer(rows, **options)
            output.square().sum().backward()
            bits.update(output.detach().numpy().tobytes())
        for parameter in layer.parameters():
            bits.update(parameter.grad.numpy().tobytes())
    return bits.hexdigest()

print(digest(), flush=True)
child = os.fork()
if child == 0:
    signal.alarm(60)
    print(digest(), flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not NATIVE, reason="there are no native kernels here; torch's own hang in a child")
def test_other_processes_and_forked_children_give_the_same_bits():
    """The child's threads are others: those of its parent did not survive the fork."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", ACROSS_PROCESSES]
    runs = [subprocess.run(command, capture_output=True, text=True, timeout=120) for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    digests = [line for run in runs for line in run.stdout.split()]
    assert len(digests) == 4
    assert len(set(digests)) == 1
