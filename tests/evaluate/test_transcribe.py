"""The evaluation of a transcriber: its errors, counted and shown."""

import json

import pytest

from model_files import RECORD
from ostinato.evaluate.transcribe import TranscribeEvaluation, to_html
from ostinato.preprocess.audio import unscaled
from ostinato.spec.answers import Letters
from ostinato.spec.audio_options import AudioOptions
from ostinato.spec.columns import SpokenColumns
from ostinato.spec.model import TranscribeModel
from ostinato.spec.network import Head, Network, Recurrent
from ostinato.spec.transcribe import TranscribeOptions

SAID = ["go to bed", "yes", "so <it> goes", "no"]
HEARD = ["go two bed now", "yes", "so", ""]


@pytest.fixture(scope="module")
def evaluation():
    model = TranscribeModel(
        columns=SpokenColumns(audio="audio", text="text"),
        preprocessing=unscaled(8_000, AudioOptions()),
        network=Network(
            input="steps", input_size=40, ops=(Recurrent(cell="gru", hidden_size=4), Head(size=4))
        ),
        answer=Letters(letters=(" ", "a", "b")),
        recipe=TranscribeOptions(),
        training=RECORD,
    )
    places = [f"test.csv, line {number}" for number in range(2, 6)]
    return TranscribeEvaluation.of(model, SAID, HEARD, places, seconds=90.0, name="model", source="test.csv")


def test_it_counts_errors_by_what_they_are(evaluation):
    found = json.loads(evaluation.to_json())
    assert found["wer"] == pytest.approx(5 / 8)
    assert (found["substituted"], found["inserted"], found["deleted"]) == (1, 1, 3)
    assert (found["exact"], found["recordings"], found["words"]) == (0.25, 4, 8)
    assert ["to", "two", 1] in found["confused"]
    assert ["", "now", 1] in found["confused"]
    assert ["goes", "", 1] in found["confused"]


def test_the_worst_come_first_with_what_was_heard_beside_what_was_said(evaluation):
    worst = evaluation.worst
    assert [(one.place[-1], one.errors, one.words) for one in worst] == [
        ("2", 2, 3),
        ("4", 2, 3),
        ("5", 1, 1),
    ]
    assert [tuple(piece) for piece in worst[0].pieces] == [
        ("equal", "go", "go"),
        ("substitute", "to", "two"),
        ("equal", "bed", "bed"),
        ("insert", "", "now"),
    ]


def test_the_table_has_the_scores_and_the_errors(evaluation):
    text = evaluation.to_table()
    for part in ("62.50%", "word error rate", "(nothing)", "greedy"):
        assert part in text


def test_the_report_escapes_what_was_said_and_is_the_same_every_time(evaluation):
    page = to_html(evaluation)
    assert "&lt;it&gt;" in page
    assert "<it>" not in page
    assert "1 wrong, 3 missing, 1 too many" in page
    assert to_html(evaluation) == page


def test_where_all_is_right_the_report_says_so(evaluation):
    right = TranscribeEvaluation.of(evaluation.model, SAID, SAID, ["a", "b", "c", "d"], seconds=1.0)
    assert (right.scores.wer, right.exact, right.worst) == (0.0, 1.0, [])
    assert "every word was heard" in to_html(right)
