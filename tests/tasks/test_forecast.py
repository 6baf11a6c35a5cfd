"""The forecasting task: options that exclude each other, splits, choices, losses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

import forecasters
from ostinato.errors import ArgumentError, DataError
from ostinato.read.grid import parse
from ostinato.spec.windows import Outlook
from ostinato.tasks.forecast import FORECAST
from ostinato.tasks.forecast_defaults import bounds, fill
from ostinato.tasks.forecast_loss import Answers, losses
from ostinato.train.fit import fit


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"horizon": None}, "horizon is missing"),
        ({"training": {"quantiles": (0.1, 0.5), "distribution": "normal"}}, "says one of the two"),
        ({"training": {"quantiles": (0.1, 0.9)}}, "expected 0.5, the median, among them"),
        ({"training": {"intervals": "model"}}, "the model says points"),
        ({"training": {"intervals": "conformal"}, "valid_fraction": 0.0}, "nothing is held out"),
        ({"network": {"attention": True, "decoder": "direct"}}, "attention is for the decoder 'seq2seq'"),
        (
            {"network": {"decoder": "autoregressive", "segment": 2},
             "training": {"quantiles": (0.1, 0.5, 0.9), "intervals": "model"}},
            "of which no paths can be drawn",
        ),
        ({"training": {"metric": "bleu"}}, "choose one of loss, mae, mse"),
        ({"context": 500}, "no series has 504 steps to train on"),
        ({"time_zone": "Mars/North"}, "which this machine does not know"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        fit(FORECAST, forecasters.panel(), forecasters.options(**given))


def test_series_that_cannot_be_foretold_are_refused():
    data = forecasters.panel()
    empty = type(data)(**(vars(data) | {"values": [np.full_like(rows, np.nan) for rows in data.values]}))
    with pytest.raises(DataError, match="'y0' has no value at all"):
        fit(FORECAST, empty, forecasters.options())
    with pytest.raises(DataError, match="negative-binomial model is for counts"):
        fit(FORECAST, data, forecasters.options(training={"distribution": "negative-binomial"}))


def test_the_end_of_every_series_validates_a_whole_horizon_at_least():
    data = forecasters.panel(3).cut(np.array([80, 20, 11]))
    assert bounds(data, 0.2, 4).tolist() == [64, 16, 11]
    assert bounds(data, 0.0, 4).tolist() == [80, 20, 11]


def test_nothing_that_validates_is_trained_on_nor_scales_anything():
    data = forecasters.panel(2, past=1)
    options = fill(forecasters.options(), data)
    spoilt = [rows.copy() for rows in data.values]
    for rows in spoilt:
        rows[64:] *= 1e6
    other = type(data)(**(vars(data) | {"values": spoilt}))
    problems = []
    for panel in (data, other):
        ((stage,),) = [stage.parts for stage in FORECAST.plan(panel, None, options)]
        problems.append(FORECAST.problem(stage.train, stage.valid, options))
    one, two = problems
    assert one.spec == two.spec
    np.testing.assert_array_equal(one.beginning.weight, two.beginning.weight)
    assert one.places.origins.max() + forecasters.HORIZON == 63
    assert one.held.origins.min() == 63
    assert fill(forecasters.options(context=None), other) == fill(forecasters.options(context=None), data)


def problem(train, valid):
    options = fill(FORECAST.unsplit(forecasters.options()), train)
    ((part,),) = [stage.parts for stage in FORECAST.plan(train, valid, options)]
    return FORECAST.problem(part.train, part.valid, options)


def after(data, first):
    """Return what comes after the first rows, without them."""
    starts = np.array([data.times(number)[first] for number in range(len(data))])
    return replace(data, starts=starts, values=[rows[first:] for rows in data.values])


def test_a_users_series_validate_with_their_history_or_going_on_from_it():
    data = forecasters.panel(2)
    train = data.cut(np.array([60, 60]))
    whole, rest = problem(train, data), problem(train, after(data, 60))
    assert whole.held.origins.min() == rest.held.origins.min() == 59
    np.testing.assert_array_equal(whole.held.origins, rest.held.origins)
    np.testing.assert_array_equal(rest.valid.values, whole.valid.values)
    assert whole.outlook.intervals == "conformal"
    assert whole.spec.ends == {name: int(data.times(0)[-1]) for name in data.ids}


def test_series_that_training_never_saw_validate_from_their_first_context_on():
    data = forecasters.panel(3)
    train, other = data.select(np.array([0, 1])), data.select(np.array([2])).cut(np.array([70]))
    found = problem(train, other)
    assert found.held.origins.min() == 11
    assert set(found.spec.ends) == {"s0", "s1", "s2"}
    assert found.spec.ends["s0"] > found.spec.ends["s2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data, "no series to validate on has 4 steps behind what is trained on"),
        (lambda data: forecasters.panel(2, past=1), "the columns 'y0', 'p0'; what is trained on has 'y0'"),
        (lambda data: replace(data, frequency=parse("D")), "steps of '1D'; what is trained on has '1h'"),
    ],
)
def test_series_that_cannot_validate_are_refused(change, message):
    data = forecasters.panel(2)
    with pytest.raises(DataError, match=message):
        problem(data, change(data))


def test_a_season_is_seen_in_series_without_stamps():
    data = forecasters.panel(2, 200)
    plain = type(data)(**(vars(data) | {"frequency": data.frequency.model_copy(update={"unit": "step"})}))
    options = fill(forecasters.options(season=None), plain)
    assert options.data.season == forecasters.SEASON
    assert options.network.segment == forecasters.SEASON


def test_what_is_known_ahead_is_read_step_by_step():
    options = fill(forecasters.options(known_future=("k0",)), forecasters.panel(known=1))
    assert options.network.decoder == "seq2seq"


def answers(truth, level=3.0, scale=2.0):
    truth = torch.tensor(truth)
    ones = torch.ones(truth.shape[0], 1, truth.shape[2])
    return Answers(truth, (truth - level) / scale, level * ones, scale * ones, 0.5 * ones)


def test_likelihoods_are_scipys_and_gaps_count_nothing():
    random = np.random.default_rng(0)
    raw = torch.tensor(random.normal(size=(2, 3, 1, 3)))
    truth = random.poisson(4.0, size=(2, 3, 1)).astype(float)
    truth[0, 0, 0] = np.nan
    given = answers(truth)
    z, place = given.scaled.numpy(), raw[..., 0].numpy()
    spread = np.logaddexp(0, raw[..., 1].numpy()) + 1e-4
    freedom = 2 + np.logaddexp(0, raw[..., 2].numpy())
    mean = 2 * np.logaddexp(0, 1.5 + place) + 1e-6
    size = 1 / spread
    expected = {
        "normal": -stats.norm.logpdf(z, place, spread),
        "student-t": -stats.t.logpdf(z, freedom, place, spread),
        "negative-binomial": -stats.nbinom.logpmf(truth, size, size / (size + mean)),
    }
    for says, wanted in expected.items():
        lost, there = losses(Outlook(says=says), "squared", raw, given)
        assert not there[0, 0, 0]
        assert lost[0, 0, 0] == 0
        np.testing.assert_allclose(lost[there], wanted[np.isfinite(truth)], rtol=1e-6)


def test_a_quantile_loss_is_lowest_at_the_quantile():
    draws = np.random.default_rng(0).normal(size=(4000, 1, 1))
    given = answers(draws, level=0.0, scale=1.0)
    outlook = Outlook(says="quantiles", quantiles=(0.1, 0.5, 0.9))
    raw = torch.tensor([-1.28, 0.0, 1.28]).expand(4000, 1, 1, 3)
    tried = [losses(outlook, "squared", raw + shift, given)[0].mean() for shift in (-0.3, 0.0, 0.3)]
    assert tried[1] < min(tried[0], tried[2])
