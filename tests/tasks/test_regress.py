"""Regression as a task: what is scaled by what, capped, left out of the loss, and refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ostinato.errors import ArgumentError, DataError
from ostinato.nn.network import Network
from ostinato.spec.classify import ClassifyNetwork
from ostinato.spec.regress import RegressData, RegressOptions, RegressTraining
from ostinato.tasks.regress import REGRESS
from patients import engines

NAN = float("nan")


def options(per_step=True, **training):
    return RegressOptions(
        data=RegressData(per_step=per_step, valid_fraction=0.25),
        network=ClassifyNetwork(hidden_size=6, front="none"),
        training=RegressTraining(batch_size=3, **training),
    )


def problem(data, valid=None, **training):
    given = REGRESS.resolve(data, options(data.columns.per_step, **training))
    return REGRESS.problem(data, valid, given)


def test_targets_are_scaled_by_the_training_part_after_the_cap():
    data = engines()
    every = np.minimum(np.concatenate(data.targets), 5.0)
    made = problem(data, cap=5.0)
    assert (made.answer.center, made.answer.spread) == pytest.approx((every.mean(), every.std()))
    scaled = torch.cat(made.train_targets)
    assert float(scaled.mean()) == pytest.approx(0, abs=1e-6)
    assert float(scaled.max()) == pytest.approx((5 - every.mean()) / every.std(), rel=1e-6)


def test_equal_targets_have_spread_1():
    data = replace(engines(per_step=False), targets=[np.array([3.0])] * 8)
    assert problem(data).answer.spread == 1.0


def test_a_step_without_a_target_changes_no_loss():
    data = engines()
    blank = [np.where(np.arange(len(t)) % 2, NAN, t) for t in data.targets]
    other = [np.where(np.arange(len(t)) % 2, NAN, t) for t in data.targets]
    made = problem(replace(data, targets=blank))
    network = Network(made.network).eval()
    batch = made.epoch(0)[0]
    loss = made.loss(network, batch, {})
    steps = sum(int(np.isfinite(other[index]).sum()) for index in batch.content[0])
    assert loss.weight == steps
    assert torch.isfinite(loss.total)


def test_a_batch_puts_each_target_beside_its_step():
    data = engines()
    made = problem(data)
    indices, epoch = made.epoch(0)[0].content
    input, targets = made._batch(indices, epoch)
    told = made.answer.center + made.answer.spread * targets.numpy()
    series = made.preprocessor.spec
    wear = input.data[:, 0].numpy() * series.spread[0] + series.center[0]
    for value, left in zip(wear, told, strict=True):
        fitting = [
            one[1]
            for index in indices
            for one in zip(data.values[index][:, 0], data.targets[index], strict=True)
            if abs(one[0] - value) < 1e-5
        ]
        assert any(abs(left - one) < 1e-4 for one in fitting)


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
@pytest.mark.parametrize("per_step", [True, False])
def test_validation_names_what_is_measured(loss, per_step):
    data = engines(per_step=per_step)
    part = REGRESS.plan(data, None, options(per_step))[0].parts[0]
    made = problem(part.train, part.valid, loss=loss)
    with torch.no_grad():
        found = made.validate(Network(made.network).eval())
    names = {"loss", "mae", "rmse", "r2"}
    assert names <= set(found)
    assert ("rmse_last" in found) == per_step
    if loss == "squared":
        assert found["loss"] == pytest.approx((found["rmse"] / made.answer.spread) ** 2, rel=1e-5)


def test_the_probe_is_told_of_the_last_step_of_each_sequence():
    made = problem(engines())
    probe = made.probe()
    total, weight = probe.loss(Network(made.network)(probe.input).data, probe.targets)
    assert float(weight) == int(probe.input.batch_sizes[0]) == len(probe.targets)
    assert torch.isfinite(total)


@pytest.mark.parametrize(
    ("change", "given", "error", "message"),
    [
        ({"targets": None}, options(), DataError, "the data has no targets"),
        ({"targets": [np.ones(1)] * 8}, options(), DataError, "has 1 targets; expected 4, one a step"),
        ({}, options(per_step=False), DataError, "has 4 targets; expected 1"),
        ({}, options(metric="accuracy"), ArgumentError, "metric is 'accuracy'; choose one of rmse"),
        (
            {},
            options(metric="cmapss"),
            ArgumentError,
            "metric is 'cmapss', which is computed where asymmetric",
        ),
        (
            {},
            options().model_copy(update={"network": ClassifyNetwork(pool=("last",))}),
            ArgumentError,
            "pool and per_step are both given",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(change, given, error, message):
    with pytest.raises(error, match=message):
        REGRESS.resolve(replace(engines(), **change), given)
