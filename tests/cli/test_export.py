"""``ostinato export``: a model in a form that other programs run."""

import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")


def test_what_was_written_is_printed_and_torch_is_not_needed(ostinato, trained, tmp_path):
    process = ostinato(
        *("export", trained[0], "--to", "onnx", "--out", tmp_path / "model.onnx"),
        without=("torch", "sklearn"),
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == f"{tmp_path / 'model.onnx'}\n"
    assert (tmp_path / "model.onnx").is_file()


def test_a_folder_for_triton_is_written(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "triton", "--out", tmp_path / "speech")
    assert (process.returncode, process.stdout) == (0, f"{tmp_path / 'speech'}\n")
    assert (tmp_path / "speech" / "config.pbtxt").read_text().startswith('name: "speech"\n')
    assert (tmp_path / "speech" / "1" / "model.onnx").is_file()


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_a_missing_library_is_one_line(ostinato, trained, tmp_path, missing):
    place = tmp_path / "model.onnx"
    process = ostinato("export", trained[0], "--to", "onnx", "--out", place, without=(missing,))
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert f"needs {missing}, which is not installed" in process.stderr
    assert not place.exists()


def test_a_form_that_there_is_not_is_a_usage_error(ostinato, trained, tmp_path):
    process = ostinato("export", trained[0], "--to", "paper", "--out", tmp_path / "model.onnx")
    assert process.returncode == 2
    assert "'paper'" in process.stderr
