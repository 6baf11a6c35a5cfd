"""One option as a field of its group, and which kinds of data it is about."""

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


def option(default: Any, description: str, about: tuple[Kind, ...] = (), **limits: Any) -> Any:
    """Return a field.

    Args:
        default: what holds where nothing is given; None: the task chooses.
        description: its one line of help.
        about: the kinds of data that it says something about; none: all of them.
        **limits: those of a number: ``ge=``, ``lt=`` …
    """
    return Field(default=default, description=description, json_schema_extra={"about": [*about]}, **limits)
