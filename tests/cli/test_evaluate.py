"""``ostinato evaluate``: scores on stdout, for people and machines, without torch."""

import json
import shutil

import pytest

ISSUE_KEYS = {
    "accuracy",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "f1_weighted",
    "log_loss",
    "sequences",
}


def test_json_stands_alone_on_stdout_and_needs_no_torch(ostinato, trained, series):
    process = ostinato("evaluate", trained[0], series[1], "--json", without=("torch",))
    assert (process.returncode, process.stderr) == (0, "")
    found = json.loads(process.stdout)
    assert found.keys() >= ISSUE_KEYS
    assert (found["sequences"], found["accuracy"]) == (20, 1.0)
    assert [row["label"] for row in found["classes"]] == ["down", "up"]


def test_a_table_is_for_people(ostinato, trained, series):
    lines = ostinato("evaluate", trained[0], series[1]).stdout.splitlines()
    assert lines[0].split() == ["sequences", "20"]
    assert lines[1].split()[:2] == ["accuracy", "1.0000"]
    assert ["class", "precision", "recall", "f1", "sequences"] in [line.split() for line in lines]


def test_a_report_is_one_whole_file_and_needs_no_torch(ostinato, trained, series, tmp_path):
    report = tmp_path / "report.html"
    process = ostinato("evaluate", trained[0], series[1], "--report", report, "--json", without=("torch",))
    assert process.returncode == 0, process.stderr
    assert process.stderr == f"Report: {report}\n"
    assert json.loads(process.stdout)["attributions"]
    text = report.read_text()
    assert text.rstrip().endswith("</html>")
    assert 'src="http' not in text


def test_texts_are_evaluated_with_their_unknown_rate(ostinato, trained_on_texts):
    model, table = trained_on_texts
    process = ostinato("evaluate", model, table, "--json", without=("torch",))
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["accuracy"] == 1.0
    assert 0 <= found["unknown_rate"] < 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,step,a,b,kind\ns0,0,1,1,left\n", "'left'"),
        ("id,step,a,b\ns0,0,1,1\n", "kind"),
        ("id,step,a,kind\ns0,0,1,up\n", "'b'"),
        ("id,step,a,b,kind\ns0,0,1,nan,up\n", "line 2"),
    ],
    ids=["unknown label", "no label", "missing channel", "not finite"],
)
def test_unfit_data_is_one_line(ostinato, trained, tmp_path, text, message):
    (tmp_path / "test.csv").write_text(text)
    process = ostinato("evaluate", trained[0], tmp_path / "test.csv", "--report", tmp_path / "r.html")
    assert (process.returncode, process.stdout) == (1, "")
    [line] = process.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line
    assert not (tmp_path / "r.html").exists()


def test_a_damaged_model_is_one_line(ostinato, trained, series, tmp_path):
    model = shutil.copytree(trained[0], tmp_path / "m")
    weights = bytearray((model / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "weights.safetensors").write_bytes(weights)
    process = ostinato("evaluate", model, series[1])
    assert process.returncode == 1
    [line] = process.stderr.splitlines()
    assert "checksum mismatch" in line


def test_a_report_that_cannot_be_written_is_one_line(ostinato, trained, series, tmp_path):
    process = ostinato("evaluate", trained[0], series[1], "--report", tmp_path / "no" / "r.html")
    assert process.returncode == 1
    [line] = process.stderr.splitlines()
    assert line.startswith(f"Error: cannot write {tmp_path / 'no' / 'r.html'}")
    process = ostinato("evaluate", trained[0], series[1], "--report", tmp_path / "r.pdf")
    assert process.returncode == 2
    assert "expected a name that ends in .html." in process.stderr
    assert not process.stdout
