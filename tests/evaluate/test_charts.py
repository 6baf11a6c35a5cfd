"""Charts of any data are drawn, and say what they show."""

import numpy as np
import pytest

from model_files import RECORD
from ostinato.answers.classify import details
from ostinato.answers.curves import RocCurve
from ostinato.evaluate import charts
from ostinato.spec.record import GradientFlow


def flow(norms, epoch=1):
    return GradientFlow(epoch=epoch, layer=0, distances=tuple(range(len(norms))), norms=norms)


@pytest.mark.parametrize(
    "norms",
    [(0.0,) * 6, (1e-40,) * 6, (1.0, 0.0, 0.0), (5e-324, 1e308, 1.0), (0.5,), (0.02, 0.03)],
)
def test_a_gradient_of_any_size_is_drawn(norms):
    drawn = charts.gradient_flow((flow(norms), flow(norms, epoch=2)), "It is healthy.")
    assert 'aria-label="It is healthy."' in drawn


def test_the_axis_of_gradients_is_marked_in_powers_of_ten():
    drawn = charts.gradient_flow((flow((0.02, 0.03)),), "")
    assert ">10⁻²<" in drawn
    assert ">10⁻¹<" in drawn


def test_a_training_of_one_epoch_is_shown_as_points_at_a_whole_epoch():
    assert len(RECORD.history) == 1
    for curves in (charts.loss_curves, charts.metric_curves):
        drawn = curves(RECORD)
        assert [f">{mark}<" in drawn for mark in ("0", "1", "2")] == [True] * 3
        assert "<use" in drawn.split(">epoch<")[1]


def test_losses_below_zero_as_likelihoods_have_them_are_seen_beside_zero():
    below = RECORD.history[0].model_copy(update={"train_loss": -3.0, "valid_loss": -2.0})
    drawn = charts.loss_curves(RECORD.model_copy(update={"history": (below,)}))
    assert [f">{mark}<" in drawn for mark in ("−3.0", "−2.0", "0.0")] == [True] * 3


def test_a_confusion_matrix_holds_its_counts_right_ones_and_mistakes_in_their_hues():
    answers = np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]] * 5)
    found = details(answers, np.array([0, 0, 0, 0, 1, 1, 1, 1]), ("no", "yes"))
    drawn = charts.confusion(found, found.confusion)
    assert [f">{count}<" in drawn for count in (3, 1, 4)] == [True] * 3
    assert ">0<" not in drawn
    assert "fill: var(--hue1)" in drawn
    assert "fill: var(--hue2)" in drawn
    assert "7 of 8 on the diagonal" in drawn


def test_of_many_roc_curves_the_worst_are_named():
    curves = [RocCurve(f"class{i}", 0.9 + i / 100, (0.0, 1.0), (0.0, 1.0)) for i in range(6)]
    drawn = charts.roc(curves)
    assert [f"class{i}" in drawn for i in range(6)] == [True, True, True, False, False, False]
    assert "the other classes" in drawn
