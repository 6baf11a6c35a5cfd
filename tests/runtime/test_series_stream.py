"""Streams of series refuse what does not fit, and stay as they were."""

import numpy as np
import pytest

import forecasters
from ostinato.errors import DataError, StreamError


@pytest.fixture
def stream():
    data, model = forecasters.model("direct")
    return model.follow(data.select(np.array([0])))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 3)), r"values has shape \(2, 3\)"),
        (np.array([np.inf]), "holds infinity"),
        (np.array([np.nan]), "trained on series without gaps"),
        (["a"], "expected an array of numbers"),
        (np.zeros((0, 1)), "is empty"),
        (None, "values is missing"),
    ],
)
def test_what_is_refused_changes_nothing(stream, values, message):
    before, said = stream.state(), stream.forecast().point
    with pytest.raises(DataError, match=message):
        stream.update(values)
    for name, array in stream.state().items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(stream.forecast().point, said)


def test_a_state_of_another_model_is_refused(stream):
    _, other = forecasters.model("seq2seq")
    data = forecasters.panel()
    with pytest.raises(StreamError, match="of another model"):
        stream.restore(other.follow(data.select(np.array([0]))).state())
    with pytest.raises(StreamError, match="of another model"):
        stream.restore({name: array[:1] for name, array in stream.state().items() if array.ndim})
    with pytest.raises(StreamError, match="expected what a stream"):
        stream.restore(None)


def test_a_state_is_a_copy(stream):
    state = stream.state()
    said = stream.forecast().point
    for array in state.values():
        array[...] = 0
    np.testing.assert_array_equal(stream.forecast().point, said)


def test_the_time_moves_on_and_the_scale_stays(stream):
    time, scale = stream.time, stream.state()["scale"]
    stream.update(np.array([1e3, 2e3, 1e3, 2e3, 1500, 1800]))  # a whole segment: what is foretold follows it
    assert stream.time - time == 6 * 3_600_000_000
    np.testing.assert_array_equal(stream.state()["scale"], scale)
    assert stream.forecast().point.mean() > 100


def test_a_stream_hears_one_series():
    data, model = forecasters.model("direct")
    with pytest.raises(DataError, match="2 series are given"):
        model.follow(data)


def test_the_state_has_one_size_however_long_it_goes_on(stream):
    stream.update(np.ones(30) + np.arange(30) % 3)
    sizes = {name: array.shape for name, array in stream.state().items()}
    stream.update(np.ones(50) + np.arange(50) % 3)
    assert {name: array.shape for name, array in stream.state().items()} == sizes
