"""A forecaster's run that was stopped anywhere ends as if it had not been."""

import pytest

import forecasters
from ostinato.tasks.forecast import FORECAST
from ostinato.train.fit import fit
from train.test_resume import StopError, Stopping, results


def train(out, steps=None):
    options = forecasters.options(
        network={"dropout": 0.3, "layers": 2}, training={"epochs": 3, "windows": 40, "batch_size": 10}
    )
    report = Stopping(steps)
    resume = steps is None and out.with_name(out.name + ".run").exists()
    fit(FORECAST, forecasters.panel(), options, out=out, resume=resume, report=report, checkpoint_seconds=0.0)
    return report.done


def test_it_ends_the_same_wherever_it_was_stopped(tmp_path):
    steps = train(tmp_path / "whole")
    assert steps == 12
    expected = results(tmp_path / "whole")
    for stop in (1, steps // 2, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(out, stop)
        train(out)
        assert results(out) == expected
