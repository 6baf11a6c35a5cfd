"""One network's way through its epochs: what stops it, what it leaves alone, what it measures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from ostinato.errors import ArgumentError, DivergedError, TrainingError
from ostinato.tasks.classify import CLASSIFY, Classify
from ostinato.train.fit import fit
from ostinato.train.loop import Trainer
from train import toy


class Poisoned(Classify):
    """Classification whose loss is spoilt at one call."""

    def __init__(self, spoil, call):
        self.spoil, self.call, self.calls = spoil, call, 0

    def problem(self, train, valid, options):
        problem = super().problem(train, valid, options)

        def loss(output, targets):
            self.calls += 1
            total, weight = problem.loss_of(output, targets)
            return (self.spoil(total) if self.calls == self.call else total), weight

        return replace(problem, loss_of=loss)


def spoilt_gradient(total):
    total.register_hook(lambda gradient: gradient * torch.nan)
    return total


def trainer(*, task=CLASSIFY, data=None, network=None, **training):
    options = task.resolve(toy.sequences(), toy.options(data=data, network=network, **training))
    problem = task.problem(toy.sequences(), toy.sequences(10, seed=1), options)
    return Trainer(problem, options.training)


def trained(one, epochs=1):
    for _ in range(epochs):
        one.train_epoch(lambda _: None)
        one.close_epoch()
    return one


@pytest.mark.parametrize(
    ("what", "spoil"),
    [
        ("loss", lambda total: total * torch.nan),
        ("loss", lambda total: total / 0),
        ("gradient", spoilt_gradient),
    ],
)
def test_a_number_that_is_not_finite_stops_at_once_and_names_step_epoch_and_sequences(what, spoil):
    one = trainer(task=Poisoned(spoil, 6))
    before = None

    def after(current):
        nonlocal before
        before = {name: value.clone() for name, value in current.network.state_dict().items()}

    trained_epochs = pytest.raises(
        DivergedError, match=rf"the {what} is not finite at step 6 \(epoch 2, batch 2 of 4: sequences 's\d+'"
    )
    with trained_epochs:
        for _ in range(3):
            one.train_epoch(after)
            one.close_epoch()
    now = one.network.state_dict()
    assert all(torch.equal(now[name], before[name]) for name in before)


def test_weights_that_overflow_are_never_kept():
    with pytest.raises(DivergedError, match="finite"):
        fit(CLASSIFY, toy.sequences(), toy.options(learning_rate=1e38, optimizer="sgd", clip_norm=0.0))


def test_validation_scores_that_are_not_finite_are_an_error():
    one = trained(trainer())
    with torch.no_grad():
        one.network.head.bias.fill_(torch.inf)
    with pytest.raises(DivergedError, match="validation scores are not finite after epoch 2"):
        one.validate()


def test_a_metric_that_is_never_a_number_is_an_error():
    class Blind(Classify):
        def problem(self, train, valid, options):
            problem = super().problem(train, valid, options)
            return replace(problem, scores_of=lambda output, targets: {"loss": 1.0, "accuracy": np.nan})

    with pytest.raises(TrainingError, match="'accuracy' was not a finite number in any epoch"):
        fit(Blind(), toy.sequences(), toy.options())


def test_frozen_ops_keep_weights_and_statistics():
    one = trainer(freeze=("convolution_1", "recurrent"), weight_decay=0.1)
    before = one.weights()
    after = trained(one, 2).weights()
    still = {name for name in before if np.array_equal(before[name], after[name])}
    frozen = {name for name in before if name.startswith(("convolution_1.", "recurrent."))}
    assert still == frozen


def test_freezing_an_unknown_op_lists_the_known_ones():
    with pytest.raises(
        ArgumentError, match=r"freeze names 'gru'; choose among the ops convolution_1, .*, head"
    ):
        trainer(freeze=("gru",))


def change(one):
    """Return how far one epoch moves the weights."""
    before = parameters_to_vector(one.network.parameters()).detach()
    trained(one)
    return (parameters_to_vector(one.network.parameters()).detach() - before).norm().item()


def test_clipping_bounds_the_step():
    plain = {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0, "learning_rate": 1.0, "batch_size": 30}
    assert change(trainer(**plain, clip_norm=1e-3)) == pytest.approx(1e-3, rel=1e-3)
    assert change(trainer(**plain, clip_norm=0.0)) > 1e-2


def test_a_gradient_whose_squares_overflow_is_clipped_and_not_called_infinite():
    options = {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0, "learning_rate": 1.0}
    one = trainer(task=Poisoned(lambda total: total * 1e25, 1), **options, batch_size=30, clip_norm=1e-3)
    assert change(one) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_any_batch_size_trains(batch_size):
    one = trained(trainer(batch_size=batch_size))
    assert one.epoch == 1
    assert one.is_finite()


def test_the_epochs_loss_is_the_mean_over_sequences_whatever_the_batches():
    still = {
        "learning_rate": 1e-30,
        "optimizer": "sgd",
        "weight_decay": 0.0,
        "network": {"dropout": 0.0, "front": "none"},
    }
    sums = []
    for batch_size in (7, 30):
        one = trainer(batch_size=batch_size, **still)
        one.train_epoch(lambda _: None)
        sums.append(one.sums.loss / one.sums.weight)
    assert sums[0] == pytest.approx(sums[1], rel=1e-6)


def test_validation_leaves_the_network_and_its_next_step_alone():
    one, other = trainer(), trainer()
    one.validate()
    one.problem.probe()
    before, after = trained(one).weights(), trained(other).weights()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_validation_scores_stand_in_the_order_of_the_examples():
    small, whole = trainer(batch_size=8), trainer(batch_size=99)
    whole.network.load_state_dict(small.network.state_dict())
    assert small.validate()["loss"] == pytest.approx(whole.validate()["loss"], rel=1e-5)


def test_every_place_begins_with_its_own_weights():
    first = trainer()
    again = trainer()
    assert np.array_equal(first.weights()["head.weight"], again.weights()["head.weight"])


def test_the_learning_rate_follows_the_schedule():
    one = trainer(schedule="linear", learning_rate=0.1, epochs=2)
    assert [one.learning_rate(step) for step in (0, 4, 8)] == pytest.approx([0.1, 0.05, 0.0])
