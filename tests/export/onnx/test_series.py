"""Graphs of models that take gaps, odd times and descriptors answer as the loaded model does."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

import ostinato
from ostinato.export.onnx import to_onnx
from ostinato.export.onnx.session import Session
from saved_models import STATIC, observed, save

LENGTHS = (9, 5, 1)
GIVEN = {
    "forbid": {"static": STATIC},
    "forward-fill": {},
    "mask": {"unit": 2.5, "static": STATIC},
    "decay": {"unit": 2.5, "static": STATIC},
}


def patients(gaps):
    """Return rows with gaps, when they were measured, and what describes each sequence."""
    random = np.random.default_rng(5)
    rows = [random.normal(size=(length, 3)).astype(np.float32) for length in LENGTHS]
    if gaps:
        for one in rows:
            one[random.random(one.shape) < 0.5] = np.nan
    times = [np.cumsum(random.exponential(3.0, length)) for length in LENGTHS]
    return rows, times, random.normal(60, 10, size=(3, 2)).astype(np.float32)


def padded(arrays):
    """Return arrays of one length, with NaN behind each end, which must touch no answer."""
    whole = np.full((len(arrays), max(LENGTHS), *arrays[0].shape[1:]), np.nan, arrays[0].dtype)
    for row, array in zip(whole, arrays, strict=True):
        row[: len(array)] = array
    return whole


@pytest.mark.parametrize("missing", GIVEN)
def test_a_graph_answers_as_the_model_does(missing, tmp_path):
    path = save(tmp_path / "model", *observed(missing, **GIVEN[missing]))
    session = Session(to_onnx(path, tmp_path / "model.onnx")[0].read_bytes())
    rows, times, static = patients(missing != "forbid")
    feed = {"series": padded(rows), "times": padded(times), "static": static, "lengths": np.array(LENGTHS)}
    answers = session.run(feed | session.start(3))
    given = {"times": times} if "times" in session.inputs else {}
    given |= {"static": static} if "static" in session.inputs else {}
    expected = ostinato.load(path).predict(rows, **given)
    np.testing.assert_allclose(answers["probabilities"], expected.probabilities, rtol=0, atol=1e-5)
    assert ("times" in session.inputs) == ("unit" in GIVEN[missing])


@pytest.mark.parametrize("missing", ["mask", "decay"])
def test_a_stream_of_a_graph_is_a_stream_of_the_runtime(missing, tmp_path):
    path = save(tmp_path / "model", *observed(missing, **GIVEN[missing]))
    session = Session(to_onnx(path, tmp_path / "model.onnx")[0].read_bytes())
    rows, times, static = patients(gaps=True)
    stream, states = ostinato.load(path).stream(static=static[0]), session.start(1)
    for row, time in zip(rows[0], times[0], strict=True):
        feed = {"series": row[None, None], "times": np.array([[time]]), "static": static[:1]}
        answers = session.run(feed | {"lengths": np.array([1])} | states)
        states = session.next(answers)
        np.testing.assert_allclose(answers["probabilities"][0], stream.push(row, time), rtol=0, atol=1e-5)


def test_an_unknown_descriptor_is_its_mean(tmp_path):
    path = save(tmp_path / "model", *observed("mask", static=STATIC))
    session = Session(to_onnx(path, tmp_path / "model.onnx")[0].read_bytes())
    rows, _, static = patients(gaps=True)
    static[0, 1] = np.nan
    answers = session.run(
        {"series": padded(rows), "static": static, "lengths": np.array(LENGTHS)} | session.start(3)
    )
    expected = ostinato.load(path).predict(rows, static=static).probabilities
    np.testing.assert_allclose(answers["probabilities"], expected, rtol=0, atol=1e-5)
