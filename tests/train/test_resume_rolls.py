"""A run on piano rolls that was stopped anywhere ends as if it had not been, however rolls are transposed."""

import pytest

import piano_rolls
from ostinato.spec.options import DataOptions
from ostinato.spec.rolls import RollNetwork, RollOptions, RollTraining
from ostinato.tasks.rolls import ROLLS
from ostinato.train.fit import fit
from train.test_resume import StopError, Stopping, results


def train(out, steps=None):
    options = RollOptions(
        data=DataOptions(),
        network=RollNetwork(hidden_size=6, layers=2, dropout=0.3, input_dropout=0.2, weight_dropout=0.2),
        training=RollTraining(epochs=3, batch_size=2, transpose=6, threads=1, learning_rate=0.01),
    )
    data = piano_rolls.rolls(*range(3, 9), parts=["train", "train", "valid", "train", "train", "test"])
    report = Stopping(steps)
    resume = steps is None and out.with_name(out.name + ".run").exists()
    fit(ROLLS, data, options, out=out, resume=resume, report=report, checkpoint_seconds=0.0)
    return report.done


def test_it_ends_the_same_wherever_it_was_stopped(tmp_path):
    steps = train(tmp_path / "whole")
    expected = results(tmp_path / "whole")
    for stop in (1, steps // 2, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(out, stop)
        train(out)
        assert results(out) == expected
