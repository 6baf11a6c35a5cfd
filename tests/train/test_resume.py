"""A run that was stopped anywhere and resumed equals the run that was never stopped, byte for byte."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ostinato.errors import ResumeError
from ostinato.tasks.classify import CLASSIFY
from ostinato.train import averaging
from ostinato.train.fit import fit
from ostinato.train.progress import Silent
from train import toy

TIMES = ("seconds", "sequences_per_second")

PLANS = {
    "validation": {"data": {"valid_fraction": 0.25}, "epochs": 3, "schedule": "cosine"},
    "patience": {"data": {"valid_fraction": 0.25}, "epochs": 6, "patience": 1, "optimizer": "rmsprop"},
    "folds": {
        "data": {"folds": 2},
        "epochs": 4,
        "schedule": "plateau",
        "patience": 3,
        "optimizer": "sgd",
        "learning_rate": 2.0,
    },
    "averages": {
        "data": {"valid_fraction": 0.25},
        "epochs": 5,
        "optimizer": "asgd",
        "learning_rate": 6.0,
        "clip_norm": 0.5,
        "metric": "loss",
    },
    "none": {"data": {"valid_fraction": 0.0}, "epochs": 2, "freeze": ("convolution_1",)},
}


@pytest.fixture(autouse=True, scope="module")
def early_averages():
    """Have averages begin with the first loss that is no better, so that short runs have some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ostinato.train.averaging.INTERVAL", 0)
        yield


class StopError(Exception):
    """Stands for whatever ends a process."""


class Stopping(Silent):
    """Stops at the n-th step of this process, before that step is saved; collects what is said."""

    def __init__(self, steps=None):
        self.steps, self.done, self.said = steps, 0, []

    def step(self, loss, sequences):
        self.done += 1
        if self.steps is not None and self.done > self.steps:
            raise StopError

    def say(self, sentence):
        self.said.append(sentence)


def train(out, plan, steps=None, **arguments):
    report = Stopping(steps)
    arguments = {"checkpoint_seconds": 0.0} | arguments
    options = toy.options(**PLANS[plan])
    fit(CLASSIFY, toy.sequences(), options, out=out, report=report, **arguments)
    return report


def results(out):
    """Return the weights' bytes and the log without its time columns."""
    with Path(f"{out}.run", "metrics.csv").open(newline="") as file:
        rows = [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]
    return (out / "weights.safetensors").read_bytes(), rows


def scores(out):
    training = json.loads((out / "manifest.json").read_text())["training"]
    return {key: training[key] for key in ("scores", "best_epoch", "gradient_flow")}


@pytest.fixture(scope="module", params=PLANS)
def uninterrupted(request, tmp_path_factory):
    """Return a plan's name, its results, its scores, and its number of steps."""
    out = tmp_path_factory.mktemp("uninterrupted") / "model"
    report = train(out, request.param)
    rates = {row["learning_rate"] for row in results(out)[1]}
    assert (len(rates) > 1) == ("schedule" in PLANS[request.param])  # or else it would test no schedule
    return request.param, results(out), scores(out), report.done


@pytest.mark.parametrize("part", [0, "one", 0.3, 0.5, 0.8, "end"])
def test_stop_after_any_step_and_resume_changes_nothing(uninterrupted, part, tmp_path):
    plan, expected, expected_scores, total = uninterrupted
    steps = {"one": 1, "end": total - 1}.get(part) if isinstance(part, str) else int(part * total)
    out = tmp_path / "model"
    with pytest.raises(StopError):
        train(out, plan, steps)
    assert not out.exists()
    train(out, plan, resume=True)
    assert results(out) == expected
    assert scores(out) == expected_scores


def test_stop_at_every_step_changes_nothing(uninterrupted, tmp_path):
    plan, expected, _, total = uninterrupted
    out = tmp_path / "model"
    for _ in range(total - 1):
        with pytest.raises(StopError):
            train(out, plan, 1, resume=True)
    train(out, plan, resume=True)
    assert results(out) == expected


def test_the_plan_with_averages_has_some_before_it_ends(tmp_path):
    train(tmp_path / "model", "averages")
    _, rows = results(tmp_path / "model")
    begun = averaging.begins([float(row["valid_loss"]) for row in rows], 0)
    assert begun is not None
    assert begun < len(rows)


def test_two_runs_of_one_seed_are_equal_and_another_seed_differs(uninterrupted, tmp_path):
    plan, expected, _, _ = uninterrupted
    train(tmp_path / "again", plan, checkpoint_seconds=60.0)
    assert results(tmp_path / "again") == expected
    options = toy.options(**PLANS[plan], seed=1)
    fit(CLASSIFY, toy.sequences(), options, out=tmp_path / "other")
    assert results(tmp_path / "other")[0] != expected[0]


def test_resume_without_a_run_starts_afresh(tmp_path):
    report = train(tmp_path / "model", "none", resume=True)
    assert (tmp_path / "model").exists()
    assert "starting afresh" in report.said[0]


def test_resume_before_the_first_checkpoint_starts_afresh_and_says_so(tmp_path):
    (tmp_path / "model.run").mkdir()
    report = train(tmp_path / "model", "none", resume=True)
    assert (tmp_path / "model").exists()
    assert "starting afresh" in report.said[0]


def test_resume_of_a_finished_run_changes_nothing_and_says_so(tmp_path):
    out = tmp_path / "model"
    train(out, "none")
    before = {path: path.stat().st_mtime_ns for path in [*out.iterdir(), *Path(f"{out}.run").glob("*.csv")]}
    report = train(out, "none", resume=True)
    assert "finished before" in report.said[0]
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize("finished", [False, True])
def test_resume_with_other_options_is_refused_with_the_difference(tmp_path, finished):
    out = tmp_path / "model"
    if finished:
        train(out, "none")
    else:
        with pytest.raises(StopError):
            train(out, "none", 3)
    other = toy.options(**(PLANS["none"] | {"epochs": 7}))
    with pytest.raises(ResumeError, match=r"training\.epochs was 2 and is now 7\."):
        fit(CLASSIFY, toy.sequences(), other, out=out, resume=True)


def test_resume_with_other_data_is_refused(tmp_path):
    out = tmp_path / "model"
    with pytest.raises(StopError):
        train(out, "none", 3)
    with pytest.raises(ResumeError, match="the data was sha256"):
        fit(CLASSIFY, toy.sequences(seed=1), toy.options(**PLANS["none"]), out=out, resume=True)


def test_a_run_killed_after_its_model_was_published_publishes_it_again(tmp_path, monkeypatch):
    out = tmp_path / "model"
    with monkeypatch.context() as patch:
        patch.setattr("ostinato.train.run.RunDirectory.finish", lambda self, session: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(out, "none")
    expected = (out / "weights.safetensors").read_bytes()
    train(out, "none", resume=True)
    assert results(out)[0] == expected


def test_the_newest_checkpoint_damaged_is_told_and_the_one_before_is_used(tmp_path):
    train(tmp_path / "whole", "none")
    out = tmp_path / "model"
    with pytest.raises(StopError):
        train(out, "none", 4)
    newest = max(Path(f"{out}.run", "checkpoints").iterdir()) / "tensors.safetensors"
    damaged = bytearray(newest.read_bytes())
    damaged[-3] ^= 1
    newest.write_bytes(damaged)
    report = train(out, "none", resume=True)
    assert "warning" in report.said[0]
    assert "checksum mismatch" in report.said[0]
    assert results(out) == results(tmp_path / "whole")


def test_all_checkpoints_damaged_is_an_error_and_no_fresh_start(tmp_path):
    out = tmp_path / "model"
    with pytest.raises(StopError):
        train(out, "none", 4)
    for path in Path(f"{out}.run", "checkpoints").glob("*/state.json"):
        path.write_text("{}")
    with pytest.raises(ResumeError, match="every checkpoint"):
        train(out, "none", resume=True)


def test_two_checkpoints_are_kept_and_litter_is_swept(tmp_path):
    out = tmp_path / "model"
    with pytest.raises(StopError):
        train(out, "none", 5)
    directory = Path(f"{out}.run", "checkpoints")
    assert len(list(directory.iterdir())) == 2
    (directory / ".00000009-litter.new").mkdir()
    train(out, "none", resume=True)
    assert not directory.exists()


def test_kill_at_random_moments_changes_nothing_and_a_second_signal_ends_at_once(tmp_path):
    script = Path(__file__).with_name("kill.py")
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",  # torch on a GPU cannot be forked
        "PYTHONPATH": str(script.parent.parent),
    }
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    kills, runs, second = map(int, done.stdout.split())
    assert second == signal.SIGINT
    assert kills >= 10
    for run in range(1, runs):
        assert results(tmp_path / f"model{run}") == results(tmp_path / "model0")
