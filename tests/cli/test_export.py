"""`ostinato export`: a model of 8-bit weights and what it costs, or in a form that other programs run."""

import importlib.util
import json

import numpy as np
import pytest

from ostinato import runtime

ONNX = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is None, reason="exporting to ONNX needs ostinato[onnx]"
)


def test_a_model_of_8_bit_weights_is_written_and_judged(ostinato, trained, series, tmp_path):
    model, _ = trained
    out = tmp_path / "small"
    process = ostinato("export", model, "--to", "int8", "--out", out, "--data", series[1], "--json")
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["scores"]["accuracy"]["before"] - found["scores"]["accuracy"]["after"] <= 0.05
    assert found["bytes"] == [sum(f.stat().st_size for f in place.iterdir()) for place in (model, out)]
    before, after = runtime.load(model), runtime.load(out)
    assert (before.network.kernels, after.network.kernels) == ("native", "int8")
    rows = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(after.stream().push(rows), before.stream().push(rows), atol=0.05)


def test_what_is_there_is_replaced_on_request_alone(ostinato, trained, tmp_path):
    model, _ = trained
    out = tmp_path / "small"
    assert ostinato("export", model, "--to", "int8", "--out", out).returncode == 0
    process = ostinato("export", model, "--to", "int8", "--out", out)
    assert process.returncode == 1
    assert "exists" in process.stderr
    process = ostinato("export", model, "--to", "int8", "--out", out, "--overwrite")
    assert process.returncode == 0
    assert process.stdout.splitlines()[0].split() == ["before", "after"]


def test_an_unknown_form_is_a_matter_of_usage(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "wax", "--out", tmp_path / "x")
    assert process.returncode == 2


@ONNX
def test_what_belongs_to_another_form_is_a_matter_of_usage(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "onnx", "--out", tmp_path / "m.onnx", "--overwrite")
    assert process.returncode == 2
    assert "belong to --to int8" in process.stderr


@ONNX
def test_what_was_written_is_printed_and_torch_is_not_needed(ostinato, trained, tmp_path):
    process = ostinato(
        *("export", trained[0], "--to", "onnx", "--out", tmp_path / "model.onnx"),
        without=("torch", "sklearn"),
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == f"{tmp_path / 'model.onnx'}\n"
    assert (tmp_path / "model.onnx").is_file()


@ONNX
def test_a_folder_for_triton_is_written(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "triton", "--out", tmp_path / "speech")
    assert (process.returncode, process.stdout) == (0, f"{tmp_path / 'speech'}\n")
    assert (tmp_path / "speech" / "config.pbtxt").read_text().startswith('name: "speech"\n')
    assert (tmp_path / "speech" / "1" / "model.onnx").is_file()


@ONNX
@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_missing_library_is_one_line(ostinato, trained, tmp_path, missing):
    place = tmp_path / "model.onnx"
    process = ostinato("export", trained[0], "--to", "onnx", "--out", place, without=(missing,))
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert f"needs {missing}, which is not installed" in process.stderr
    assert not place.exists()
