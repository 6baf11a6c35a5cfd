"""The model directory.

`manifest.json` (the spec), `weights.safetensors`, `README.md` (the card) and, for text, `tokenizer.json`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError

from ostinato.archive import int8, store
from ostinato.archive.manifest import MANIFEST, Form, one_line
from ostinato.archive.migrate import migrate
from ostinato.archive.tensors import FLOATS, INT8, MAX_TENSORS, decode, encode, invalid, listed, nonfinite
from ostinato.errors import ModelFileError
from ostinato.spec.model import Model, from_header
from ostinato.spec.preprocessing import TokenPair, Tokens, Words

WEIGHTS = "weights.safetensors"
TOKENIZER = "tokenizer.json"
CARD = "README.md"

MODEL = Form(
    name="ostinato-model",
    noun="model",
    version=1,
    files={WEIGHTS: 16 * 2**30, TOKENIZER: 64 * 2**20, CARD: 2**20},
)


@dataclass(frozen=True)
class Saved:
    """A model as it stands on disk.

    Args:
        model: everything about it but its weights.
        tensors: the weights by name, all float32 or all float64; names and shapes are the network's.
        tokenizer_json: the vocabulary of a model that reads text, else None; its reader checks it.
        card: the model card, Markdown.
    """

    model: Model
    tensors: dict[str, NDArray[Any]]
    tokenizer_json: bytes | None
    card: str


def save(
    path: str | os.PathLike[str],
    model: Model,
    tensors: Mapping[str, NDArray[Any]],
    tokenizer_json: bytes | None,
    card: str,
    overwrite: bool = False,
) -> None:
    """Write a model directory whole, or not at all; what could not be loaded is not written.

    Raises:
        ModelFileError: the place is taken or unsafe, the disk refused, the weights are not those of the
            network or not finite, or a part is too large. What was there is unchanged.

    Example:
        >>> save("speech-model", saved.model, saved.tensors, None, "# Nine speakers")  # doctest: +SKIP
    """
    place = Path(path)
    kept = tensors if model.precision == "float" else int8.stored(model.network, tensors)
    files = {WEIGHTS: encode(place / WEIGHTS, kept), CARD: _card_bytes(place / CARD, card)}
    if tokenizer_json is not None:
        files[TOKENIZER] = tokenizer_json
    header = model.model_dump(mode="json")
    _check_sizes(place, files)
    parse(place, header, files)
    store.publish(place, files, header, MODEL, overwrite=overwrite)


def load(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Saved:
    """Read a model directory; SPEC.md says what is refused.

    Nothing in it is executed, nothing outside it is touched, and every byte is verified before it is used.
    The arrays are in memory: what later happens to the files does not matter.

    Args:
        path: the directory.
        allow_nonfinite: also load weights that hold NaN or infinity, to look at them.

    Raises:
        ModelFileError: whatever is wrong with it.
    """
    contents = store.read(path, MODEL)
    header = migrate(contents.header, contents.version, MODEL.version)
    return parse(Path(path), header, contents.files, allow_nonfinite=allow_nonfinite)


def parse(
    path: Path, header: Mapping[str, Any], files: Mapping[str, bytes], *, allow_nonfinite: bool = False
) -> Saved:
    """Turn a verified header and the files' bytes into a model, on no disk; ``path`` is for messages."""
    model = _model(path / MANIFEST, header)
    _check_listed(path / MANIFEST, model, files)
    tensors = _weights(path / WEIGHTS, files[WEIGHTS], model, allow_nonfinite)
    return Saved(model, tensors, files.get(TOKENIZER), _card_text(path / CARD, files[CARD]))


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a model directory says of itself, verified as `load` does: all that JSON can hold.

    The keys are ``format_version``, ``ostinato`` (the version that wrote it), ``files`` (bytes by name),
    ``parameters``, ``dtype`` and ``model`` (the fields of ``spec.model.Model``).
    """
    contents = store.read(path, MODEL)
    header = migrate(contents.header, contents.version, MODEL.version)
    saved = parse(Path(path), header, contents.files, allow_nonfinite=True)
    return {
        "format_version": contents.version,
        "ostinato": contents.ostinato,
        "files": {name: len(data) for name, data in contents.files.items()},
        "parameters": sum(array.size for array in saved.tensors.values()),
        "dtype": next((array.dtype.name for array in saved.tensors.values()), None),
        "model": saved.model.model_dump(mode="json"),
    }


def _model(path: Path, header: Mapping[str, Any]) -> Model:
    try:
        return from_header(header)
    except ValidationError as error:
        raise ModelFileError(path, "invalid manifest", f"{one_line(error)}.") from None


def _check_listed(path: Path, model: Model, files: Mapping[str, bytes]) -> None:
    reads = model.preprocessing.kind
    fitted = isinstance(model.preprocessing, Tokens | TokenPair | Words)
    expected = {WEIGHTS, CARD} | ({TOKENIZER} if fitted else set())
    if set(files) != expected:
        hint = f"it lists {listed(sorted(files))}; a model that reads {reads} has {listed(sorted(expected))}."
        raise ModelFileError(path, "wrong files", hint)


def _weights(path: Path, data: bytes, model: Model, allow_nonfinite: bool) -> dict[str, NDArray[Any]]:
    rounded = model.precision == "int8"
    if rounded and (reason := int8.why_not(model.network)):
        raise ModelFileError(path, "wrong weights", f"they cannot be int8: {reason}.")
    shapes = int8.shapes(model.network) if rounded else model.network.tensors()
    if len(shapes) > MAX_TENSORS:
        raise invalid(path, f"the network has {len(shapes)} tensors; at most {MAX_TENSORS} are read")
    tensors = decode(path, data, shapes=shapes, dtypes=FLOATS | INT8 if rounded else FLOATS)
    if rounded:
        tensors = _restored(path, model, tensors)
    if len({array.dtype for array in tensors.values()}) > 1:
        raise ModelFileError(path, "wrong weights", "float32 and float64 are mixed; expected one of them.")
    if (names := nonfinite(tensors)) and not allow_nonfinite:
        hint = f"NaN or infinity in {listed(names)}; pass allow_nonfinite=True only to look at them."
        raise ModelFileError(path, "non-finite weights", hint)
    return tensors


def _restored(path: Path, model: Model, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the weights that 8-bit integers and their scales stand for."""
    names = set(int8.rounded(model.network))
    if strange := [name for name, array in tensors.items() if (array.dtype == "int8") != (name in names)]:
        hint = f"{listed(strange)}: int8 where floats are expected, or floats where int8 is."
        raise ModelFileError(path, "wrong weights", hint)
    return int8.restored(model.network, tensors)


def _card_bytes(path: Path, card: str) -> bytes:
    try:
        return card.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ModelFileError(path, "invalid text", f"{error}; expected text that UTF-8 can hold.") from None


def _card_text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelFileError(path, "invalid text", f"{error}; a model card is UTF-8.") from None


def _check_sizes(path: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if len(data) > MODEL.files[name]:
            found = f"{len(data)} bytes; at most {MODEL.files[name]} can be read again"
            raise ModelFileError(path / name, "too large", f"{found}; make it smaller.")
