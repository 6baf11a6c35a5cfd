"""Flags are made from the option groups, none forgotten."""

import inspect
from typing import Any

import pytest
import typer

from ostinato.cli.options import UsageError, flag, with_options
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.fields import fields


def parsed(*arguments):
    """Run a verb that has the options, and return what it was given."""
    got = {}

    def verb(*, given: dict[str, Any]) -> None:
        got.update(given)

    app = typer.Typer()
    app.command()(with_options(ClassifyOptions, verb))
    app(list(arguments), standalone_mode=False)
    return got


def test_every_option_has_a_flag():
    def verb(*, given: dict[str, Any]) -> None: ...

    command = with_options(ClassifyOptions, verb)
    assert list(inspect.signature(command).parameters) == list(fields(ClassifyOptions))


def test_what_is_not_given_is_not_there():
    assert parsed() == {}


def test_values_come_in_their_types():
    arguments = ["--pool", "attention,max", "--learning-rate", "1e-3", "--layers", "2", "--inputs", "A,B C"]
    expected = {"pool": ("attention", "max"), "learning_rate": 1e-3, "layers": 2, "inputs": ("A", "B C")}
    assert parsed(*arguments) == expected


def test_switches_go_both_ways():
    assert parsed("--bidirectional", "--no-lowercase") == {"bidirectional": True, "lowercase": False}
    assert parsed("--no-bidirectional") == {"bidirectional": False}


def test_a_value_may_begin_with_a_dash():
    assert parsed("--forget-bias", "-1") == {"forget_bias": -1.0}


def test_an_unfit_value_is_a_usage_error_that_names_the_flag():
    with pytest.raises(UsageError) as caught:
        parsed("--hidden-size", "0")
    assert caught.value.format_message() == "--hidden-size is 0; expected a whole number of at least 1."
    assert caught.value.exit_code == 2


def test_a_flag_has_dashes():
    assert flag("hidden_size") == "--hidden-size"
