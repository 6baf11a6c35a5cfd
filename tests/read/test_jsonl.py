"""JSON Lines, read strictly."""

import gzip
import json

import pytest

from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

ONE = Columns(label="label")
STEPS = Columns(label="label", sequence="id")


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_lists_of_lists_are_steps_of_channels(write):
    content = lines({"label": "a", "values": [[1, 2], [3, 4]]}, {"values": [[5, 6.5]], "label": "b"})
    sequences = read(write("a.jsonl", content), ONE, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 2], [3, 4]], [[5, 6.5]]]
    assert sequences.channels == ("values_1", "values_2")
    assert sequences.columns.inputs == ("values",)
    assert sequences.labels == ["a", "b"]
    assert sequences.ids == ["1", "2"]
    assert [place[-6:] for place in sequences.places] == ["line 1", "line 2"]


def test_columns_of_lists_are_channels(write):
    content = lines({"label": "a", "x": [1, 2], "y": [3, 4]}, {"label": "b", "x": [5], "y": [6]})
    sequences = read(write("a.ndjson.gz", gzip.compress(content.encode())), ONE, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 3], [2, 4]], [[5, 6]]]
    assert sequences.channels == ("x", "y")


def test_texts_and_long_rows_are_read(write):
    texts = read(write("a.jsonl", lines({"text": "a\nb\u2028c", "label": "p"})), ONE, labelled=True)
    assert texts.values == ["a\nb\u2028c"]
    content = lines({"id": 7, "label": 1, "x": 1}, {"id": 7, "label": 1, "x": 2.5})
    steps = read(write("b.jsonl", content), STEPS, labelled=True)
    assert steps.ids == ["7"]
    assert steps.labels == ["1"]
    assert steps.values[0].tolist() == [[1], [2.5]]


def test_d5_d6_labels_and_ids_are_text_as_written(write):
    content = '{"label": true, "id": 123456789012345678901, "x": [1]}\n{"label": "NA", "id": "007", "x": [1]}'
    sequences = read(write("a.jsonl", content), Columns(label="label", sequence="id"), labelled=True)
    assert sequences.labels == ["true", "NA"]
    assert sequences.ids == ["123456789012345678901", "007"]


def test_d13_duplicate_ids_are_refused(write, refusal):
    content = lines({"id": "a", "label": "p", "x": [1]}, {"id": "a", "label": "p", "x": [1]})
    message = refusal(write("a.jsonl", content))
    assert "line 2: the id 'a' stands in " in message


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_d1_no_record_is_refused(write, refusal, content):
    assert "has no rows" in refusal(write("a.jsonl", content), ONE)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"label": "a", "x": [NaN]}', "NaN is no JSON number"),
        ('{"label": "a", "x": [-Infinity]}', "-Infinity is no JSON number"),
        ('{"label": "a", "label": "b"}', "the key 'label' stands twice"),
        ('{"label": "a", "x": [1]', "no JSON"),
        ('{"label": "a"} {"label": "b"}', "no JSON"),
        ("[1, 2]", "expected one object a line"),
        ("null", "expected one object a line"),
        ("[" * 200_000, "nested too deeply"),
        ('{"label": "\\ud800", "x": [1]}', "surrogate"),
        ('{"label": "a", "x": [' + "9" * 5000 + "]}", "limit"),
    ],
)
def test_d7_lines_that_are_not_strict_json_are_refused(write, refusal, line, why):
    message = refusal(write("a.jsonl", lines({"label": "a", "x": [1]}) + line + "\n"), ONE)
    assert "line 2" in message
    assert why in message


@pytest.mark.parametrize(
    ("values", "place", "why"),
    [
        ([1, None], "step 2", "no value is a missing value"),
        ([1, "2"], "step 2", "'2' is not a number"),
        ([1, True], "step 2", "true is not a number"),
        ([1, 1e39], "step 2", "1e+39 is too large"),
        ([1, 10**400], "step 2", "is too large"),
        ([1, [2]], "step 2", "is not a number"),
        ([], "column 'x'", "the sequence has no steps"),
        (5, "column 'x'", "expected a list of numbers"),
        (None, "column 'x'", "expected a list of numbers"),
    ],
)
def test_d4_values_that_are_no_finite_numbers_are_refused(write, refusal, values, place, why):
    content = lines({"label": "a", "x": [1, 2]}, {"label": "b", "x": values})
    columns = Columns(label="label", inputs=("x",))
    message = refusal(write("a.jsonl", content), columns)
    assert "line 2" in message
    assert why in message
    assert place in message or values == []


@pytest.mark.parametrize("values", [[[1, 2], [3]], [[1, 2], 3], [[1, 2], []], [[1, 2], None], [[1]]])
def test_steps_of_different_sizes_are_refused(write, refusal, values):
    content = lines({"label": "a", "x": [[1, 2]]}, {"label": "b", "x": values})
    message = refusal(write("a.jsonl", content), ONE)
    assert "line 2, column 'x', step" in message
    assert "expected a list of 2 numbers" in message


def test_d4_missing_values_are_counted_by_column(write, refusal):
    content = lines({"label": "a", "x": [1, None], "y": [None, None]})
    assert "Unusable values by column: 'y' 2, 'x' 1." in refusal(write("a.jsonl", content), ONE)


def test_channels_of_different_lengths_are_refused(write, refusal):
    content = lines({"label": "a", "x": [1, 2], "y": [1]})
    message = refusal(write("a.jsonl", content), ONE)
    assert "line 1, column 'y': a list of 1, but column 'x' has 2" in message


def test_d12_words_among_numbers_of_a_long_table_are_refused(write, refusal):
    content = lines({"id": "a", "label": "p", "x": 1}, {"id": "a", "label": "p", "x": "high"})
    assert "line 2, column 'x': 'high' is not a number" in refusal(write("a.jsonl", content))


def test_a_key_that_is_missing_is_a_missing_value(write, refusal):
    content = lines({"id": "a", "label": "p", "x": 1}, {"id": "a", "label": "p"})
    assert "line 2, column 'x': no value is a missing value" in refusal(write("a.jsonl", content))


def test_a_label_that_is_a_list_is_refused(write, refusal):
    message = refusal(
        write("a.jsonl", lines({"label": ["a"], "x": [1]})), Columns(label="label", inputs=("x",))
    )
    assert "line 1, column 'label'" in message
    assert "expected a text" in message


def test_one_json_document_is_pointed_out(write, refusal):
    message = refusal(write("a.jsonl", '[\n{"label": "a"}\n]\n'), ONE)
    assert "not JSON Lines" in message
    assert ".jsonl" in refusal(write("a.json", "[]"), ONE)


def test_d10_a_huge_line_is_refused(write, refusal):
    content = lines({"label": "a", "x": [1] * 1000})
    message = refusal(write("a.jsonl", content), ONE, limits=Limits(line_bytes=1000))
    assert "a line is longer than the limit of 1,000 bytes" in message


def test_d11_every_kind_of_line_end_is_read(write):
    content = '{"label": "a", "x": [1]}\r{"label": "b", "x": [2]}\r\n\n{"label": "c", "x": [3]}'
    sequences = read(write("a.jsonl", content), ONE, labelled=True)
    assert sequences.labels == ["a", "b", "c"]
    assert sequences.places[2].endswith("line 4")
