"""Series that are followed side by side: what one is told changes no other, nor itself if it is refused."""

import numpy as np
import pytest

import forecasters
from ostinato.errors import DataError
from ostinato.runtime.streams.followed import FollowedStreams, Told

NOTHING = np.zeros((0, 0))


@pytest.fixture
def streams():
    _, model = forecasters.model("direct")
    return FollowedStreams(model, 3)


def history(number=0, steps=60):
    return Told(forecasters.panel(3).values[number][:steps], NOTHING, forecasters.START)


def test_each_says_what_it_says_alone(streams):
    together = streams.push([history(0), history(1)], [2, 0])
    for number, said in enumerate(together):
        (alone,) = FollowedStreams(forecasters.model("direct")[1], 1).push([history(number)], [0])
        np.testing.assert_array_equal(said.forecasts.point, alone.forecasts.point)
        assert said.stamps == alone.stamps
    (moved,) = streams.push([Told(np.array([[11.0]]), NOTHING)], [2])
    assert moved.stamps[0] == "2024-01-03 13:00:00"


def test_one_that_is_refused_keeps_all_as_they_were(streams):
    streams.push([history(0)], [0])
    before = streams.state(0)
    with pytest.raises(DataError, match="expected at least"):
        streams.push([Told(np.array([[11.0]]), NOTHING), history(1, steps=2)], [0, 1])
    assert streams.state(0) == before
    assert streams.state(1) == streams.state(2)


def test_a_place_that_is_reset_begins_with_a_history(streams):
    fresh = streams.state(0)
    streams.push([history(0)], [0])
    streams.restore(streams.state(0), 1)
    streams.reset(0)
    assert streams.state(0) == fresh
    with pytest.raises(DataError, match="expected at least"):
        streams.push([Told(np.array([[11.0]]), NOTHING, forecasters.START)], [0])
    streams.push([Told(np.array([[11.0]]), NOTHING)], [1])


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (Told(np.array([[11.0]]), NOTHING, forecasters.START), "one step after"),
        (Told(np.array([[11.0]]), NOTHING, None, ("a",)), "first request"),
    ],
    ids=["start", "static"],
)
def test_what_comes_later_must_follow(streams, told, word):
    streams.push([history(0)], [0])
    with pytest.raises(DataError, match=word):
        streams.push([told], [0])


def test_a_history_says_when_it_begins_and_ends_with_a_value(streams):
    with pytest.raises(DataError, match="start is missing"):
        streams.push([Told(history().values, NOTHING)], [0])
    with pytest.raises(DataError, match="no value to go on from"):
        streams.push([Told(np.full((60, 1), np.nan), NOTHING, forecasters.START)], [0])
