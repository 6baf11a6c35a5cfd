"""The check of a forecasting model's export: it says what the runtime says of contexts of several lengths."""

import numpy as np

from ostinato.answers.outlook import Said, forecasts, softplus
from ostinato.export.onnx.compare import SIZES, same
from ostinato.export.onnx.draw import MISSING
from ostinato.export.onnx.forecast import levels_of
from ostinato.export.onnx.session import Session
from ostinato.export.onnx.windows import BESIDE, CONTEXT
from ostinato.preprocess.windows import Window, read, spread
from ostinato.runtime.base import Array
from ostinato.runtime.forecast import SeriesModel
from ostinato.runtime.forecasting import LINEAR
from ostinato.spec.windows import Windows


def check_forecaster(model: SeriesModel, content: bytes) -> None:
    """Compare a graph with the model that it was made of.

    Args:
        model: loaded.
        content: the file's bytes.

    Raises:
        ExportError: they differ; the message says where.
        MissingExtraError: onnxruntime is not installed.
    """
    session, spec = Session(content), model.spec.preprocessing
    for segments, series in SIZES:
        random = np.random.default_rng(series)
        context = _context(spec, random, (series, segments * spec.segment, spec.width))
        beside = random.normal(size=(series, segments, spec.flow().size - spec.own())).astype(np.float32)
        answers = session.run({CONTEXT: context, BESIDE: beside})
        where = f"{segments} segments of {series} series"
        for name, expected in _expected(model, context, beside).items():
            same(name, answers[name], expected, where)


def _context(spec: Windows, random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return series above 0 of several sizes, with gaps where a model takes some."""
    context = np.exp(0.3 * random.normal(size=shape)) * np.exp(random.normal(size=(shape[0], 1, shape[2])))
    if spec.masked:
        gaps = random.random(shape) < MISSING
        gaps[:, shape[1] // 2] = False
        context[gaps] = np.nan
    return np.asarray(context)


def _expected(model: SeriesModel, context: Array, beside: Array) -> dict[str, Array]:
    """Return what the runtime says, by the names of the outputs."""
    spec, outlook = model.spec.preprocessing, model.spec.answer
    said = _said(model, np.log(context) if spec.log else context, beside)
    found = forecasts(outlook, said, log=spec.log)
    expected = {"point": found.point}
    if outlook.says == "quantiles":
        expected["quantiles"] = np.stack([found.quantiles[q] for q in outlook.quantiles], axis=3)
    if outlook.says in ("normal", "student-t"):
        expected["deviation"] = said.scale[:, None] * softplus(said.raw[..., 1])
    if outlook.says == "student-t":
        expected["freedom"] = 2 + softplus(said.raw[..., 2])
    if outlook.says == "negative-binomial":
        expected["dispersion"] = softplus(said.raw[..., 1])
    if levels := levels_of(outlook):
        expected["intervals"] = np.stack([np.stack(found.intervals[one], axis=3) for one in levels], axis=3)
    return expected


def _said(model: SeriesModel, values: Array, beside: Array) -> Said:
    """Return what the runtime's network says of contexts (B, T, C)."""
    spec, network, scale = model.spec.preprocessing, model.teller.reader, spread(values)
    reading = read(spec, values, np.full_like(scale, np.nan), scale)
    steps = np.concatenate([reading.inputs, beside], axis=2).astype(np.float32).swapaxes(0, 1)
    window = Window(np.ascontiguousarray(steps), reading.levels[:, -1][None], scale)
    _, rows, branches = network.push_answers(network.start(len(values)), window.steps)
    return model.teller.joined(rows[-1], branches[LINEAR][-1], window)
