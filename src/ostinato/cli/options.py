"""Flags made from the option groups, so that help, limits and defaults are written once."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from ostinato.errors import ArgumentError
from ostinato.spec.fields import OptionField, fields

Verb = Callable[..., None]
UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""click's own class, which newer typer keeps to itself."""

PANELS = {
    "data": "Data: which columns to read, and how to prepare them",
    "network": "Network",
    "sampling": "Sampling: how tokens are drawn",
    "training": "Training",
}


def with_options(options: type[BaseModel], verb: Verb) -> Verb:
    """Return a verb with a flag for every option of a task.

    Args:
        options: the task's option groups.
        verb: a function with parameters of its own and one called ``given``, which gets the options that were
            given, by name, as a dictionary.
    """
    table = fields(options)
    own = [p for p in inspect.signature(verb).parameters.values() if p.name != "given"]

    @functools.wraps(verb)
    def command(**values: Any) -> None:
        given = {name: values.pop(name) for name in table}
        verb(**values, given=_checked(table, given))

    generated = [_flag(field) for field in table.values()]
    command.__signature__ = inspect.Signature([*own, *generated])  # type: ignore[attr-defined]
    command.__annotations__ = {}
    del command.__wrapped__
    return command


def flag(name: str) -> str:
    """Return an option's flag: ``flag("hidden_size")`` is ``"--hidden-size"``."""
    return "--" + name.replace("_", "-")


def _checked(table: Mapping[str, OptionField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given, as values; an unfit one is a usage error."""
    try:
        return {
            name: value if isinstance(value, bool) else table[name].parse(value, flag(name))
            for name, value in given.items()
            if value is not None
        }
    except ArgumentError as error:
        raise UsageError(str(error)) from error


def _flag(field: OptionField) -> inspect.Parameter:
    name = flag(field.name)
    option = typer.Option(
        f"{name}/--no-{name[2:]}" if field.kind == "switch" else name,
        help=_help(field),
        metavar=None if field.kind == "switch" else _metavar(field),
        show_default=False,
        rich_help_panel=PANELS.get(field.group, field.group),
    )
    kind = bool | None if field.kind == "switch" else str | None
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _help(field: OptionField) -> str:
    """Return the description, with the choices and the default where there are some."""
    text, default = field.description, field.default
    if field.choices and not all(word in text for word in field.choices):
        text += f": {', '.join(field.choices)}"
    if default is None or default is False or default == ():
        return text
    return f"{text} (default: {'yes' if default is True else default})"


def _metavar(field: OptionField) -> str:
    if field.many:
        return "A,B"
    if field.kind == "text":
        return "COLUMN" if field.group == "data" else "NAME"
    return {"choice": "WORD", "integer": "N"}.get(field.kind, "X")
