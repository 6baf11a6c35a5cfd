"""An estimator's parameters, made from the option groups: constructor, documentation, checked options."""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ostinato.spec.fields import OptionField, Options, assemble, fields
from ostinato.spec.forecast import ForecastOptions

COLUMNS = (
    *("static", "labels", "target", "parameter", "value", "every", "names"),
    *("label", "sequence", "time", "inputs", "text", "audio", "video", "source", "target", "drop_blank"),
    *("format", "words", "tags", "id", "comments", "separator"),
    *("per_frame", "start", "end", "background"),
)
"""Options that say what is taken of files; an estimator is given arrays."""

FRAMES: tuple[type[BaseModel], ...] = (ForecastOptions,)
"""The tasks whose estimators are given frames, and must know their columns."""


def parameters(options: type[BaseModel]) -> dict[str, OptionField]:
    """Return the options of a task that its estimator takes, by name."""
    left_out = () if options in FRAMES else COLUMNS
    return {name: field for name, field in fields(options).items() if name not in left_out}


def constructor(options: type[BaseModel]) -> Callable[..., None]:
    """Return an ``__init__`` with a keyword for every parameter, which stores what it is given unchecked.

    scikit-learn asks both: that the signature names every parameter, and that ``fit`` does the checking.
    """
    defaults = {name: field.default for name, field in parameters(options).items()}
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.Signature([this, *(_keyword(name, default) for name, default in defaults.items())])

    def __init__(self: Any, /, **given: Any) -> None:  # noqa: N807 - it becomes one
        signature.bind(self, **given)  # refuses an unknown name
        vars(self).update(defaults | given)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__


def documentation(summary: str, options: type[BaseModel], example: str) -> str:
    """Return an estimator's docstring, with a line for every parameter."""
    lines = [_entry(field) for field in parameters(options).values()]
    return f"{summary.strip()}\n\nArgs:\n{''.join(lines)}\n{textwrap.dedent(example).strip()}\n"


def checked(options: type[Options], values: Mapping[str, Any]) -> Options:
    """Return a task's options from an estimator's parameters; an unfit one is an ArgumentError.

    What is at its default counts as not given: scikit-learn's constructors store every parameter.
    """
    known = parameters(options)
    found = {name: known[name].check(value) for name, value in values.items()}
    return assemble(options, {name: one for name, one in found.items() if one != known[name].default})


def _keyword(name: str, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)


def _entry(field: OptionField) -> str:
    """Return a parameter's lines in a docstring."""
    text = f"{field.name}: {field.description}; {field.expected()}"
    text += f" (default: {field.default!r})." if field.default is not None else ", or None."
    return textwrap.indent(textwrap.fill(text, 100, subsequent_indent="    "), "    ") + "\n"
