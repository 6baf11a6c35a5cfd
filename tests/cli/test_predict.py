"""``ostinato predict``: a label and probabilities for every sequence, in three formats, without torch."""

import csv
import io
import json
import os

import pytest
from pyarrow import parquet

NAMES = ["id", "label", "probability_down", "probability_up"]


def test_csv_stands_alone_on_stdout_and_needs_no_torch(ostinato, trained, unlabelled):
    process = ostinato("predict", trained[0], unlabelled, without=("torch", "sklearn"))
    assert (process.returncode, process.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(process.stdout)))
    assert list(rows[0]) == NAMES
    assert [(row["id"], row["label"]) for row in rows] == [
        (f"s{number}", ("up", "down")[number % 2]) for number in range(6)
    ]
    assert all(float(row[NAMES[2]]) + float(row[NAMES[3]]) == pytest.approx(1) for row in rows)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_every_format_says_the_same(ostinato, trained, unlabelled, tmp_path, ending):
    out = tmp_path / f"out.{ending}"
    process = ostinato("predict", trained[0], unlabelled, "--out", out, without=("torch",))
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr == f"6 predictions written to {out}\n"
    read = {
        "csv": lambda: list(csv.DictReader(io.StringIO(out.read_text()))),
        "jsonl": lambda: [json.loads(line) for line in out.read_text().splitlines()],
        "parquet": lambda: parquet.read_table(out).to_pylist(),
    }
    rows = read[ending]()
    assert list(rows[0]) == NAMES
    assert [row["label"] for row in rows] == ["up", "down"] * 3


def test_a_labelled_table_may_be_given_too(ostinato, trained, series):
    process = ostinato("predict", trained[0], series[1])
    assert process.returncode == 0, process.stderr
    assert len(process.stdout.splitlines()) == 21


def test_texts_are_answered(ostinato, trained_on_texts, tmp_path):
    (tmp_path / "new.csv").write_text("sentence\nall is fine\nall is awful\n")
    process = ostinato("predict", trained_on_texts[0], tmp_path / "new.csv")
    assert process.returncode == 0, process.stderr
    assert [row.split(",")[1] for row in process.stdout.splitlines()] == ["label", "good", "bad"]


def test_the_data_is_not_overwritten(ostinato, trained, unlabelled):
    before = unlabelled.read_bytes()
    process = ostinato("predict", trained[0], unlabelled, "--out", unlabelled)
    assert process.returncode == 2
    assert unlabelled.read_bytes() == before


def test_a_file_of_another_ending_is_refused_before_the_data_is_read(ostinato, trained):
    process = ostinato("predict", trained[0], "nowhere.csv", "--out", "y.xlsx")
    assert (process.returncode, process.stdout, process.stderr.count("\n")) == (2, "", 1)
    assert process.stderr.startswith("Error: --out is 'y.xlsx'; expected a name that ends in one of .csv")


def test_a_reader_that_leaves_is_no_error_message(ostinato, trained, series):
    process = ostinato.start("predict", trained[0], series[1])
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=120), stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_behind_stdout_is_one_line(ostinato, trained, series):
    with open("/dev/full", "w") as full:
        process = ostinato("predict", trained[0], series[1], stdout=full)
    assert process.returncode == 1
    assert process.stderr.splitlines() == [
        "Error: stdout cannot be written: No space left on device; send the result elsewhere."
    ]
