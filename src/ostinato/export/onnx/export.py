"""From a model directory to ONNX files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ostinato.answers.files import checked_place, write_file
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.export.onnx.chain import chain
from ostinato.export.onnx.check_chain import check_chain
from ostinato.export.onnx.check_forecast import check_forecaster
from ostinato.export.onnx.check_pairs import check_pairs
from ostinato.export.onnx.forecast import forecaster, why_not
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.metadata import metadata
from ostinato.export.onnx.pairs import decoder, encoder
from ostinato.export.onnx.parts import States
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.loading import from_saved
from ostinato.runtime.model import ChainModel
from ostinato.spec.model import ForecastModel, Model

LARGEST: Final = 2**31 - 2**20
"""Bytes of weights at most: what a single file, which is one protobuf message, can hold."""


def to_onnx(model: str | os.PathLike[str], path: str | os.PathLike[str]) -> list[Path]:
    """Write a model as ONNX, checked against the runtime before anything is written.

    A model that reads a text and says another one becomes two files: ``NAME.encoder.onnx`` and
    ``NAME.decoder.onnx``, one step of the decoder.

    Args:
        model: a model directory.
        path: the file, ``NAME.onnx``.

    Returns:
        The files that were written.

    Raises:
        ModelFileError: the model cannot be loaded.
        ArgumentError: it has no form in ONNX, or the file cannot be written.
        ExportError: the graph does not say what the model says; nothing was written.
        MissingExtraError: onnx or onnxruntime is not installed.

    Example:
        >>> to_onnx("MODEL", "model.onnx")  # doctest: +SKIP
        [PosixPath('model.onnx')]
    """
    place = Path(path)
    if place.suffix != ".onnx":
        raise ArgumentError(f"the file is called {place.name!r}; expected a name that ends in .onnx.")
    checked_place(place)
    graphs = checked_graphs(model)
    files = {place.with_suffix(f".{part}.onnx" if part else ".onnx"): graphs[part] for part in graphs}
    for file, content in files.items():
        write_file(file, content)
    return [*files]


def checked_graphs(model: str | os.PathLike[str], ragged: bool = True) -> dict[str, bytes]:
    """Return a model's graphs as bytes, compared with the runtime; arguments and errors as for ``to_onnx``.

    Args:
        model: a model directory.
        ragged: whether the lengths of sequences are an input.

    Returns:
        By name ``"encoder"`` and ``"decoder"``, or the only one as ``""``.
    """
    saved = archive.load(model)
    _check_task(saved.model)
    _check_precision(model, saved)
    _check_size(saved)
    loaded = from_saved(model, saved)
    if isinstance(loaded, ChainModel):
        content = _bytes(saved, *chain(saved.model, saved.tensors, ragged))
        check_chain(loaded, content)
        return {"": content}
    if isinstance(loaded, SeriesModel):
        content = _bytes(saved, *forecaster(loaded.spec, saved.tensors))
        check_forecaster(loaded, content)
        return {"": content}
    if not isinstance(loaded.network, EncoderDecoder):
        raise TypeError(f"a {saved.model.task} model is neither a chain nor one of pairs")
    return _pair(saved, loaded.network)


def _check_task(model: Model) -> None:
    """Refuse a model that has no form in ONNX, with the reason why."""
    if isinstance(model, ForecastModel) and (reason := why_not(model)):
        raise ArgumentError(f"this {model.task} model cannot be exported to ONNX: {reason}.")


def _pair(saved: archive.Saved, network: EncoderDecoder) -> dict[str, bytes]:
    described = saved.model.network
    read = _bytes(saved, encoder(described, saved.tensors), None, "encoder")
    written = _bytes(saved, *decoder(described, saved.tensors), "decoder")
    check_pairs(network, read, written)
    return {"encoder": read, "decoder": written}


def _bytes(saved: archive.Saved, graph: Graph, states: States | None, part: str = "model") -> bytes:
    facts: Mapping[str, str] = metadata(saved, states) | {"ostinato.part": part}
    about = f"a {saved.model.task} model of Ostinato; the metadata says how to read and feed it"
    content: bytes = graph.model(f"ostinato_{saved.model.task}_{part}", about, facts).SerializeToString()
    return content


def _check_precision(model: str | os.PathLike[str], saved: archive.Saved) -> None:
    if saved.model.precision == "int8":
        raise ArgumentError(
            f"{model} has int8 weights, whose graph would say something else; export the model that it was "
            "made from."
        )


def _check_size(saved: archive.Saved) -> None:
    numbers = sum(array.size for array in saved.tensors.values())
    if 4 * numbers > LARGEST:
        raise ArgumentError(
            f"the model has {numbers} weights, which take more than the 2 GB that an ONNX file can hold."
        )
