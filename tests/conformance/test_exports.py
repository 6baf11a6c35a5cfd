"""A model of every task becomes ONNX files that say what the runtime says."""

import json

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")
pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
pytest.importorskip("symusic", reason="music needs ostinato[music]")

import ostinato
from ostinato.errors import ArgumentError
from ostinato.export.onnx import to_onnx
from ostinato.export.onnx.session import Session
from ostinato.spec import model as spec
from saved_models import CASES, forecaster, save, saved

cases = pytest.mark.parametrize("name", CASES)


def test_every_task_has_a_case():
    assert {type(make()[0]).__name__ for make in CASES.values()} == {*spec.KINDS.values()}


@pytest.mark.parametrize("decoder", ["autoregressive", "seq2seq"])
def test_a_forecaster_that_reads_its_own_answers_is_refused_with_the_reason(tmp_path, decoder):
    network = {"decoder": decoder} | ({"segment": 2} if decoder == "autoregressive" else {})
    path = save(tmp_path / "model", *forecaster(network=tuple(network.items())))
    with pytest.raises(ArgumentError, match=r"this forecast model cannot be .* train with --decoder direct"):
        to_onnx(path, tmp_path / "model.onnx")


@cases
def test_what_is_written_passed_the_check_and_says_what_it_is(name, tmp_path):
    written = to_onnx(saved(tmp_path, name), tmp_path / "model.onnx")
    spec, tokenizer_json = CASES[name]()
    pair = spec.task in ("translate", "chat")
    parts = ["encoder.onnx", "decoder.onnx"] if pair else ["onnx"]
    assert [path.name for path in written] == [f"model.{part}" for part in parts]
    for path in written:
        facts = _facts(path)
        assert facts["ostinato.task"] == spec.task
        assert json.loads(facts["ostinato.preprocessing"]) == spec.preprocessing.model_dump(mode="json")
        assert ("ostinato.vocabulary" in facts) == (tokenizer_json is not None)


@cases
def test_a_model_keeps_states_where_it_can_run_as_a_stream(name, tmp_path):
    path = saved(tmp_path, name)
    model = ostinato.load(path)
    session = Session(to_onnx(path, tmp_path / "model.onnx")[-1].read_bytes())
    streams = model.network.spec.why_not_stream() is None and model.spec.task != "forecast"
    assert bool(session.states) == streams
    for state, array in session.start(2).items():
        assert not array.any()
        assert session.inputs[state].shape[0] == "batch"
        assert session.outputs[session.states[state]].shape == session.inputs[state].shape


def test_labels_are_the_models_own(tmp_path):
    path = saved(tmp_path, "classify, series")
    session = Session(to_onnx(path, tmp_path / "model.onnx")[0].read_bytes())
    rows = np.random.default_rng(0).normal(size=(5, 7, 3)).astype(np.float32)
    answers = session.run({"series": rows, "lengths": np.full(5, 7)} | session.start(5))
    expected = ostinato.load(path).predict([*rows])
    assert answers["label"].tolist() == expected.best()
    np.testing.assert_allclose(answers["probabilities"], expected.probabilities, rtol=0, atol=1e-5)


def _facts(path):
    import onnx

    return {fact.key: fact.value for fact in onnx.load(path).metadata_props}
