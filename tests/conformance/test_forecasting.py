"""The common checks for forecasters: training, runtime, alone, in a batch and as a stream say the same."""

import numpy as np
import pytest
import torch

import forecasters
import ostinato
from networks import WHOLE_MODEL
from ostinato.answers.outlook import forecasts
from ostinato.archive.model import save
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.windows import Window
from ostinato.tasks.forecast import FORECAST, Places
from ostinato.train.fit import fit

kinds = pytest.mark.parametrize("kind", forecasters.KINDS)
CLOSE = WHOLE_MODEL * 10
"""Forecasts are in units of the series, whose spread here is up to three."""


def last_places(laid, data):
    """Return one window of each laid series, at the last place that has a horizon behind it."""
    count = len(laid.lengths)
    return np.arange(count), np.full(count, int(data.lengths[0]) - 1 - forecasters.HORIZON)


@kinds
def test_the_runtime_says_what_training_said(kind):
    data, found = forecasters.trained(kind)
    model = forecasters.loaded(found)
    options = found.model.recipe
    problem = FORECAST.problem(data, None, options.model_copy(update={"training": options.training.model_copy(
        update={"intervals": None})}))  # fmt: skip
    network = Network(found.model.network).eval()
    import_tensors(network, found.tensors)
    laid = model.windows.lay(data)
    places = Places(*last_places(laid, data))
    with torch.inference_mode():
        raw, _ = problem.raw(network, laid, places)
    said = model.teller.said(laid, *places).raw[:, : found.model.preprocessing.said]
    np.testing.assert_allclose(said, raw[0].numpy(), rtol=0, atol=CLOSE)


@kinds
@pytest.mark.parametrize("kernels", ["numpy", "native"])
def test_a_saved_model_says_the_same_on_all_kernels(kind, kernels, tmp_path):
    data, found = forecasters.trained(kind)
    expected = forecasters.loaded(found).predict(history(data)).forecasts
    save(tmp_path / "model", found.model, found.tensors, None, "# card\n")
    actual = ostinato.load(tmp_path / "model", kernels=kernels).predict(history(data)).forecasts
    np.testing.assert_allclose(actual.point, expected.point, rtol=0, atol=CLOSE)
    assert actual.intervals.keys() == expected.intervals.keys()
    for level, ends in expected.intervals.items():
        np.testing.assert_allclose(actual.intervals[level], ends, rtol=0, atol=CLOSE)


def history(data):
    """Return series whose last horizon holds nothing but what is known ahead."""
    values = [rows.copy() for rows in data.values]
    hidden = len(data.targets) + len(data.roles.past)
    for rows in values:
        rows[-forecasters.HORIZON :, :hidden] = np.nan
    return type(data)(**(vars(data) | {"values": values}))


@kinds
def test_a_series_alone_is_foretold_as_in_a_batch(kind):
    data, model = forecasters.model(kind)
    together = model.predict(history(data)).forecasts
    for number in range(len(data)):
        alone = model.predict(history(data).select(np.array([number]))).forecasts
        np.testing.assert_allclose(alone.point[0], together.point[number], rtol=0, atol=CLOSE)
        for level, ends in alone.intervals.items():
            expected = [end[number : number + 1] for end in together.intervals[level]]
            np.testing.assert_allclose(ends, expected, rtol=0, atol=CLOSE)


@kinds
def test_a_stream_begins_with_what_is_said_of_the_whole(kind):
    data, model = forecasters.model(kind)
    for number in range(len(data)):
        one = history(data).select(np.array([number]))
        expected = model.predict(one).forecasts
        actual = model.follow(one).forecast()
        np.testing.assert_allclose(actual.point, expected.point, rtol=0, atol=CLOSE)
        for level, ends in expected.intervals.items():
            np.testing.assert_allclose(actual.intervals[level], ends, rtol=0, atol=CLOSE)


@kinds
def test_a_stream_that_goes_on_says_what_the_network_says_of_the_whole(kind):
    data, model = forecasters.model(kind)
    spec, teller = model.spec.preprocessing, model.teller
    origin, further = 40, 3
    steps = further * spec.segment
    one = data.select(np.array([1]))
    stream = model.follow(hidden(one, origin))
    push(stream, one, origin, steps)
    laid = model.windows.lay(hidden(one, origin + steps))
    series = np.arange(len(laid.lengths))
    begun = np.full(len(series), origin)
    window = laid.window(series, begun, further=further)
    whole = Window(window.steps, window.levels[-1][None], window.scale)
    said = of_whole(teller, laid, series, begun + steps, whole)
    expected = forecasts(teller.outlook, said, log=spec.log)
    width = len(data.targets)
    point = expected.point if expected.point.shape[2] == width else expected.point[..., 0].T[None]
    np.testing.assert_allclose(stream.forecast().point, point, rtol=0, atol=CLOSE)


def of_whole(teller, laid, series, origins, window):
    """Return what is said after a window that is longer than a context."""
    from ostinato.runtime.encoder_decoder import EncoderDecoder
    from ostinato.runtime.forecasting import Heard
    from ostinato.runtime.memory import Memory

    state, said, beside = teller.reader.push_answers(teller.reader.start(len(series)), window.steps)
    last = (state, said[-1], beside["linear"][-1])
    if isinstance(teller.network, EncoderDecoder):
        kept = np.ascontiguousarray(said[-teller.spec.segments :].swapaxes(0, 1))
        memory = Memory(kept, np.full(len(series), kept.shape[1]), {})
        raw = teller.decoded(memory, laid.ahead(series, origins, window))
        return teller.joined(raw, last[2], window)
    return teller.rolled(laid, series, origins, window, Heard(*last))


def hidden(one, origin):
    """Return a series of which nothing after a row is known but what is known ahead."""
    rows = one.values[0].copy()
    rows[origin + 1 :, : len(one.targets) + len(one.roles.past)] = np.nan
    rows[origin, : len(one.targets)] = np.nan_to_num(rows[origin, : len(one.targets)], nan=10.0)
    return type(one)(**(vars(one) | {"values": [rows]}))


def push(stream, one, origin, steps, chunk=None):
    """Tell a stream the rows after an origin, all at once or in chunks."""
    width, past = len(one.targets), len(one.roles.past)
    rows = one.values[0].copy()
    rows[origin + steps, :width] = np.nan_to_num(rows[origin + steps, :width], nan=10.0)
    for first in range(origin + 1, origin + 1 + steps, chunk or steps):
        last = min(first + (chunk or steps), origin + 1 + steps)
        known = rows[first : last + forecasters.HORIZON, width + past :]
        stream.update(rows[first:last, :width], rows[first:last, width : width + past], known)


@kinds
@pytest.mark.parametrize("chunk", [1, 3])
def test_chunks_of_any_size_say_what_all_at_once_says(kind, chunk):
    data, model = forecasters.model(kind)
    one = data.select(np.array([0]))
    whole, parts = model.follow(hidden(one, 40)), model.follow(hidden(one, 40))
    push(whole, one, 40, 7)
    push(parts, one, 40, 7, chunk)
    for name, array in whole.state().items():
        np.testing.assert_allclose(parts.state()[name], array, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(parts.forecast().point, whole.forecast().point, rtol=0, atol=CLOSE)


@kinds
def test_a_state_goes_on_elsewhere_as_if_nothing_had_happened(kind):
    data, model = forecasters.model(kind)
    one = data.select(np.array([0]))
    stream, other = model.follow(hidden(one, 40)), model.follow(hidden(one, 30))
    push(stream, one, 40, 5)
    kept = stream.state()
    expected = stream.forecast().point
    push(stream, one, 45, 3)
    other.restore(kept)
    np.testing.assert_array_equal(other.forecast().point, expected)
    push(other, one, 45, 3)
    np.testing.assert_array_equal(other.forecast().point, stream.forecast().point)


def test_it_overfits_eight_windows():
    data = forecasters.panel(1, 12 + forecasters.HORIZON + 7)
    training = {"epochs": 300, "batch_size": 8, "learning_rate": 0.02, "schedule": "constant"}
    network = {"hidden_size": 32, "linear": False}
    options = forecasters.options(valid_fraction=0.0, training=training, network=network)
    found = fit(FORECAST, data, options)
    assert found.model.training.sequences == 8
    assert found.model.training.history[-1].train_loss < 1e-3


def test_intervals_and_points_do_not_depend_on_what_comes_after_the_origin():
    data, model = forecasters.model("direct with everything")
    laid = model.windows.lay(data)
    spoilt = [rows.copy() for rows in data.values]
    for rows in spoilt:
        rows[50:, :2] = 1e6  # the target and what is known up to now
    other = model.windows.lay(type(data)(**(vars(data) | {"values": spoilt})))
    places = np.arange(2), np.full(2, 49)
    np.testing.assert_array_equal(model.teller.said(laid, *places).raw, model.teller.said(other, *places).raw)
