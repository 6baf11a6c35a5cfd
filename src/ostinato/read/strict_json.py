"""JSON read strictly: no key twice, no NaN, no infinity, no half characters."""

import json
import re
from collections import Counter
from typing import Any, NoReturn

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.source import Source

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DEEP = "lists or objects are nested too deeply"


def decode_line(source: Source, number: int, line: str) -> Any:
    """Return the JSON value of one line of a JSON Lines file.

    Args:
        source: the file, for messages.
        number: the line, counted from 1.
        line: its text.

    Raises:
        DataError: it is no JSON value; with the line.
    """
    try:
        value = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        where = f"{source.line(number)}, character {error.pos + 1}"
        whole = "; this looks like one JSON document, not JSON Lines"
        hint = whole if number == 1 and line in ("[", "{") else ""
        raise DataError(f"{where}: no JSON ({error.msg}); write one object a line{hint}.") from None
    except ValueError as error:
        raise DataError(f"{source.line(number)}: {error}.") from None
    except RecursionError:
        raise DataError(f"{source.line(number)}: {_DEEP}; expected two levels.") from None
    if _ESCAPED_SURROGATE.search(line):
        _check_surrogates(source.line(number), value)
    return value


def decode_document(source: Source, limits: Limits) -> Any:
    """Return the value of a file that is one JSON document.

    Raises:
        DataError: it is no JSON, or larger than the limit; with the line where there is one.
    """
    check_document_size(source, limits)
    text = source.data.decode()
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        hint = "; is this JSON Lines? Then name it .jsonl" if error.msg == "Extra data" else ""
        where = f"{source.line(error.lineno)}, character {error.colno}"
        raise DataError(f"{where}: no JSON ({error.msg}){hint}.") from None
    except ValueError as error:
        raise DataError(f"{source.name}: {error}.") from None
    except RecursionError:
        raise DataError(f"{source.name}: {_DEEP}.") from None
    if _ESCAPED_SURROGATE.search(text):
        _check_surrogates(source.name, value)
    return value


def check_document_size(source: Source, limits: Limits) -> None:
    """Check that a document is not too large to be taken apart in memory."""
    if len(source.data) > limits.document_bytes:
        raise DataError(
            f"{source.name}: has {len(source.data):,} bytes, above the limit of {limits.document_bytes:,} "
            "for one document; write JSON Lines."
        )


def json_shown(value: Any) -> str:
    """Return a JSON value as it may stand in a message: as JSON, cut."""
    if isinstance(value, str):
        return checks.shown(value)
    return checks.shown(json.dumps(value), limit=40).strip("'")


def _check_surrogates(place: str, value: Any) -> None:
    """Refuse half a surrogate pair, which no UTF-8 text can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DataError(f"{place}: half of a \\u surrogate pair; write the whole character.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {checks.shown(twice)} stands twice in one object; keep one")
    return record


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(
        f"{word} is no JSON number, and a value must be finite; fill it in or remove the sequence"
    )


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
