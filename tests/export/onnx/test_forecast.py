"""Graphs of forecasting models foretell series as the loaded model does."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

import forecasters
import ostinato
from ostinato.errors import ExportError
from ostinato.export.onnx import export, forecast, to_onnx
from ostinato.export.onnx.session import Session
from saved_models import forecaster, save

EVERYTHING = {"past": 1, "known": 2, "static": 1, "gaps": 5}


def exported(place, **given):
    """Return the loaded model, its graph, and the facts that stand in the file."""
    import onnx

    path = save(place / "model", *forecaster(**given), loud=1.0)
    (file,) = to_onnx(path, place / "model.onnx")
    facts = {fact.key: fact.value for fact in onnx.load(file).metadata_props}
    return ostinato.load(path), Session(file.read_bytes()), facts


def contexts(panel, spec):
    """Return the last rows of each series, (n, T, C)."""
    return np.stack([rows[-spec.context :, : len(spec.targets)] for rows in panel.values])


def test_points_and_intervals_are_those_of_the_model(tmp_path):
    model, session, facts = exported(tmp_path)
    panel = forecasters.panel(2)
    answers = session.run({"context": contexts(panel, model.spec.preprocessing)})
    found = model.predict(panel).forecasts
    np.testing.assert_allclose(answers["point"], found.point, rtol=1e-5)
    levels = json.loads(facts["ostinato.levels"])
    assert levels == [*found.intervals]
    for place, level in enumerate(levels):
        for end, expected in enumerate(found.intervals[level]):
            np.testing.assert_allclose(answers["intervals"][..., place, end], expected, rtol=1e-5)


def test_quantiles_are_those_of_the_model_and_in_order(tmp_path):
    quantiles = (0.1, 0.5, 0.9)
    model, session, facts = exported(tmp_path, training=(("quantiles", quantiles),))
    panel = forecasters.panel(2)
    said = session.run({"context": contexts(panel, model.spec.preprocessing)})["quantiles"]
    assert json.loads(facts["ostinato.quantiles"]) == [*quantiles]
    for place, expected in enumerate(model.predict(panel).forecasts.quantiles.values()):
        np.testing.assert_allclose(said[..., place], expected, rtol=1e-5)
    assert (np.diff(said, axis=3) >= 0).all()


def test_what_is_read_beside_the_targets_is_what_the_preprocessing_makes(tmp_path):
    model, session, _ = exported(tmp_path, series=tuple(EVERYTHING.items()), network=(("decoder", "direct"),))
    panel = forecasters.panel(2, **EVERYTHING)
    spec, laid = model.spec.preprocessing, model.windows.lay(panel)
    series, origins = np.arange(2), laid.ends() - spec.horizon
    window = laid.window(series, origins)
    rows = (laid.offsets[series] + origins)[:, None] + np.arange(1 - spec.context, 1)
    feed = {
        "context": laid.natural(laid.values[rows]),
        "beside": window.steps.swapaxes(0, 1)[..., spec.own() :],
    }
    said = model.said(laid, series, origins)
    np.testing.assert_allclose(session.run(feed)["point"], laid.natural(said.location), rtol=1e-5)


def test_a_gap_that_the_model_cannot_take_is_seen_in_the_answer(tmp_path):
    model, session, _ = exported(tmp_path)
    context = contexts(forecasters.panel(2), model.spec.preprocessing)
    context[0, 3] = np.nan
    point = session.run({"context": context})["point"]
    assert np.isnan(point[0]).all()
    assert np.isfinite(point[1]).all()


def test_distributions_that_onnx_cannot_invert_are_said_by_their_numbers(tmp_path):
    _, session, facts = exported(tmp_path, training=(("distribution", "student-t"),))
    assert {*session.outputs} == {"point", "deviation", "freedom"}
    assert json.loads(facts["ostinato.levels"]) == []


def test_a_graph_that_says_something_else_is_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "model", *forecaster())
    monkeypatch.setattr(forecast._Outlook, "natural", lambda self, value: self.graph.node("Neg", [value]))
    with pytest.raises(ExportError, match=r"'point', 1 segments of 1 series"):
        export.to_onnx(path, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
