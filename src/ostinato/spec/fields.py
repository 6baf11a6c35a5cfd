"""The fields of the option groups, one by one: what the command line, recipes and estimators are made from.

A value comes in as text (a flag, a recipe) or as a Python value (an estimator); both are checked by the group
itself, and an unfit one is worded here.
"""

import difflib
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ostinato.checks import shown
from ostinato.errors import ArgumentError

Kind = Literal["text", "integer", "number", "switch", "choice"]
KINDS: dict[type, Kind] = {str: "text", bool: "switch", int: "integer", float: "number"}
Options = TypeVar("Options", bound=BaseModel)
SWITCH = {"true": True, "false": False}


@dataclass(frozen=True)
class OptionField:
    """One option.

    Args:
        owner: the group's class.
        group: the group's name among the task's options, such as ``"network"``.
        name: the option's name, such as ``"hidden_size"``.
        kind: what one value is.
        many: whether it takes several values.
        optional: whether it may be None.
        choices: the words that a ``"choice"`` is made among.
        limits: the limits of a number, by pydantic's names (``ge``, ``gt``, ``le``, ``lt``).
    """

    owner: type[BaseModel]
    group: str
    name: str
    kind: Kind
    many: bool
    optional: bool
    choices: tuple[str, ...]
    limits: Mapping[str, float]

    @property
    def default(self) -> Any:
        """Return what holds where nothing is given."""
        return self.owner.model_fields[self.name].default

    @property
    def description(self) -> str:
        """Return the one line of help."""
        return self.owner.model_fields[self.name].description or ""

    def fits(self, kind: str) -> bool:
        """Return whether the option says something about data of a kind, such as ``"series"``."""
        about = self._when("about")
        return not about or kind in about

    def unmet(self, values: Mapping[str, Any]) -> str | None:
        """Return the name of an option beside whose value this one says nothing, if there is one.

        Args:
            values: all options of the task by flat name.
        """
        needs = dict(self._when("needs") or {})
        return next((name for name, fit in needs.items() if values[name] not in fit), None)

    def _when(self, name: str) -> Any:
        extra = self.owner.model_fields[self.name].json_schema_extra
        return extra.get(name) if isinstance(extra, dict) else None

    def expected(self) -> str:
        """Return in words what a value must be.

        Example:
            >>> from ostinato.spec.classify import ClassifyOptions
            >>> fields(ClassifyOptions)["layers"].expected()
            'a whole number from 1 to 64'
        """
        if self.kind == "choice":
            words = ", ".join(self.choices)
            return f"one or more of {words}" if self.many else f"one of {words}"
        if self.kind in ("integer", "number"):
            return ("a whole number" if self.kind == "integer" else "a number") + _within(self.limits)
        words = "true or false" if self.kind == "switch" else "text"
        return "a list of texts" if self.many else words

    def check(self, value: Any, called: str = "") -> Any:
        """Return a Python value as the group holds it, or raise ArgumentError.

        NumPy's scalars become Python's, a list becomes a tuple, and one text for several is a comma-separated
        list of them. ``called`` is the option's name in messages, where that is not its own.
        """
        given = f"{called or self.name} is {shown(value)}"
        value = _plain(value)
        if self.many and value is not None:
            value = tuple(value.split(",")) if isinstance(value, str) else _tuple(value)
        try:
            group = self.owner.model_validate({self.name: value})
        except ValidationError:
            raise ArgumentError(f"{given}; expected {self.expected()}.") from None
        if self.many and value is not None:
            _check_names(given, value)
        return getattr(group, self.name)

    def parse(self, text: str, called: str = "") -> Any:
        """Return the value that a flag's or a recipe's text stands for, or raise ArgumentError.

        Example:
            >>> from ostinato.spec.classify import ClassifyOptions
            >>> fields(ClassifyOptions)["learning_rate"].parse("1e-3")
            0.001
            >>> fields(ClassifyOptions)["pool"].parse("attention,max")
            ('attention', 'max')
        """
        try:
            numbers = self.many and self.kind in ("integer", "number")
            value = tuple(map(self._read, text.split(","))) if numbers else self._read(text)
        except (ValueError, KeyError):
            raise ArgumentError(
                f"{called or self.name} is {shown(text)}; expected {self.expected()}."
            ) from None
        return self.check(value, called)

    def _read(self, text: str) -> Any:
        if self.kind == "integer":
            return int(text)
        if self.kind == "number":
            return float(text)
        return SWITCH[text] if self.kind == "switch" else text


def fields(options: type[BaseModel]) -> dict[str, OptionField]:
    """Return every option of a task by name, group after group, in the order of their definition.

    Example:
        >>> from ostinato.spec.classify import ClassifyOptions
        >>> fields(ClassifyOptions)["hidden_size"].group
        'network'
    """
    found: dict[str, OptionField] = {}
    for group, info in options.model_fields.items():
        owner = info.annotation
        if not (isinstance(owner, type) and issubclass(owner, BaseModel)):
            raise TypeError(f"{options.__name__}.{group} is no option group")
        for name, field in owner.model_fields.items():
            if name in found:
                raise TypeError(f"option {name} stands in two groups of {options.__name__}")
            found[name] = _field(owner, group, name, field)
    return found


def assemble(options: type[Options], values: Mapping[str, Any]) -> Options:
    """Return a task's options from checked values by flat name; what is missing has its default."""
    known = fields(options)
    groups: dict[str, dict[str, Any]] = {group: {} for group in options.model_fields}
    for name, value in values.items():
        groups[known[name].group][name] = value
    return options.model_validate(groups)


def flat(options: BaseModel) -> dict[str, Any]:
    """Return every option's value by flat name."""
    return {name: getattr(getattr(options, f.group), name) for name, f in fields(type(options)).items()}


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``", did you mean 'epochs'?"`` where a known name is close to this one, else ``""``.

    Example:
        >>> nearest("epoch", ["epochs", "seed"])
        ", did you mean 'epochs'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _check_names(given: str, names: tuple[str, ...]) -> None:
    if "" in names:
        raise ArgumentError(f"{given}; expected names with commas between, none of them empty.")
    if len(set(names)) < len(names):
        raise ArgumentError(f"{given}; expected no name twice.")


def _field(owner: type[BaseModel], group: str, name: str, info: FieldInfo) -> OptionField:
    kind, metadata, optional, many = info.annotation, list(info.metadata), False, False
    while get_origin(kind) in (Annotated, Union, types.UnionType, tuple):
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            metadata += [m for part in arguments[1:] for m in _constraints(part)]
        optional |= type(None) in arguments
        many |= origin is tuple
        kind = next(a for a in arguments if a is not type(None))
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    found: Kind = "choice" if choices else KINDS[kind]  # type: ignore[index]
    return OptionField(owner, group, name, found, many, optional, choices, _limits(metadata))


def _constraints(part: Any) -> Sequence[Any]:
    return part.metadata if isinstance(part, FieldInfo) else [part]


def _limits(metadata: Sequence[Any]) -> dict[str, float]:
    limits = {}
    for name in ("ge", "gt", "le", "lt"):
        values = [getattr(part, name) for part in metadata if type(part).__name__.lower() == name]
        if values:
            limits[name] = max(values) if name[0] == "g" else min(values)
    return limits


def _within(limits: Mapping[str, float]) -> str:
    """Return limits in words, beginning with a space."""
    if {"ge", "le"} <= limits.keys():
        return f" from {limits['ge']:g} to {limits['le']:g}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    parts = [f"{words[name]} {_number(limit)}" for name, limit in limits.items()]
    return (" " + " and ".join(parts)) if parts else ""


def _number(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def _plain(value: Any) -> Any:
    """Return NumPy's scalars as Python's; anything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return value


def _tuple(value: Any) -> Any:
    return tuple(_plain(v) for v in value) if isinstance(value, list | tuple) else value
