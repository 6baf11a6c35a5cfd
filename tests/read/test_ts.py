"""The .ts form of the UCR and UEA archives."""

import os
from pathlib import Path

import pytest

from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

HEAD = "#about\n@problemName Toy\n@timeStamps false\n@univariate false\n@classLabel true up down\n@data\n"
BUILT_IN = Columns()


def test_dimensions_become_channels_and_lengths_may_differ(write):
    sequences = read(write("a.ts", HEAD + "1,2,3:4,5,6:up\n\n7:8: down\r\n"), BUILT_IN, labelled=True)
    assert [value.tolist() for value in sequences.values] == [[[1, 4], [2, 5], [3, 6]], [[7, 8]]]
    assert sequences.labels == ["up", "down"]
    assert sequences.channels == sequences.columns.inputs == ("channel_1", "channel_2")
    assert sequences.places[1].endswith("line 9")
    assert sequences.ids == ["1", "2"]


def test_univariate_without_labels_is_read_for_prediction(write, refusal):
    path = write("a.ts", "@univariate true\n@classLabel false\n@data\n1,2\n3\n")
    sequences = read(path, BUILT_IN, labelled=False)
    assert [value.tolist() for value in sequences.values] == [[[1], [2]], [[3]]]
    assert sequences.labels is None
    assert "has no class labels" in refusal(path, BUILT_IN)


def test_unknown_labels_are_none_for_prediction_and_refused_for_training(write, refusal):
    path = write("a.ts", HEAD + "1:2:?\n3:4:?\n")
    assert read(path, BUILT_IN, labelled=False).labels is None
    assert "line 7: the label is blank; 2 of 2" in refusal(path, BUILT_IN)


def test_d17_channels_are_matched_by_name(write, refusal):
    path = write("a.ts", HEAD + "1,2:3,4:up\n")
    sequences = read(path, Columns(inputs=("channel_2", "channel_1")), labelled=True)
    assert sequences.values[0].tolist() == [[3, 1], [4, 2]]
    assert "has no channel 'x'; its channels are called 'channel_1', 'channel_2'" in refusal(
        path, Columns(inputs=("x",))
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,?:3,4:up", "channel_1, step 2: '?' is a missing value"),
        ("1,NaN:3,4:up", "channel_1, step 2: 'NaN' is a missing value"),
        ("1,2:3,inf:up", "channel_2, step 2: 'inf' is infinite"),
        ("1,2:3,1e39:up", "channel_2, step 2: '1e39' is too large"),
        ("1,2:3,1_0:up", "has an underscore"),
        ("1,2:3,:up", "channel_2, step 2: '' is a missing value"),
        ("1,2:3:up", "dimension 2 has 1 values, dimension 1 has 2"),
        ("1,2:up", "1 dimensions, but the first sequence has 2"),
        ("1,2:3,4:left", "label 'left' is none of @classLabel's 'up', 'down'"),
        ("up", "0 dimensions"),
        (":3,4:up", "dimension 2 has 2 values, dimension 1 has 0"),
        ("::up", "the sequence has no steps"),
        ("(0,1),(1,2):(0,3),(1,4):up", "has time stamps"),
    ],
)
def test_lines_that_do_not_fit_are_refused(write, refusal, line, why):
    message = refusal(write("a.ts", HEAD + "1,2:3,4:up\n" + line + "\n"), BUILT_IN)
    assert "line 8" in message
    assert why in message


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("@timeStamps true", "has time stamps (@timeStamps true)"),
        ("@targetLabel true", "has numbers as targets"),
        ("@classLabel maybe", "@classlabel is 'maybe'; expected true or false"),
        ("@dimensions two", "@dimensions is 'two'; expected a whole number"),
        ("@dimensions 3", "2 dimensions, expected 3"),
        ("@equalLength true\n@seriesLength 3", "2 steps, but the head says"),
        ("1,2,3", "stands before @data"),
    ],
)
def test_heads_that_do_not_fit_are_refused(write, refusal, head, why):
    begin = "@timeStamps false\n@univariate false\n@classLabel true up\n"
    assert why in refusal(write("a.ts", begin + head + "\n@data\n1,2:3,4:up\n"), BUILT_IN)


@pytest.mark.parametrize("content", ["", "@data\n", HEAD, "1,2:up\n"])
def test_d1_a_file_without_rows_is_refused(write, refusal, content):
    message = refusal(write("a.ts", content), BUILT_IN, labelled=False)
    assert "no rows" in message or "no line @data" in message


def test_d10_d14_limits_hold(write, refusal):
    path = write("a.ts", HEAD + "1,2,3:4,5,6:up\n")
    assert "line 7: the sequence has 3 steps, above the limit of 2" in refusal(
        path, BUILT_IN, limits=Limits(steps=2)
    )
    assert "longer than the limit of 20 bytes" in refusal(path, BUILT_IN, limits=Limits(line_bytes=20))
    assert "above the limit of 0" in refusal(path, BUILT_IN, limits=Limits(rows=0))


def test_d11_returns_end_lines_too(write):
    content = (HEAD + "1:2:up\n").replace("\n", "\r")
    assert read(write("a.ts", content), BUILT_IN, labelled=True).places[0].endswith("line 7")


def test_text_is_refused(write, refusal):
    assert "holds series, no text" in refusal(write("a.ts", HEAD + "1:2:up\n"), Columns(text="words"))


@pytest.mark.parametrize(
    ("name", "count", "lengths", "channels", "classes"),
    [
        ("JapaneseVowels/JapaneseVowels_TRAIN", 270, (7, 26), 12, 9),
        ("JapaneseVowels/JapaneseVowels_TEST", 370, (7, 29), 12, 9),
        ("BasicMotions/BasicMotions_TRAIN", 40, (100, 100), 6, 4),
        ("GunPoint/GunPoint_TEST", 150, (150, 150), 1, 2),
        ("ItalyPowerDemand/ItalyPowerDemand_TEST", 1029, (24, 24), 1, 2),
        ("ArrowHead/ArrowHead_TRAIN", 36, (251, 251), 1, 3),
    ],
)
def test_archive_files_are_read(name, count, lengths, channels, classes):
    if "OSTINATO_DATA" not in os.environ:
        pytest.skip("OSTINATO_DATA does not say where the real data is")
    path = Path(os.environ["OSTINATO_DATA"], "tsc_ucr_uea", f"{name}.ts")
    sequences = read(path, BUILT_IN, labelled=True)
    steps = [len(value) for value in sequences.values]
    assert len(sequences) == count
    assert (min(steps), max(steps)) == lengths
    assert len(sequences.channels) == channels
    assert len(set(sequences.labels)) == classes
