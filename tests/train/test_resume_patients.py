"""Runs that tell numbers or several labels end the same wherever they were stopped."""

from dataclasses import replace

import numpy as np
import pytest

from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.spec.regress import RegressData, RegressOptions, RegressTraining
from ostinato.tasks.labels import LABELS
from ostinato.tasks.regress import REGRESS
from ostinato.train.fit import fit
from patients import engines, patients
from train.test_resume import StopError, Stopping, results

NETWORK = ClassifyNetwork(hidden_size=4, dropout=0.3)
VARIED = {"channel_offset": 0.5, "channel_scaling": 0.2, "channel_noise": 0.1, "channel_mask": 0.2}
TRAINING = {"epochs": 3, "batch_size": 4, "schedule": "plateau", "patience": 3, **VARIED}


def regression(per_step):
    data = RegressData(valid_fraction=0.25, per_step=per_step)
    options = RegressOptions(data=data, network=NETWORK, training=RegressTraining(**TRAINING))
    return REGRESS, engines(16, per_step=per_step), options


def flags():
    names, data = ("ill", "long"), patients(16, labels=False)
    told = np.array([[n % 2 == 0, len(rows) > 6] for n, rows in enumerate(data.values)])
    labelled = replace(data, flags=told, columns=data.columns.model_copy(update={"labels": names}))
    options = ClassifyOptions(
        data=SequenceData(valid_fraction=0.25, missing="decay", labels=names),
        network=NETWORK.model_copy(update={"front": "none"}),
        training=ClassifyTraining(**TRAINING, threshold="f1", class_weights="balanced"),
    )
    return LABELS, labelled, options


KINDS = {
    "a number a step": lambda: regression(True),
    "a number a sequence": lambda: regression(False),
    "several labels": flags,
}


def train(kind, out, steps=None):
    task, data, options = KINDS[kind]()
    report = Stopping(steps)
    resume = steps is None and out.with_name(out.name + ".run").exists()
    fit(task, data, options, out=out, resume=resume, report=report, checkpoint_seconds=0.0)
    return report.done


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_the_same_wherever_it_was_stopped(kind, tmp_path):
    steps = train(kind, tmp_path / "whole")
    assert steps == 9
    expected = results(tmp_path / "whole")
    for stop in (1, steps // 2, steps - 1):
        out = tmp_path / f"stopped{stop}"
        with pytest.raises(StopError):
            train(kind, out, stop)
        train(kind, out)
        assert results(out) == expected
