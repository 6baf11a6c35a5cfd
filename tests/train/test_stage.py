"""Stages: what the plateau watches, and how long logs are thinned for the model."""

import pytest

from ostinato.spec.record import Epoch
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.loop import Trainer
from ostinato.train.session import _thinned
from ostinato.train.stage import Stage
from train import toy


def row(epoch, loss, metric, stage="train"):
    return Epoch(
        stage=stage, epoch=epoch, train_loss=loss, valid_loss=None, valid_metric=metric, learning_rate=0.1,
        gradient_norm=1.0, seconds=1.0, sequences_per_second=1.0,
    )  # fmt: skip


def stage(name):
    data = toy.sequences()
    options = CLASSIFY.resolve(data, toy.options(schedule="plateau", patience=3))
    problem = CLASSIFY.problem(data, toy.sequences(8, seed=1), options)
    return Stage(name, [Trainer(problem, options.training)], 10, options.training)


@pytest.mark.parametrize(("name", "factor"), [("train", 0.25), ("final", 1.0)])
def test_the_plateau_follows_from_the_rows_alone(name, factor):
    one = stage(name)
    one.rows = [row(epoch, 1.0 / epoch, 0.5) for epoch in (1, 2, 3)]  # the loss falls, the metric stands
    one.follow_plateau()
    assert one.trainers[0].factor == factor


def test_a_long_log_is_thinned_evenly_with_both_ends():
    rows = [row(epoch, 1.0, None, stage) for epoch in range(1, 101) for stage in ("fold 1", "fold 2")]
    kept = _thinned(rows, 5)
    assert len(kept) == 5
    assert (kept[0], kept[-1]) == (rows[0], rows[-1])
    assert _thinned(rows, 500) == tuple(rows)
