"""`manifest.json`: what a directory is, the size and SHA-256 of its files, and a SHA-256 of itself.

The bytes of a manifest are one JSON object, one key a line: ``format``, ``version``, ``ostinato``, the
header's own keys, ``files``, and at the very end ``sha256``, computed with its own digits as zeros.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from ostinato import checks
from ostinato.archive import strict_json
from ostinato.errors import ArgumentError, ModelFileError
from ostinato.spec.base import Spec
from ostinato.version import __version__

MANIFEST = "manifest.json"
LIMIT = 4 * 2**20  # bytes of a manifest
RESERVED = ("format", "version", "ostinato", "files", "sha256")
ZEROS = "0" * 64

_START = b'{\n  "format": "'
_END = re.compile(rb'\n  "sha256": "(.{64})"\n}\n\Z', re.DOTALL)


@dataclass(frozen=True)
class Form:
    """A kind of directory.

    Args:
        name: what ``format`` says, such as ``"ostinato-model"``.
        noun: what a message calls it, such as ``"model"``.
        version: the version that is written, and the newest that is read.
        files: the names that may stand in such a directory beside the manifest, and each file's largest size.
        oldest: the oldest version that is read.
    """

    name: str
    noun: str
    version: int
    files: Mapping[str, int]
    oldest: int = 1


class Entry(Spec):
    """What a manifest says of one file."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(ge=0, lt=2**63)]


@dataclass(frozen=True)
class Manifest:
    """A verified manifest.

    Args:
        version: the format's version, from ``oldest`` to ``version`` of its form.
        ostinato: the version of Ostinato that wrote it.
        files: what it says of every file.
        header: its other keys, for the caller to check.
    """

    version: int
    ostinato: str
    files: dict[str, Entry]
    header: dict[str, Any]


_FILES = TypeAdapter(dict[str, Entry])


def encode(header: Mapping[str, Any], files: Mapping[str, bytes], form: Form) -> bytes:
    """Return the manifest's bytes for a JSON-able header and the files' contents."""
    if taken := [key for key in RESERVED if key in header]:
        raise ArgumentError(f"header has the key {taken[0]!r}, which is the manifest's own; rename it.")
    if strange := sorted(set(files) - set(form.files)):
        raise ArgumentError(f"files has {strange[0]!r}; a {form.noun} holds {', '.join(form.files)}.")
    entries = {name: {"sha256": digest(data), "bytes": len(data)} for name, data in sorted(files.items())}
    value = {
        "format": form.name,
        "version": form.version,
        "ostinato": __version__,
        **header,
        "files": entries,
    }
    return seal(value)


def seal(value: Mapping[str, Any]) -> bytes:
    """Return a JSON object as a manifest's bytes, its own ``sha256`` added at the end."""
    lines = [f"  {json.dumps(key)}: {json.dumps(item, allow_nan=False)}" for key, item in value.items()]
    zeroed = "{\n" + ",\n".join([*lines, f'  "sha256": "{ZEROS}"']) + "\n}\n"
    start = len(zeroed) - len(ZEROS) - len('"\n}\n')
    return f"{zeroed[:start]}{digest(zeroed.encode())}{zeroed[start + len(ZEROS) :]}".encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def begins(data: bytes, form: Form) -> bool:
    """Return whether bytes begin as a manifest of this form does, whatever its version and its state."""
    return data.startswith(b'{\n  "format": "%s",\n' % form.name.encode())


def decode(path: Path, data: bytes, form: Form) -> Manifest:
    """Verify a manifest's bytes and return what it says; ``path`` is the manifest's, for messages.

    Raises:
        ModelFileError: it is damaged, not of this form, of a version that cannot be read, or names files
            that do not belong there.
    """
    _verify(path, data, form)
    value = strict_json.parse(path, data)
    if value.get("format") != form.name:
        raise _foreign(path, form, f"its format is {checks.shown(value.get('format'))}")
    ostinato = value.get("ostinato")
    if not isinstance(ostinato, str) or len(ostinato) > 64:
        raise strict_json.damaged(path, f"its ostinato is {checks.shown(ostinato)}; expected a version")
    version = _version(path, value, ostinato, form)
    files = _entries(path, value.get("files"), form)
    header = {key: item for key, item in value.items() if key not in RESERVED}
    return Manifest(version, ostinato, files, header)


def one_line(error: ValidationError) -> str:
    """Return pydantic's first complaint as one line: which field, what is wrong, what was found."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the whole"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    found = "" if first["type"] == "missing" else f", found {checks.shown(first['input'])}"
    return f"{checks.shown(field, 120)[1:-1]}: {checks.shown(first['msg'], 160)[1:-1]}{found}{more}"


def check(path: Path, data: bytes, entry: Entry) -> None:
    """Check a file's bytes (or its first ``entry.bytes + 1``) against what the manifest says of it."""
    if len(data) < entry.bytes:
        found = f"{len(data)} of {entry.bytes} bytes are there"
        raise ModelFileError(path, "truncated", f"{found}; copy the model again, whole.")
    if len(data) > entry.bytes:
        found = f"more than its {entry.bytes} bytes are there"
        raise ModelFileError(path, "trailing bytes", f"{found}; copy the model again, whole.")
    if digest(data) != entry.sha256:
        raise _changed(path)


def _verify(path: Path, data: bytes, form: Form) -> None:
    if len(data) > LIMIT:
        raise ModelFileError(
            path, "too large", f"a manifest has at most {LIMIT} bytes; this is none of ours."
        )
    if not _START.startswith(data[: len(_START)]) and not _END.search(data):
        raise _foreign(path, form, "it does not begin as a manifest does")
    if not data.endswith(b"}\n"):
        raise ModelFileError(path, "truncated", "its last line is not there; copy the model again, whole.")
    end = _END.search(data)
    if end is None or digest(data[: end.start(1)] + ZEROS.encode() + data[end.end(1) :]).encode() != end[1]:
        raise _changed(path)


def _changed(path: Path) -> ModelFileError:
    hint = "it was damaged or edited after it was saved; copy the model again from where it was saved."
    return ModelFileError(path, "checksum mismatch", hint)


def _foreign(path: Path, form: Form, found: str) -> ModelFileError:
    return ModelFileError(path, f"not a {form.noun}", f"{found}; expected the manifest of an {form.name}.")


def _version(path: Path, value: dict[str, Any], ostinato: str, form: Form) -> int:
    if "version" not in value:
        hint = f"the manifest names no format version; expected a number up to {form.version}."
        raise ModelFileError(path, "no version", hint)
    version = value["version"]
    if isinstance(version, bool) or not isinstance(version, int):
        hint = f"the format version is {checks.shown(version)}; expected a whole number up to {form.version}."
        raise ModelFileError(path, "bad version", hint)
    made = f"Ostinato {checks.shown(ostinato)[1:-1]} wrote it in format version {version}"
    if version > form.version:
        hint = f"{made}, this is Ostinato {__version__} and reads up to {form.version}; update Ostinato."
        raise ModelFileError(path, "newer version", hint)
    if version < form.oldest:
        hint = f"{made}, the oldest that is read is {form.oldest}; save it anew with an older Ostinato."
        raise ModelFileError(path, "older version", hint)
    return version


def _entries(path: Path, value: Any, form: Form) -> dict[str, Entry]:
    try:
        entries = _FILES.validate_python(value)
    except ValidationError as error:
        raise strict_json.damaged(path, f"files.{one_line(error)}") from None
    for name, entry in entries.items():
        if name not in form.files:
            hint = f"it lists {checks.shown(name)}; a {form.noun} holds {', '.join(form.files)}."
            raise ModelFileError(path, "unknown file", hint)
        if entry.bytes > form.files[name]:
            found = f"{name} has {entry.bytes} bytes; at most {form.files[name]} are read"
            raise ModelFileError(path, "too large", f"{found}.")
    return entries
