"""From a model directory to ONNX files: checked first, whole or not at all."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")

import model_files
from ostinato import checks
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, ExportError, MissingExtraError, ModelFileError
from ostinato.export import int8
from ostinato.export.onnx import export, network, to_onnx
from ostinato.export.onnx.recurrent import CELLS
from ostinato.spec.network import Head
from saved_models import saved


@pytest.fixture
def model(tmp_path):
    return saved(tmp_path, "classify, series, every pool")


def test_the_file_is_checked_by_onnx_and_needs_no_later_program_than_it_must(model, tmp_path):
    import onnx

    (path,) = to_onnx(model, tmp_path / "model.onnx")
    read = onnx.load(path)
    onnx.checker.check_model(read, full_check=True)
    assert (read.ir_version, [(one.domain, one.version) for one in read.opset_import]) == (8, [("", 17)])
    assert [one.name for one in read.graph.input][:2] == ["series", "lengths"]
    assert all(one.doc_string for one in (*read.graph.input, *read.graph.output))
    assert {node.op_type for node in read.graph.node} >= {"LSTM"}


@pytest.mark.parametrize(
    ("table", "key", "broken"),
    [
        (CELLS, "lstm", CELLS["lstm"]._replace(gates=(0, 1, 2, 3))),
        (network.EMITTERS, Head, lambda place, op, flow: _louder(place, network.head(place, op, flow))),
    ],
    ids=["gates in torch's order", "louder answers"],
)
def test_a_graph_that_says_something_else_is_refused_and_not_written(
    model, tmp_path, monkeypatch, table, key, broken
):
    monkeypatch.setitem(table, key, broken)
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportError, match=r"does not say what the model says.*nothing was written"):
        to_onnx(model, tmp_path / "out" / "model.onnx")
    assert [*(tmp_path / "out").iterdir()] == []


def test_states_that_are_lost_between_chunks_are_found_out(model, tmp_path, monkeypatch):
    from ostinato.export.onnx.session import Session

    monkeypatch.setattr(Session, "next", lambda self, answers: self.start(len(answers["label"])))
    with pytest.raises(ExportError, match="'state "):
        to_onnx(model, tmp_path / "model.onnx")


def test_a_decoder_that_says_something_else_is_refused_and_neither_file_is_written(tmp_path, monkeypatch):
    path = saved(tmp_path, "translate, bahdanau")
    monkeypatch.setitem(CELLS, "lstm", CELLS["lstm"]._replace(gates=(0, 1, 2, 3)))
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportError, match="does not say what the model says"):
        to_onnx(path, tmp_path / "out" / "model.onnx")
    assert [*(tmp_path / "out").iterdir()] == []


def test_a_model_in_float64_is_exported_in_float32_as_the_runtime_computes(tmp_path):
    tensors = model_files.weights(model_files.SERIES, "float64")
    archive.save(tmp_path / "model", model_files.SERIES, tensors, None, "# A model\n")
    (path,) = to_onnx(tmp_path / "model", tmp_path / "model.onnx")
    assert path.is_file()


def test_a_model_of_8_bit_weights_is_refused(tmp_path):
    path = saved(tmp_path, "rolls")
    int8.export(path, tmp_path / "small")
    with pytest.raises(ArgumentError, match=r"has int8 weights.*export the model that it was made from"):
        to_onnx(tmp_path / "small", tmp_path / "model.onnx")


def test_a_file_that_is_there_is_replaced(model, tmp_path):
    place = tmp_path / "model.onnx"
    place.write_text("something else")
    to_onnx(model, place)
    assert place.read_bytes() != b"something else"


def test_a_tied_head_shares_the_embeddings_weight(tmp_path):
    import onnx

    path = saved(tmp_path, "translate, luong")
    decoder = onnx.load(to_onnx(path, tmp_path / "model.onnx")[1])
    tensors = archive.load(path).tensors
    shape = list(tensors["embedding.weight"].shape)
    shared = [one for one in decoder.graph.initializer if list(one.dims) == shape]
    assert "head.weight" not in tensors
    assert len(shared) == 1


@pytest.mark.parametrize("name", ["model", "model.ONNX.txt"])
def test_a_name_that_does_not_end_in_onnx_is_refused(model, tmp_path, name):
    with pytest.raises(ArgumentError, match=r"expected a name that ends in \.onnx"):
        to_onnx(model, tmp_path / name)


def test_a_missing_folder_is_refused_before_any_work(tmp_path):
    with pytest.raises(ArgumentError, match="does not exist"):
        to_onnx(tmp_path / "no model", tmp_path / "nowhere" / "model.onnx")


def test_a_missing_model_is_refused(tmp_path):
    with pytest.raises(ModelFileError):
        to_onnx(tmp_path / "no model", tmp_path / "model.onnx")


def test_a_model_that_one_file_cannot_hold_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "LARGEST", 100)
    with pytest.raises(ArgumentError, match="more than the 2 GB"):
        to_onnx(model, tmp_path / "model.onnx")


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(model, tmp_path, monkeypatch, missing):
    imported = checks.importlib.import_module

    def blocked(name):
        if name == missing:
            raise ImportError(name)
        return imported(name)

    monkeypatch.setattr(checks.importlib, "import_module", blocked)
    with pytest.raises(MissingExtraError, match=rf"needs {missing}, .*ostinato\[onnx\]"):
        to_onnx(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def _louder(place, value):
    return place.graph.node("Mul", [value, place.graph.constant(np.float32(1.01))])
