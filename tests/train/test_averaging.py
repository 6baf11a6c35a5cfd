"""Averaged SGD: when it begins, what is averaged, and that the averages are what is validated and kept."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ostinato.errors import DivergedError
from ostinato.nn.network import export_tensors
from ostinato.spec.options import TrainingOptions
from ostinato.tasks.classify import CLASSIFY
from ostinato.train import averaging, optimizers
from ostinato.train.averaging import averages, begins
from ostinato.train.loop import Trainer
from ostinato.train.stage import Stage
from train import toy

LOSSES = st.lists(st.one_of(st.none(), st.floats(0, 10)), max_size=15)


@pytest.mark.parametrize(
    ("losses", "interval", "epochs"),
    [
        ([], 5, None),
        ([5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.4, 0.3], 2, None),
        ([5.0, 4.0, 4.5, 4.4, 4.2], 2, 5),
        ([5.0, 4.0, 4.5, 4.4, 3.9], 2, None),
        ([1.0, 2.0], 0, 2),
        ([1.0, 2.0], 1, None),
        ([1.0, 0.9, 2.0], 1, 3),
        ([1.0, None, None], 1, 3),
        ([1.0] * 6 + [1.1] + [0.1] * 9, 5, 7),
        ([1.0] * 20, 5, None),
    ],
)
def test_it_begins_when_a_loss_is_above_the_best_of_long_ago(losses, interval, epochs):
    assert begins(losses, interval) == epochs


@given(LOSSES, LOSSES, st.integers(0, 6))
def test_what_has_begun_never_ends_and_never_moves(losses, more, interval):
    epochs = begins(losses, interval)
    later = begins(losses + more, interval)
    assert later == epochs if epochs is not None else later is None or later > len(losses)


def weights(count=3):
    torch.manual_seed(0)
    return [(f"w{i}", torch.nn.Parameter(torch.randn(2, 3))) for i in range(count)]


def asgd(named):
    options = TrainingOptions(optimizer="asgd", learning_rate=0.1, weight_decay=0.0)
    return optimizers.make(named, options)


def steps(named, optimizer, numbers):
    """Take steps with gradients of their own, and return the iterates."""
    iterates = []
    for number in numbers:
        generator = torch.Generator().manual_seed(number)
        for _, weight in named:
            weight.grad = torch.randn(weight.shape, generator=generator)
        optimizer.step()
        iterates.append([weight.detach().clone() for _, weight in named])
    return iterates


def test_until_it_begins_there_is_nothing_but_sgd():
    named, plain = weights(), weights()
    optimizer = asgd(named)
    steps(named, optimizer, range(5))
    steps(plain, torch.optim.SGD([weight for _, weight in plain], lr=0.1), range(5))
    assert not optimizer.state
    with averages(optimizer):
        torch.testing.assert_close([w for _, w in named], [w for _, w in plain])


def test_once_begun_the_averages_are_means_of_iterates():
    named = weights()
    optimizer = asgd(named)
    steps(named, optimizer, range(4))
    averaging.begin(optimizer, True)
    iterates = steps(named, optimizer, range(4, 10))
    with averages(optimizer):
        for place, (_, weight) in enumerate(named):
            expected = torch.stack([iterate[place] for iterate in iterates]).mean(0)
            torch.testing.assert_close(weight.detach(), expected)
    for place, (_, weight) in enumerate(named):
        assert torch.equal(weight, iterates[-1][place])


def test_averages_go_on_bit_for_bit_from_their_state():
    named, other = weights(), weights()
    optimizer, resumed = asgd(named), asgd(other)
    averaging.begin(optimizer, True)
    steps(named, optimizer, range(4))
    for (_, weight), (_, copy) in zip(named, other, strict=True):
        copy.data.copy_(weight)
    optimizers.load_state(resumed, *optimizers.state_tensors(optimizer))
    averaging.begin(resumed, True)
    steps(named, optimizer, range(4, 8))
    steps(other, resumed, range(4, 8))
    with averages(optimizer), averages(resumed):
        for (_, weight), (_, copy) in zip(named, other, strict=True):
            assert torch.equal(weight, copy)


def test_weights_come_back_when_the_block_fails():
    named = weights()
    optimizer = asgd(named)
    averaging.begin(optimizer, True)
    last = steps(named, optimizer, range(5))[-1]

    def fail():
        with averages(optimizer):
            assert not torch.equal(named[0][1], last[0])
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert torch.equal(named[0][1], last[0])


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_other_optimisers_have_no_averages(name):
    named = weights()
    optimizer = optimizers.make(named, TrainingOptions(optimizer=name, learning_rate=0.1, weight_decay=0.0))
    last = steps(named, optimizer, range(3))[-1]
    with averages(optimizer):
        assert torch.equal(named[0][1], last[0])


def stage(name="train", **training):
    data = toy.sequences()
    options = CLASSIFY.resolve(data, toy.options(optimizer="asgd", **training))
    problem = CLASSIFY.problem(data, toy.sequences(8, seed=1) if name == "train" else None, options)
    return Stage(name, [Trainer(problem, options.training)], 10, options.training)


def run(one, epochs):
    for _ in range(epochs):
        one._epoch(one.trainers[0], lambda _: None)
    return one


def test_what_is_validated_and_kept_are_the_averages(monkeypatch):
    monkeypatch.setattr(averaging, "INTERVAL", 0)
    one = run(stage(learning_rate=1.0, clip_norm=0.0, metric="loss"), 8)
    trainer = one.trainers[0]
    assert begins([row.valid_loss for row in one.rows], 0) < 8
    kept, raw = trainer.weights(), export_tensors(trainer.network)
    assert not np.array_equal(kept["head.weight"], raw["head.weight"])
    with averages(trainer.optimizer):
        expected = trainer.validate()
        inside = export_tensors(trainer.network)
    assert trainer.validate() == expected
    assert one.rows[-1].valid_loss == expected["loss"]
    for name, values in kept.items():
        np.testing.assert_array_equal(values, inside[name])


def test_without_validation_the_loss_of_training_is_watched(monkeypatch):
    monkeypatch.setattr(averaging, "INTERVAL", 0)
    one = run(stage("final", learning_rate=4.0, clip_norm=0.0), 6)
    epochs = begins([row.train_loss for row in one.rows], 0)
    assert epochs is not None
    trainer = one.trainers[0]
    averaged = trainer.optimizer.state[trainer.network.head.bias]["averaged"]
    assert averaged.item() == (6 - epochs) * trainer.steps_per_epoch


def test_averages_that_are_not_finite_are_an_error_and_leave_the_weights():
    one = stage(learning_rate=0.1)
    trainer = one.trainers[0]
    averaging.begin(trainer.optimizer, True)
    trainer.train_epoch(lambda _: None)
    before = export_tensors(trainer.network)
    trainer.optimizer.state[trainer.network.head.bias]["average"].fill_(math.inf)
    with pytest.raises(DivergedError, match="validation scores are not finite"):
        trainer.validate()
    np.testing.assert_array_equal(export_tensors(trainer.network)["head.bias"], before["head.bias"])
