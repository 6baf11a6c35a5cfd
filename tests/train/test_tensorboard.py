"""TensorBoard logs: what an epoch's row says, read back by TensorBoard itself."""

import sys

import pytest

from ostinato.errors import ArgumentError, MissingExtraError
from ostinato.spec.record import Epoch
from ostinato.train.tensorboard import Board


def row(epoch, stage="train", valid_loss=0.5, train_loss=1.0):
    return Epoch(
        stage=stage,
        epoch=epoch,
        train_loss=train_loss,
        valid_loss=valid_loss,
        valid_metric=None,
        learning_rate=0.001,
        gradient_norm=2.0,
        seconds=0.1,
        sequences_per_second=100.0,
    )


def scalars(directory):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(directory))
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_numbers_are_written_and_missing_ones_are_not(tmp_path):
    with Board(tmp_path) as board:
        board.write(row(1))
        board.write(row(2, train_loss=0.75))
    found = scalars(tmp_path / "train")
    assert found["train_loss"] == [(1, 1.0), (2, 0.75)]
    assert found["valid_loss"] == [(1, 0.5), (2, 0.5)]
    assert "valid_metric" not in found


def test_every_stage_is_a_run_of_its_own(tmp_path):
    with Board(tmp_path) as board:
        board.write(row(1, stage="fold 1"))
        board.write(row(1, stage="final", valid_loss=None))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["final", "fold-1"]
    assert "valid_loss" not in scalars(tmp_path / "final")


def test_resumed_run_replaces_what_it_does_again(tmp_path):
    with Board(tmp_path) as board:
        for epoch in (1, 2, 3):
            board.write(row(epoch, train_loss=1.0))
    with Board(tmp_path) as board:
        board.write(row(3, train_loss=2.0))
    assert scalars(tmp_path / "train")["train_loss"] == [(1, 1.0), (2, 1.0), (3, 2.0)]


def test_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"ostinato\[tensorboard\]"):
        Board(tmp_path)


def test_a_directory_that_cannot_be_made_is_refused_at_once(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ArgumentError, match=r"which cannot be made: .*; name a directory"):
        Board(file / "logs")
