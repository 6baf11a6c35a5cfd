"""What a graph answers is what the loaded model answers: labels by their thresholds, numbers, frames."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

import ostinato
from ostinato.export.onnx import to_onnx
from ostinato.export.onnx.session import Session
from saved_models import labeler, observed, regressor, save, watcher

ROWS = np.random.default_rng(0).normal(size=(12, 7, 3)).astype(np.float32)


def exported(place, described):
    """Return the loaded model, its graph, and the facts that stand in the file."""
    import onnx

    place.mkdir(exist_ok=True)
    path = save(place / "model", *described)
    (file,) = to_onnx(path, place / "model.onnx")
    facts = {fact.key: fact.value for fact in onnx.load(file).metadata_props}
    return ostinato.load(path), Session(file.read_bytes()), facts


def heard(session, rows=ROWS):
    return session.run(
        {"series": rows, "lengths": np.full(len(rows), rows.shape[1])} | session.start(len(rows))
    )


def test_a_tuned_threshold_decides_what_is_said(tmp_path):
    model, session, _ = exported(tmp_path / "half", observed("forbid"))
    middle = float(np.median(model.predict([*ROWS]).probabilities[:, 1])) + 1e-4
    tuned, graph, facts = exported(tmp_path / "tuned", observed("forbid", threshold=middle))
    said = heard(graph)["label"].tolist()
    assert said == tuned.predict([*ROWS]).best()
    assert said != heard(session)["label"].tolist()
    assert json.loads(facts["ostinato.threshold"]) == middle


def test_several_labels_are_said_by_a_threshold_each(tmp_path):
    model, session, facts = exported(tmp_path, labeler())
    answers, expected = heard(session), model.predict([*ROWS])
    np.testing.assert_allclose(answers["probabilities"], expected.probabilities, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(answers["said"], expected.flags())
    assert 0 < answers["said"].mean() < 1
    assert json.loads(facts["ostinato.labels"]) == ["a", "b", "c"]
    assert json.loads(facts["ostinato.thresholds"]) == [0.5, 0.2, 0.9]


@pytest.mark.parametrize("per_step", [False, True])
def test_numbers_are_those_of_the_target(per_step, tmp_path):
    model, session, facts = exported(tmp_path, regressor(per_step=per_step))
    value = heard(session)["value"]
    assert value.shape == ((12, 7) if per_step else (12,))
    expected = np.stack(model.predict([*ROWS]).values).reshape(value.shape)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-3)
    assert json.loads(facts["ostinato.name"]) == "hours"


def test_every_frame_has_a_label_and_what_is_no_frame_has_none(tmp_path):
    model, session, _ = exported(tmp_path, watcher())
    frames = np.random.default_rng(1).integers(0, 256, (2, 6, 8, 8)).astype(np.uint8)
    expected = model.predict([frames[0], frames[1, :4]])
    steps = ((frames / np.float32(1) - 0.4) / 0.2).reshape(2, 6, 64).astype(np.float32)
    answers = session.run({"steps": steps, "lengths": np.array([6, 4])} | session.start(2))
    assert answers["label"][1, 4:].tolist() == ["", ""]
    assert [*answers["label"][0], *answers["label"][1, :4]] == expected.best()
    given = np.concatenate([answers["probabilities"][0], answers["probabilities"][1, :4]])
    np.testing.assert_allclose(given, expected.probabilities, rtol=0, atol=1e-5)
