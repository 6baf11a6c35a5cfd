"""A transcriber's run that was stopped anywhere ends as if it had not been."""

import pytest

from ostinato.tasks.transcribe import TRANSCRIBE
from ostinato.train.fit import fit
from train.test_resume import StopError, Stopping, results
from utterances import options, utterances


def train(out, steps=None):
    report = Stopping(steps)
    varied = {"speed_change": 0.1, "noise_share": 0.5, "time_mask": 0.1}
    fit(
        TRANSCRIBE,
        utterances(20),
        options(data={"valid_fraction": 0.2}, network={"dropout": 0.3}, epochs=3, **varied),
        out=out,
        resume=steps is None and out.with_name(out.name + ".run").exists(),
        report=report,
        checkpoint_seconds=0.0,
    )
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
