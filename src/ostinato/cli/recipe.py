"""Recipe files: options of a task in YAML, in their groups or flat.

A value is read by its option's type, never guessed: ``1e-3`` is a number where a number is expected, ``no``
is a text where a text is. The file is only parsed, nothing in it is constructed or run.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ostinato import checks
from ostinato.checks import shown
from ostinato.errors import ArgumentError
from ostinato.spec.fields import OptionField, fields, nearest

LIMIT = 1 << 20
"""A recipe holds at most so many bytes."""

NULLS = ("", "~", "null", "Null", "NULL")
Node = Any


def read_recipe(path: Path, options: type[BaseModel]) -> dict[str, Any]:
    """Return the options that a recipe sets, checked, by flat name.

    Args:
        path: a YAML file, such as ``{network: {cell: lstm}, training: {learning_rate: 1e-3}}`` or
            ``{cell: lstm, learning_rate: 1e-3}``.
        options: the task's option groups.

    Raises:
        ArgumentError: the file is unreadable or no YAML, a key is unknown or stands twice, or a value does
            not fit its option; the message names file and line.
    """
    known = fields(options)
    found: dict[str, Any] = {}
    for key, node in _pairs(path, _root(path), [*options.model_fields, *known]):
        group = [name for name, field in known.items() if field.group == key]
        for name, value in _pairs(path, node, group, f" in {key}") if group else [(key, node)]:
            if name in found:
                raise ArgumentError(f"{_place(path, value)}: {name} stands twice; keep one.")
            found[name] = _value(path, value, known[name])
    return found


def _root(path: Path) -> Node:
    """Return the file's outermost mapping; None for an empty file."""
    yaml = checks.extra("yaml", "train", "reading recipe files")
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise ArgumentError(f"recipe {path} cannot be read: {error.strerror}.") from error
    if len(content) > LIMIT:
        raise ArgumentError(f"recipe {path} is larger than {LIMIT} bytes; a recipe holds options only.")
    try:
        return yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or type(error).__name__
        raise ArgumentError(f"{path}{line}: this is no YAML ({problem}); correct it.") from error


def _pairs(path: Path, node: Node, allowed: list[str], where: str = "") -> Iterator[tuple[str, Node]]:
    """Yield a mapping's keys with their value nodes; nothing for an empty one."""
    if node is None or _is_null(node):
        return
    if node.id != "mapping":
        raise ArgumentError(f"{_place(path, node)}: expected 'option: value' lines.")
    seen = set()
    for key, value in node.value:
        name = key.value if key.id == "scalar" else "?"
        if name in seen:
            raise ArgumentError(f"{_place(path, key)}: {shown(name)} stands twice; keep one.")
        if name not in allowed:
            hint = nearest(name, allowed) or f"; choose among {', '.join(allowed)}"
            raise ArgumentError(f"{_place(path, key)}: there is no option {shown(name)}{where}{hint}")
        seen.add(name)
        yield name, value


def _value(path: Path, node: Node, field: OptionField) -> Any:
    """Return the value of an option, read by the option's type."""
    called = f"{_place(path, node)}: {field.name}"
    if _is_null(node):
        return field.check(None, called)
    if node.id == "scalar":
        return field.parse(node.value, called)
    if node.id == "sequence" and field.many and all(item.id == "scalar" for item in node.value):
        return field.check([item.value for item in node.value], called)
    raise ArgumentError(f"{called} is a {node.id}; expected {field.expected()}.")


def _is_null(node: Node) -> bool:
    return bool(node.id == "scalar" and node.style is None and node.value in NULLS)


def _place(path: Path, node: Node) -> str:
    return f"{path}, line {node.start_mark.line + 1}"
