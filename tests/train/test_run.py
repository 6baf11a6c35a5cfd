"""The run directory: one process at a time, nothing lost, nothing replaced unasked."""

import os
import resource
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ostinato.errors import (
    ArgumentError,
    BusyError,
    DataError,
    DivergedError,
    Interrupted,
    ModelFileError,
    TrainingError,
)
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.checkpoint import Checkpoints
from ostinato.train.fit import fit
from ostinato.train.progress import Silent
from ostinato.train.run import RunDirectory
from train import toy
from train.test_loop import Poisoned


class At(Silent):
    """Calls a function at the n-th step."""

    def __init__(self, step, call):
        self.step_number, self.call, self.done, self.said = step, call, 0, []

    def step(self, loss, sequences):
        self.done += 1
        if self.done == self.step_number:
            self.call()

    def say(self, sentence):
        self.said.append(sentence)


def train(out, report=None, **arguments):
    arguments = {"checkpoint_seconds": 0.0} | arguments
    return fit(CLASSIFY, toy.sequences(), toy.options(), out=out, report=report, **arguments)


@contextmanager
def largest_file(size):
    """Have the system refuse to write files beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_second_run_in_the_directory_refuses_and_names_the_first(tmp_path):
    with (
        RunDirectory(tmp_path / "model", 60.0, Silent()),
        pytest.raises(BusyError, match=rf"model\.run is in use by process {os.getpid()} on "),
    ):
        train(tmp_path / "model")
    train(tmp_path / "model")


def test_a_full_disk_stops_the_run_and_leaves_the_checkpoint_before(tmp_path):
    train(tmp_path / "whole")
    out = tmp_path / "model"
    with (
        largest_file(2000) as limit,
        pytest.raises(
            TrainingError, match=r"the checkpoint at epoch 1, step 3 of 3 could not be written: File too"
        ),
    ):
        train(out, At(3, limit))
    assert len(list(Path(f"{out}.run", "checkpoints").iterdir())) == 2
    assert not out.exists()
    train(out, resume=True)
    weights = "weights.safetensors"
    assert (out / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


def test_a_full_disk_at_the_end_leaves_no_half_model(tmp_path):
    out = tmp_path / "model"
    with largest_file(2000) as limit, pytest.raises(ModelFileError, match="File too large"):
        train(out, At(9, limit), checkpoint_seconds=60.0)
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model.run"]


def test_an_existing_model_is_refused_before_training(tmp_path):
    train(tmp_path / "model")
    report = At(1, lambda: None)
    with pytest.raises(ModelFileError, match="exists"):
        train(tmp_path / "model", report)
    assert report.done == 0


def test_an_unfinished_run_is_not_thrown_away_unasked(tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "model", At(4, lambda: 1 / 0))
    with pytest.raises(ArgumentError, match="holds a run that has not finished"):
        train(tmp_path / "model")
    train(tmp_path / "model", overwrite=True)


def test_overwrite_survives_a_stop_and_replaces_the_model_only_at_the_end(tmp_path):
    out = tmp_path / "model"
    train(out)
    before = (out / "weights.safetensors").read_bytes()
    other = toy.options(seed=1)
    with pytest.raises(ZeroDivisionError):
        fit(
            CLASSIFY,
            toy.sequences(),
            other,
            out=out,
            overwrite=True,
            report=At(4, lambda: 1 / 0),
            checkpoint_seconds=0.0,
        )
    assert (out / "weights.safetensors").read_bytes() == before
    fit(CLASSIFY, toy.sequences(), other, out=out, resume=True)
    assert (out / "weights.safetensors").read_bytes() != before


def test_resume_never_replaces_a_model_that_came_from_elsewhere(tmp_path):
    out = tmp_path / "model"
    with pytest.raises(ZeroDivisionError):
        train(out, At(4, lambda: 1 / 0))
    fit(CLASSIFY, toy.sequences(), toy.options(seed=5), out=tmp_path / "other")
    (tmp_path / "other").rename(out)
    with pytest.raises(ModelFileError, match="exists"):
        train(out, resume=True)


def test_a_diverged_run_leaves_its_last_good_weights_and_no_model(tmp_path):
    out = tmp_path / "model"
    task = Poisoned(lambda total: total * float("nan"), 5)
    with pytest.raises(
        DivergedError, match=r"step 4 .* The last good weights are in .*model\.run.*00000002; no model"
    ):
        fit(task, toy.sequences(), toy.options(), out=out)
    assert not out.exists()


def test_overflowing_weights_are_in_no_checkpoint(tmp_path):
    wild = toy.options(learning_rate=1e38, optimizer="sgd", clip_norm=0.0)
    with pytest.raises(DivergedError, match="last good weights are in"):
        fit(CLASSIFY, toy.sequences(), wild, out=tmp_path / "model", checkpoint_seconds=0.0)
    saved = Checkpoints(tmp_path / "model.run" / "checkpoints").newest(print)
    assert all(np.isfinite(value).all() for value in saved.tensors.values())


def test_bad_data_writes_nothing(tmp_path):
    data = toy.sequences()
    one_class = data.select([i for i in range(len(data)) if data.labels[i] == "up"])
    with pytest.raises(DataError):
        fit(CLASSIFY, one_class, toy.options(), out=tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})())
    report = At(1, lambda: None)
    with pytest.raises(TrainingError, match="10 bytes left; checkpoints need"):
        train(tmp_path / "model", report)
    assert report.done == 0


def test_the_log_has_a_row_an_epoch_and_the_report_is_there(tmp_path):
    train(tmp_path / "model")
    run = tmp_path / "model.run"
    assert (run / "metrics.csv").read_text().splitlines()[0].startswith("stage,epoch,train_loss,valid_loss")
    assert len((run / "metrics.csv").read_text().splitlines()) == 4
    assert sorted(path.name for path in run.iterdir()) == [
        "finished.json",
        "lock",
        "metrics.csv",
        "owner",
        "report.html",
    ]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_the_step_saves_and_names_the_exit_code(tmp_path, number, code):
    train(tmp_path / "whole")
    out, before = tmp_path / "model", signal.getsignal(number)
    report = At(4, lambda: os.kill(os.getpid(), number))
    with pytest.raises(Interrupted, match=r"saved at epoch 2, step 1 of 3; .* --resume") as stopped:
        train(out, report, checkpoint_seconds=60.0)
    assert stopped.value.exit_code == code
    assert report.done == 4
    assert signal.getsignal(number) is before
    assert not out.exists()
    train(out, resume=True)
    weights = "weights.safetensors"
    assert (out / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


def test_in_another_thread_no_handler_is_set(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    seen = []
    report = At(1, lambda: seen.append(signal.getsignal(signal.SIGINT)))
    thread = threading.Thread(target=train, args=(tmp_path / "model", report))
    thread.start()
    thread.join()
    assert seen == [before]
    assert (tmp_path / "model").exists()


def test_without_a_directory_nothing_is_written_and_signals_are_the_callers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def interrupt():
        raise KeyboardInterrupt if signal.getsignal(signal.SIGINT) is before else AssertionError

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(CLASSIFY, toy.sequences(), toy.options(), report=At(2, interrupt))
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_stops_with_the_reason_and_the_run_can_go_on(tmp_path):
    out = tmp_path / "model"
    log = tmp_path / "model.run" / "metrics.csv"

    def block():
        log.unlink()
        log.mkdir()

    with pytest.raises(TrainingError, match=r"metrics\.csv cannot be written: Is a directory"):
        train(out, At(2, block))
    log.rmdir()
    train(out, resume=True)
    assert len(log.read_text().splitlines()) == 4


def test_a_file_in_the_place_of_the_run_directory_is_an_error(tmp_path):
    (tmp_path / "model.run").write_text("mine")
    with pytest.raises(TrainingError, match=r"model\.run cannot be written: File exists"):
        train(tmp_path / "model")
    assert (tmp_path / "model.run").read_text() == "mine"
