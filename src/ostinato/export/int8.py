"""A model whose recurrent weights are 8-bit integers: a quarter of the size, and faster step by step."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from ostinato.archive import int8
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.runtime import verbs

NOTE = """
## Weights of 8 bits

The matrices of the recurrent layers are stored as 8-bit integers, each row with a scale of its own, and
inputs and states are rounded in the same way at each step. The scores above are those of the model
before that.
"""


class Scores(NamedTuple):
    """One score of a model, before its weights were rounded and after."""

    before: float
    after: float


def export(model: str | os.PathLike[str], out: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a model directory of the same model with 8-bit recurrent weights; it is loaded as any other.

    Args:
        model: a model directory.
        out: the new one.
        overwrite: replace a model that is there.

    Raises:
        ModelFileError: the model cannot be loaded, or the new one not be written.
        ArgumentError: it reads both ways, has an encoder or no recurrent layers, or is of int8 already.
    """
    saved = archive.load(model)
    if saved.model.precision == "int8":
        raise ArgumentError(f"{model} has int8 weights already; export the model that it was made from.")
    if reason := int8.why_not(saved.model.network):
        raise ArgumentError(f"{model} cannot have int8 weights: {reason}.")
    rounded = saved.model.model_copy(update={"precision": "int8"})
    archive.save(out, rounded, saved.tensors, saved.tokenizer_json, f"{saved.card}{NOTE}", overwrite)


def compare(before: Path, after: Path, data: Path) -> dict[str, Scores]:
    """Return the scores of two models on labelled data, by name.

    Raises:
        DataError: the data cannot be read.
    """
    first, second = (_scores(model, data) for model in (before, after))
    return {name: Scores(value, second[name]) for name, value in first.items() if name in second}


def _scores(model: Path, data: Path) -> dict[str, float]:
    found = json.loads(verbs.evaluate(model, data).to_json())
    return {name: value for name, value in found.get("scores", found).items() if type(value) is float}
