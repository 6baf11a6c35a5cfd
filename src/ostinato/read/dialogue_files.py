"""Files of dialogues: Topical-Chat's JSON, ChatterBot's YAML, JSON Lines, and plain text."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.chatterbot import read_conversations
from ostinato.read.dialogues import Dialogues, Turn
from ostinato.read.files import JSON_LINES, ending
from ostinato.read.finite import check_lengths
from ostinato.read.labels import check_unique
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text
from ostinato.read.strict_json import check_document_size, decode_document, decode_line, json_shown

Path = str | os.PathLike[str]

_DEFAULT = Limits()
_YAML = (".yml", ".yaml")
_CONVERSATIONS = "conversations"


class _Dialogue(NamedTuple):
    name: str
    place: str
    turns: list[Turn]


def read_dialogues(paths: Path | Sequence[Path], *, limits: Limits = _DEFAULT) -> Dialogues:
    """Read dialogues from files of these formats, told by their endings, each also with .gz:

    - .json: as Topical-Chat has it, ``{"name": {"content": [{"agent": …, "message": …}, …]}, …}``, or as
      ChatterBot has it, ``{"conversations": [["hi", "hello"], …]}``; other keys are left alone;
    - .yml, .yaml: the latter in YAML; every utterance is text, a number or ``yes`` too;
    - .jsonl, .ndjson: a dialogue a line, ``{"turns": [{"speaker": …, "text": …}, …]}``, where a turn may be a
      text alone, or just such a list; ``id`` is its name;
    - anything else: plain text, a turn a line, a blank line between dialogues.

    Args:
        paths: one file or several.
        limits: how much is taken; ``steps`` is turns of one dialogue.

    Raises:
        DataError: a file cannot be used as it is; the message names the file and the line or the dialogue.
        MissingExtraError: YAML without PyYAML.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "small.txt"
        >>> _ = path.write_text("hi\\nhello\\n\\nwho are you?\\nguess\\n")
        >>> [[turn.text for turn in turns] for turns in read_dialogues(path).dialogues]
        [['hi', 'hello'], ['who are you?', 'guess']]
    """
    files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not files:
        raise ArgumentError("no file is given; name at least one.")
    found = [dialogue for path in files for dialogue in _read(path, limits)]
    dialogues = Dialogues(
        dialogues=[dialogue.turns for dialogue in found],
        ids=[dialogue.name for dialogue in found],
        places=[dialogue.place for dialogue in found],
    )
    _check(dialogues, limits)
    return dialogues


def _read(path: Path, limits: Limits) -> list[_Dialogue]:
    suffix = ending(path)
    source = load_text(path, limits, limits.bytes if suffix == ".json" else limits.line_bytes)
    if suffix == ".json":
        found = list(_of_json(source, limits))
    elif suffix in _YAML:
        found = list(_of_yaml(source, limits))
    else:
        found = list(_of_json_lines(source) if suffix in JSON_LINES else _of_text(source))
    if not found:
        raise DataError(f"{source.name}: is empty; expected at least one dialogue.")
    return found


def _of_json(source: Source, limits: Limits) -> Iterator[_Dialogue]:
    """Yield Topical-Chat's dialogues, by name, or ChatterBot's, in a list."""
    document = decode_document(source, limits)
    if not isinstance(document, dict):
        raise DataError(f"{source.name}: {json_shown(document)}; expected an object of conversations.")
    if _CONVERSATIONS in document:
        for number, value in enumerate(_list(document[_CONVERSATIONS], source.name), start=1):
            place = f"{source.name}, conversation {number}"
            yield _Dialogue(f"{source.name}:{number}", place, _turns(value, place))
        return
    for name, value in document.items():
        place = f"{source.name}, conversation {checks.shown(name)}"
        if not isinstance(value, dict) or "content" not in value:
            raise DataError(f"{place}: {json_shown(value)}; expected an object with a list 'content'.")
        yield _Dialogue(name, place, _turns(value["content"], place, "agent", "message"))


def _of_yaml(source: Source, limits: Limits) -> Iterator[_Dialogue]:
    check_document_size(source, limits)
    for line, texts in read_conversations(source):
        place = source.line(line)
        yield _Dialogue(f"{source.name}:{line}", place, _turns(texts, place))


def _of_json_lines(source: Source) -> Iterator[_Dialogue]:
    for number, line in source.lines():
        place = source.line(number)
        value = decode_line(source, number, line)
        name = f"{source.name}:{number}"
        if isinstance(value, dict):
            name = _name(value.get("id"), place) or name
            value = value.get("turns")
        yield _Dialogue(name, place, _turns(value, place))


def _of_text(source: Source) -> Iterator[_Dialogue]:
    turns: list[Turn] = []
    for number, (text, _) in enumerate([*source.whole_lines(), ("", "")], start=1):
        if text.strip():
            turns.append(Turn(None, text))
        elif turns:
            first = number - len(turns)
            yield _Dialogue(f"{source.name}:{first}", source.line(first), turns)
            turns = []


def _turns(value: Any, place: str, speaker: str = "speaker", text: str = "text") -> list[Turn]:
    """Return a dialogue's turns from a list of texts, or of objects with these two keys."""
    turns = [
        _turn(item, f"{place}, turn {number}", speaker, text)
        for number, item in enumerate(_list(value, place), start=1)
    ]
    if not turns:
        raise DataError(f"{place}: the dialogue has no turns; remove it.")
    return turns


def _turn(value: Any, place: str, speaker: str, text: str) -> Turn:
    said, who = (value.get(text), value.get(speaker)) if isinstance(value, dict) else (value, None)
    if not isinstance(said, str) or not (who is None or isinstance(who, str)):
        raise DataError(
            f"{place}: {json_shown(value)}; expected a text, or an object with the texts "
            f"{checks.shown(text)} and {checks.shown(speaker)}."
        )
    if not said.strip():
        raise DataError(f"{place}: the text is blank; fill it in or remove the turn.")
    return Turn(who, said)


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise DataError(f"{place}: {json_shown(value)}; expected a list.")
    return value


def _name(value: Any, place: str) -> str | None:
    """Return a dialogue's name, which may be a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise DataError(f"{place}: the id is {json_shown(value)}; expected a text.")
    return None if value is None else str(value)


def _check(dialogues: Dialogues, limits: Limits) -> None:
    check_unique(dialogues.ids, dialogues.places.__getitem__)
    lengths = np.array([len(turns) for turns in dialogues.dialogues])
    check_lengths(lengths, dialogues.places.__getitem__, limits, unit="turns")
