"""What a run shows of itself."""

import io

import pytest
from rich.console import Console

from ostinato.spec.record import Epoch
from ostinato.train import progress
from ostinato.train.progress import Bar, Lines, Pace, Progress, Silent


def row(epoch, stage="train"):
    return Epoch(
        stage=stage, epoch=epoch, train_loss=0.5, valid_loss=0.25, valid_metric=0.75, learning_rate=0.1,
        gradient_norm=1.0, seconds=1.0, sequences_per_second=8.0,
    )  # fmt: skip


def play(report: Progress):
    report.begin("train", "accuracy", 24, 0)
    for epoch in (1, 2, 3):
        report.step(0.7, 8)
        report.epoch(row(epoch))
    report.say("a sentence with [brackets]")
    report.end()


def test_silence_is_silent(capfd):
    play(Silent())
    assert capfd.readouterr() == ("", "")


def test_lines_show_loss_metric_rate_and_time_left_and_not_every_epoch(monkeypatch):
    text = io.StringIO()
    play(Lines(text))
    lines = text.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "train, epoch 1",
        "train, epoch 3",
        "a sentence with [brackets]",
    ]
    assert "loss 0.500, validation loss 0.250, accuracy 0.750" in lines[0]
    assert lines[0].endswith(" left")
    assert "sequences/s" in lines[0]


def test_lines_survive_a_closed_pipe():
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

    play(Lines(Closed()))


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_shows_the_last_epoch_and_sentences(terminal):
    text = io.StringIO()
    play(Bar(Console(file=text, force_terminal=terminal, width=120, color_system=None)))
    assert "a sentence with [brackets]" in text.getvalue()
    assert "epoch 3: loss 0.500" in text.getvalue()


def test_a_terminal_gets_a_bar_and_a_file_gets_lines(monkeypatch):
    assert isinstance(progress.standard(), Lines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(progress.standard(), Bar)


def test_a_pace_that_begins_late_counts_its_own_sequences():
    pace = Pace(100, 50)
    assert str(pace) == "0 sequences/s, 0 s left"
    pace.add(10)
    assert pace.done == 60
