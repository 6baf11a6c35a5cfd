"""A classifier that hears, as a user has it: folders and tables in, labels out, or one sentence why not."""

import csv
import io
import json

import pytest

from sounds import tone, tones, write

QUICK = (
    *("--hidden-size", "8", "--mel-bands", "12", "--folds", "0", "--threads", "1"),
    *("--epochs", "12", "--batch-size", "8", "--learning-rate", "0.02"),
)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    return tones(tmp_path_factory.mktemp("sounds") / "train", count=10)


@pytest.fixture(scope="module")
def heard(ostinato, sounds, tmp_path_factory):
    """Return a model that was trained on a folder, and the process that trained it."""
    model = tmp_path_factory.mktemp("models") / "model"
    process = ostinato("train", "classify", sounds, "--out", model, *QUICK)
    assert process.returncode == 0, process.stderr
    return model, process


def rows(process):
    assert process.returncode == 0, process.stderr
    return list(csv.DictReader(io.StringIO(process.stdout)))


def test_what_was_read_is_said(heard, sounds):
    first = heard[1].stdout.splitlines()[0]
    assert first.startswith(f"Read     {sounds}: 20 recordings, ")
    assert first.endswith(" s at 8000 Hz, 2 classes")


def test_files_and_folders_are_answered_without_torch(ostinato, heard, tmp_path):
    high = write(tmp_path / "new" / "a.flac", tone(1_180))
    low = write(tmp_path / "new" / "b.wav", tone(320, rate=16_000), 16_000)
    assert [row["label"] for row in rows(ostinato("predict", heard[0], low, without=("torch",)))] == ["low"]
    found = rows(ostinato("predict", heard[0], high.parent, without=("torch",)))
    assert [(row["id"], row["label"]) for row in found] == [("a.flac", "high"), ("b.wav", "low")]


def test_a_folder_is_evaluated_with_a_report_of_what_was_heard(ostinato, heard, tmp_path):
    test = tones(tmp_path / "test", count=3, seed=5)
    (test / "low" / "1.wav").rename(test / "high" / "mistaken.wav")
    report = tmp_path / "report.html"
    process = ostinato("evaluate", heard[0], test, "--json", "--report", report)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert (found["sequences"], found["accuracy"]) == (6, pytest.approx(5 / 6))
    assert [one["id"] for one in found["mistakes"]] == ["high/mistaken.wav"]
    page = report.read_text()
    assert "high/mistaken.wav" in page
    assert "steps of 12 channels" in page
    assert " Hz" in page


def test_a_table_names_the_files(ostinato, sounds, tmp_path):
    lines = [f"{sounds}/{label}/{number}.wav,{label}" for label in ("low", "high") for number in range(10)]
    (tmp_path / "list.csv").write_text("\n".join(["file,what", *lines]) + "\n")
    columns = ("--audio", "file", "--label", "what", "--sample-rate", "4000", "--high-frequency", "1900")
    process = ostinato("train", "classify", tmp_path / "list.csv", "--out", tmp_path / "m", *columns, *QUICK)
    assert process.returncode == 0, process.stderr
    assert " s at 4000 Hz" in process.stdout
    found = rows(ostinato("predict", tmp_path / "m", tmp_path / "list.csv"))
    assert [row["label"] for row in found] == ["low"] * 10 + ["high"] * 10
    shown = ostinato("inspect", tmp_path / "m").stdout
    assert "sound at 4,000 samples a second, as frames of 25 ms every 10 ms, 12 mel bands" in shown
    assert "yes, step by step" in shown


def test_recordings_to_validate_on_are_read_at_the_rate_of_the_others(ostinato, sounds, tmp_path):
    write(tmp_path / "valid" / "low" / "1.wav", tone(320, rate=16_000), 16_000)
    write(tmp_path / "valid" / "high" / "1.wav", tone(1_180, rate=16_000), 16_000)
    options = ("--valid", tmp_path / "valid", *QUICK[:4], "--epochs", "1")
    process = ostinato("train", "classify", sounds, "--out", tmp_path / "m", *options)
    assert process.returncode == 0, process.stderr
    assert "  sequences           2" in process.stdout


def test_a_missing_library_is_one_line(ostinato, heard, sounds):
    process = ostinato("predict", heard[0], sounds / "low" / "0.wav", without=("kaldi_native_fbank",))
    assert (process.returncode, process.stdout) == (1, "")
    (line,) = process.stderr.splitlines()
    assert line.endswith("run: pip install 'ostinato[audio]'")


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut_off, "is cut off"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"so it goes"), "is no sound file"),
        (lambda path: write(path, tone(300, 0.0)), "holds no sound"),
        (lambda path: write(path, tone(300, 0.02)), "expected one frame at least, 25 ms"),
    ],
)
def test_bad_files_are_one_line(ostinato, heard, tmp_path, spoil, message):
    path = write(tmp_path / "bad.wav", tone(300))
    spoil(path)
    process = ostinato("predict", heard[0], path)
    assert (process.returncode, process.stdout) == (1, "")
    (line,) = process.stderr.splitlines()
    assert f"{path}: " in line
    assert message in line


def test_columns_of_a_folder_are_a_usage_error(ostinato, sounds, tmp_path):
    process = ostinato("train", "classify", sounds, "--out", tmp_path / "m", "--label", "kind", *QUICK)
    assert (process.returncode, process.stdout) == (2, "")
    (line,) = process.stderr.splitlines()
    assert "is a folder, whose folders name the labels; --label is about tables: leave it out." in line
