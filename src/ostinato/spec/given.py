"""Options that were given and say nothing: about such data, or beside the others. Both are refused.

Pydantic notes which fields were set; what was left open, or set to None, was not given.
"""

from collections.abc import Iterator

from pydantic import BaseModel

from ostinato.errors import ArgumentError
from ostinato.spec.fields import OptionField, fields, flat
from ostinato.spec.option import CALLED


def unfit(options: BaseModel, kind: str) -> list[str]:
    """Return which options were given that say nothing about data of a kind.

    Example:
        >>> from ostinato.spec.classify import ClassifyOptions
        >>> from ostinato.spec.fields import assemble
        >>> options = assemble(ClassifyOptions, {"clip_shift": 0.1, "frame_size": None, "epochs": 3})
        >>> unfit(options, "series"), unfit(options, "video")
        (['clip_shift'], [])
    """
    return [field.name for field in _given(options) if not field.fits(kind)]


def check_fit(options: BaseModel, kind: str) -> None:
    """Refuse options that were given and say nothing about data of a kind.

    Raises:
        ArgumentError: there is one.
    """
    for name in unfit(options, kind):
        raise ArgumentError(
            f"{name} is {flat(options)[name]!r}, and the data is {CALLED[kind]}, about which it says "
            "nothing; leave it out."
        )


def check_needs(options: BaseModel, resolved: BaseModel) -> None:
    """Refuse options that were given and say nothing beside what the others are.

    Args:
        options: as they were given.
        resolved: the same with everything open chosen.

    Raises:
        ArgumentError: there is one.
    """
    values = flat(resolved)
    for field in _given(options):
        if other := field.unmet(values):
            raise ArgumentError(
                f"{field.name} is {values[field.name]!r} and {other} is {values[other]!r}, beside which "
                f"{field.name} says nothing; leave it out."
            )


def _given(options: BaseModel) -> Iterator[OptionField]:
    values = flat(options)
    for name, field in fields(type(options)).items():
        if name in getattr(options, field.group).model_fields_set and values[name] is not None:
            yield field
