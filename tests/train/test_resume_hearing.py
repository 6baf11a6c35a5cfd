"""A run on recordings that was stopped anywhere ends as if it had not been: they are varied alike."""

import pytest

from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit
from sounds import options, recordings
from train.test_resume import StopError, Stopping, results


def train(out, steps=None):
    report = Stopping(steps)
    fit(
        CLASSIFY,
        recordings(10),
        options(epochs=3),
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
