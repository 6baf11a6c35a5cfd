"""Small model directories for tests: whole ones, and ones that somebody tampered with."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostinato.archive import manifest, model, tensors
from ostinato.archive.store import Contents, assemble
from ostinato.errors import ModelFileError
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import ClassifyModel
from ostinato.spec.network import Convolution, Embedding, Head, Network, Pool, Recurrent
from ostinato.spec.preprocessing import Columns, Series, Tokens
from ostinato.spec.record import Epoch, GradientFlow, TrainingRecord

CARD = "# A small model\n\nfor tests\n"
TOKENIZER = b'{"opaque": "to the archive"}\n'

RECORD = TrainingRecord(
    sequences=8,
    steps=100,
    parameters=100,
    selection="validation",
    metric="accuracy",
    best_epoch=2,
    scores={"accuracy": 0.875, "loss": 0.25},
    unknown_rate=None,
    seconds=1.5,
    threads=1,
    data_sha256="0" * 64,
    versions={"python": "3.11.0", "ostinato": "0.1.0", "torch": "2.13.0", "numpy": "2.4.0"},
    history=(
        Epoch(
            stage="train",
            epoch=1,
            train_loss=1.0,
            valid_loss=None,
            valid_metric=0.5,
            learning_rate=1e-3,
            gradient_norm=0.1,
            seconds=0.5,
            sequences_per_second=16.0,
        ),
    ),
    gradient_flow=(GradientFlow(epoch=1, layer=0, distances=(0, 1), norms=(1.0, 0.5)),),
)

SERIES = ClassifyModel(
    task="classify",
    columns=Columns(label="class", inputs=("x", "y", "z")),
    preprocessing=Series(
        channels=("x", "y", "z"), scale="standard", center=(0.0, 0.5, -1.0), spread=(1.0, 2.0, 0.5)
    ),
    network=Network(
        input="steps",
        input_size=3,
        ops=(
            Convolution(channels=4, kernel_size=3),
            Recurrent(cell="gru", hidden_size=5),
            Pool(kinds=("last", "mean")),
            Head(size=2),
        ),
    ),
    answer=Classes(labels=("no", "yes")),
    recipe=ClassifyOptions(),
    training=RECORD,
)

TEXT = ClassifyModel(
    task="classify",
    columns=Columns(label="class", text="said"),
    preprocessing=Tokens(tokens="word", lowercase=True, vocabulary_size=7),
    network=Network(
        input="tokens",
        input_size=7,
        ops=(
            Embedding(size=4),
            Recurrent(cell="lstm", hidden_size=3, bidirectional=True),
            Pool(kinds=("attention", "max"), attention_size=2, directions=2),
            Head(size=3),
        ),
    ),
    answer=Classes(labels=("bad", "so so", "good")),
    recipe=ClassifyOptions(),
    training=RECORD,
)


def weights(spec: ClassifyModel, dtype: str = "float32") -> dict[str, np.ndarray]:
    """Return small weights that differ everywhere; variances stay above 0."""
    arrays = {}
    for name, shape in spec.network.tensors().items():
        count = int(np.prod(shape))
        values = np.sin(np.arange(count) + len(arrays)) / 2
        arrays[name] = (
            (abs(values) + 1 if name.endswith("running_var") else values).reshape(shape).astype(dtype)
        )
    return arrays


def parts(spec: ClassifyModel = SERIES) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the header and the files of a good model."""
    files = {model.WEIGHTS: tensors.encode("x", weights(spec)), model.CARD: CARD.encode()}
    if spec is TEXT:
        files[model.TOKENIZER] = TOKENIZER
    return spec.model_dump(mode="json"), files


def put(place: Path, header: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write a directory whose checksums hold, whatever its parts say."""
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)
    (place / manifest.MANIFEST).write_bytes(manifest.encode(header, files, model.MODEL))
    return place


def good(place: Path, spec: ClassifyModel = SERIES) -> Path:
    """Write a good model as users do."""
    model.save(place, spec, weights(spec), TOKENIZER if spec is TEXT else None, CARD)
    return place


def resealed(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Return a manifest with its JSON changed in place and its own checksum made anew."""
    value = json.loads(data)
    del value["sha256"]
    change(value)
    return manifest.seal(value)


def reseal(place: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """Change the manifest of a directory so that its own checksum holds again."""
    file = place / manifest.MANIFEST
    file.write_bytes(resealed(file.read_bytes(), change))
    return place


def sealed_text(text: str) -> bytes:
    """Return a manifest of any text; its last line is added."""
    zeroed = f'{text}\n  "sha256": "{manifest.ZEROS}"\n}}\n'
    return zeroed.replace(manifest.ZEROS, hashlib.sha256(zeroed.encode()).hexdigest()).encode()


def from_memory(data: bytes, files: Mapping[str, bytes]) -> model.Saved:
    """Load a model as `model.load` does, from memory."""
    whole = {manifest.MANIFEST: data, **files}
    contents: Contents = assemble(Path("memory"), model.MODEL, lambda name, limit: whole[name][: limit + 1])
    return model.parse(Path("memory"), contents.header, contents.files)


def refused(load: Callable[[], Any], reason: str, *, naming: object = "", saying: str = "") -> ModelFileError:
    """Check that loading is refused as it must be: one error, one line, with reason and place, soon."""
    started = time.perf_counter()
    with pytest.raises(ModelFileError) as caught:
        load()
    error = caught.value
    assert time.perf_counter() - started < 5
    assert error.reason == reason, str(error)
    assert str(naming) in str(error)
    assert saying in error.hint
    assert str(error).isprintable()
    assert len(str(error)) < 1200
    return error


def safetensors_of(header: Any, body: bytes = b"") -> bytes:
    """Return a safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body
