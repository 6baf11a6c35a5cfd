"""One option as a field of its group, and when it says something: about which data, beside which others."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

Kind = Literal["series", "text", "audio", "video", "notes"]

CALLED: dict[str, str] = {
    "series": "numeric series",
    "text": "text",
    "audio": "sound",
    "video": "video",
    "notes": "music",
}
"""What data of each kind is called."""

NONE: Mapping[str, tuple[Any, ...]] = {}


def option(
    default: Any,
    description: str,
    about: tuple[Kind, ...] = (),
    needs: Mapping[str, tuple[Any, ...]] = NONE,
    **limits: Any,
) -> Any:
    """Return a field.

    Args:
        default: what holds where nothing is given; None: the task chooses.
        description: its one line of help.
        about: the kinds of data that it says something about; none: all of them.
        needs: the values that other options must have for it to say something.
        **limits: those of a number: ``ge=``, ``lt=`` …
    """
    when: dict[str, Any] = {"about": [*about], "needs": {name: [*values] for name, values in needs.items()}}
    return Field(default=default, description=description, json_schema_extra=when, **limits)
