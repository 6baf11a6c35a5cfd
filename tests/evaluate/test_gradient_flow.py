"""The verdict on gradient flow."""

import numpy as np
import pytest

from ostinato.evaluate.gradient_flow import at_epoch, trend, verdict
from ostinato.spec.record import GradientFlow


def flow(norms, epoch=1, layer=0):
    return GradientFlow(epoch=epoch, layer=layer, distances=tuple(range(len(norms))), norms=tuple(norms))


def powers(rate, steps=30):
    return [rate**d for d in range(steps)]


@pytest.mark.parametrize(
    ("rate", "kind"),
    [(0.5, "vanishes"), (0.9, "healthy"), (1.0, "healthy"), (1.1, "healthy"), (2.0, "explodes")],
)
def test_the_kind_follows_the_factor_over_all_steps(rate, kind):
    found = trend(flow(powers(rate)))
    assert (found.kind, found.steps) == (kind, 29)
    assert found.change == pytest.approx(29 * np.log10(rate), abs=1e-6)


def test_a_few_odd_steps_do_not_turn_the_verdict():
    norms = powers(1.0)
    norms[7], norms[20], norms[29] = 1e6, 1e-9, 1e-9
    assert trend(flow(norms)).kind == "healthy"


def test_a_gradient_that_ends_in_zeros_has_vanished():
    found = trend(flow([1.0, 0.9, 0.8, 0.0, 0.0, 0.0]))
    assert (found.kind, found.zero_from) == ("vanishes", 3)
    assert "exactly 0 from 3 steps back on" in verdict([flow([1.0, 0.9, 0.8, 0.0, 0.0, 0.0])])


def test_a_single_zero_among_others_is_left_out():
    norms = powers(0.95)
    norms[5] = 0.0
    assert trend(flow(norms)).kind == "healthy"


def test_no_gradient_anywhere_is_said():
    assert "arrives at no step" in verdict([flow([0.0] * 9)])


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_few_steps_are_too_few_to_tell(steps):
    assert trend(flow(powers(0.1, steps))).kind == "short"
    assert "cannot be judged" in verdict([flow(powers(0.1, steps))])


def test_five_steps_are_enough():
    assert trend(flow(powers(0.1, 5))).kind == "vanishes"


def test_thousands_of_steps_are_judged_quickly_and_rightly():
    assert trend(flow(powers(0.999, 5_000))).kind == "vanishes"


def test_extreme_factors_are_written_short():
    assert "shrinks 10^290-fold over 29 steps" in verdict([flow(powers(1e-10))])
    assert "grows 10^290-fold" in verdict([flow(powers(1e10))])


def test_no_measurement_is_said():
    assert verdict([]) == "The gradient's way back through time was not measured."


def test_the_last_epoch_counts_and_a_worse_start_is_told():
    sentence = verdict([flow(powers(0.5), epoch=1), flow(powers(0.9), epoch=9)])
    assert sentence == (
        "At epoch 9 the gradient is healthy: it shrinks 21.2-fold over 29 steps, 0.9 a step; "
        "it was worse at epoch 1, where it vanishes: it shrinks 537 million-fold over 29 steps, 0.5 a step."
    )


def test_a_start_that_was_no_worse_is_not_told():
    assert "worse" not in verdict([flow(powers(0.9), epoch=1), flow(powers(0.5), epoch=9)])


def test_layers_that_do_alike_stand_together():
    flows = [flow(powers(1.0), layer=0), flow(powers(0.5), layer=1), flow(powers(1.0), layer=2)]
    assert verdict(flows) == (
        "At epoch 1 the gradient is healthy in layer 1 (stays as it is over 29 steps, 1 a step) and "
        "layer 3 (stays as it is over 29 steps, 1 a step), it vanishes in layer 2 "
        "(shrinks 537 million-fold over 29 steps, 0.5 a step)."
    )


def test_a_layers_last_measurement_is_found_in_whatever_stage():
    flows = [flow([1.0], epoch=5), flow([2.0], epoch=1), flow([3.0], epoch=1, layer=1)]
    assert [one.norms for one in at_epoch(flows)] == [(2.0,), (3.0,)]
    assert [one.norms for one in at_epoch(flows, first=True)] == [(1.0,), (3.0,)]
