"""Prediction files: exact, whole or absent, and harmless in a spreadsheet."""

import csv
import json

import numpy as np
import pyarrow.parquet
import pytest

from ostinato.answers.classify import Classification
from ostinato.answers.write import columns, rows, to_table
from ostinato.errors import ArgumentError

ANSWER = Classification(np.array([[0.1, 0.9], [0.625, 0.375]]), ("no", "yes, sir"))
IDS = ["a", "b"]


def test_every_format_holds_the_same_rows(tmp_path):
    for ending in ("csv", "jsonl", "parquet"):
        rows(IDS, ANSWER).write(tmp_path / f"p.{ending}")
    with (tmp_path / "p.csv").open(newline="") as file:
        read = [[*row[:2], *map(float, row[2:])] for row in list(csv.reader(file))[1:]]
    lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    table = pyarrow.parquet.read_table(tmp_path / "p.parquet").to_pylist()
    expected = [["a", "yes, sir", 0.1, 0.9], ["b", "no", 0.625, 0.375]]
    assert read == expected
    assert [list(line.values()) for line in lines] == expected
    assert table == lines
    assert list(lines[0]) == columns(ANSWER.labels)


def test_a_label_may_be_called_as_a_column_is():
    assert columns(("id", "label")) == ["id", "label", "probability_id", "probability_label"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+1", "'+1+1"),
        ("-x", "'-x"),
        ("\t=1", "'\t=1"),
        ("-1", "-1"),
        ("+0.5e-3", "+0.5e-3"),
        ("plain", "plain"),
    ],
)
def test_csv_holds_no_formulas_and_leaves_numbers_alone(cell, written):
    answer = Classification(np.array([[1.0, 0.0]]), (cell, "other"))
    row = list(csv.reader(rows([cell], answer).to_csv().splitlines()))[1]
    assert row[:2] == [written, written]


def test_json_lines_keep_any_text_exactly():
    odd = '=1 "quoted" \x1b \u202e 日本'
    answer = Classification(np.array([[1.0, 0.0]]), (odd, "other"))
    line = json.loads(rows([odd], answer).to_json_lines())
    assert (line["id"], line["label"], line[f"probability_{odd}"]) == (odd, odd, 1.0)


def test_the_table_shows_nothing_that_steers_a_terminal():
    answer = Classification(np.array([[1.0, 0.0]]), ("\x1b[31m", "b"))
    text = to_table(["x\u202e"], answer)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text.splitlines()) == 2


def test_with_many_classes_the_table_shows_the_best_alone():
    answer = Classification(np.full((1, 10), 0.1), tuple("abcdefghij"))
    assert to_table(["x"], answer) == "id  label  probability\nx   a           0.1000\n"


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.csv.gz"])
def test_an_unknown_ending_is_refused_and_nothing_written(tmp_path, name):
    with pytest.raises(ArgumentError, match=r"choose one of \.csv, \.jsonl, \.parquet"):
        rows(IDS, ANSWER).write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArgumentError, match="does not exist; create it first"):
        rows(IDS, ANSWER).write(tmp_path / "none" / "p.csv")


def test_ids_and_answers_must_be_as_many(tmp_path):
    for ending in ("csv", "jsonl", "parquet"):
        with pytest.raises(ArgumentError, match="1 ids are given for 2 predictions"):
            rows(["a"], ANSWER).write(tmp_path / f"p.{ending}")
    assert list(tmp_path.iterdir()) == []
