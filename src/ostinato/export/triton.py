"""A model as a folder that Triton Inference Server serves: an ONNX graph, and how requests are batched."""

import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ostinato.errors import ArgumentError
from ostinato.export.onnx.export import checked_graphs
from ostinato.export.onnx.session import Session

MAX_BATCH_SIZE: Final = 64
"""Requests that are computed at once at most."""

MAX_SEQUENCES: Final = 1024
"""Streams that take part in batches at the same time at most; others wait."""

IDLE_SECONDS: Final = 600
"""How long a stream may be silent before the server forgets it."""

TYPES: Final = {
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
    "tensor(int64)": "TYPE_INT64",
    "tensor(bool)": "TYPE_BOOL",
    "tensor(string)": "TYPE_STRING",
}


def to_triton(model: str | os.PathLike[str], folder: str | os.PathLike[str], name: str) -> list[Path]:
    """Write a model into a model repository of Triton, checked against the runtime first.

    A model that can run as a stream gets the sequence batcher and implicit state: the server keeps each
    sequence's states, zeros at first. Any other answers whole sequences. A model that reads a text and says
    another one becomes two, ``NAME_encoder`` and ``NAME_decoder``, whose states the client carries: a search
    goes on from whichever it chooses.

    Args:
        model: a model directory.
        folder: the repository, in which the model's folder is made.
        name: what the server calls the model.

    Returns:
        The folders that were made, each with ``config.pbtxt`` and ``1/model.onnx``.

    Raises:
        ModelFileError: the model cannot be loaded.
        ArgumentError: it has no form in ONNX, or the folder cannot be made.
        ExportError: the graph does not say what the model says; nothing was written.
        MissingExtraError: onnx or onnxruntime is not installed.

    Example:
        >>> to_triton("MODEL", "repository", "speech")  # doctest: +SKIP
        [PosixPath('repository/speech')]
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", name):
        raise ArgumentError(f"the name is {name!r}; expected letters, digits, '_', '-' and '.' alone.")
    _check_place(Path(folder), name)
    graphs = checked_graphs(model, ragged=False)
    made = {part: Path(folder) / (f"{name}_{part}" if part else name) for part in graphs}
    for place in made.values():
        _check_place(place.parent, place.name)
    for part, place in made.items():
        text = config(place.name, Session(graphs[part]), keeps_states=not part)
        _publish(place, {"config.pbtxt": text.encode(), "1/model.onnx": graphs[part]})
    return [*made.values()]


def config(name: str, session: Session, keeps_states: bool) -> str:
    """Return the text of ``config.pbtxt``.

    Args:
        name: the model's.
        session: its graph.
        keeps_states: whether the server keeps states, if there are some; if not, they are inputs and outputs.
    """
    states = session.states if keeps_states else {}
    inputs = [one for one in session.inputs.values() if one.name not in states]
    outputs = [one for one in session.outputs.values() if one.name not in states.values()]
    parts = [
        f'name: "{name}"',
        'backend: "onnxruntime"',
        f"max_batch_size: {MAX_BATCH_SIZE}",
        *(_block("input", _tensor(one)) for one in inputs),
        *(_block("output", _tensor(one)) for one in outputs),
        _sequences(session, states) if states else "dynamic_batching { }",
    ]
    return "\n".join(parts) + "\n"


def _sequences(session: Session, states: Mapping[str, str]) -> str:
    """Return how streams are batched, and what is kept of each."""
    lines = [
        f"max_sequence_idle_microseconds: {IDLE_SECONDS * 1_000_000}",
        f"oldest {{ max_candidate_sequences: {MAX_SEQUENCES} }}",
    ]
    for name, after in states.items():
        kind, dims = TYPES[session.inputs[name].type], _dims(session.inputs[name].shape[1:])
        described = [f"data_type: {kind}", f"dims: {dims}"]
        begun = _block("initial_state", [f'name: "{name}.initial"', *described, "zero_data: true"])
        lines.append(_block("state", [f'input_name: "{name}"', f'output_name: "{after}"', *described, begun]))
    return _block("sequence_batching", lines)


def _tensor(described: Any) -> list[str]:
    """Return an input or output of the graph; one number a sequence is a row of one for the server."""
    shape, kind = described.shape[1:], TYPES[described.type]
    lines = [f'name: "{described.name}"', f"data_type: {kind}", f"dims: {_dims(shape or [1])}"]
    return lines if shape else [*lines, "reshape: { shape: [ ] }"]


def _dims(shape: Sequence[int | str]) -> str:
    return f"[ {', '.join(str(-1 if isinstance(size, str) else size) for size in shape)} ]"


def _block(name: str, lines: Sequence[str]) -> str:
    inner = "\n".join(lines).replace("\n", "\n  ")
    return f"{name} {{\n  {inner}\n}}"


def _check_place(folder: Path, name: str) -> None:
    if not folder.is_dir():
        raise ArgumentError(f"cannot write {folder / name}: {folder} is no folder; create it first.")
    if os.path.lexists(folder / name):
        raise ArgumentError(f"{folder / name} is there already; name another place, or remove it.")


def _publish(place: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder beside its place, then move it there: it appears whole or not at all."""
    beside = place.with_name(f".{place.name[:80]}.{secrets.token_hex(8)}")
    try:
        for name, content in files.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content)
        os.rename(beside, place)
    except OSError as error:
        raise ArgumentError(f"cannot write {place}: {error.strerror}; name another place.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
