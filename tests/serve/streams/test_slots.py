"""Places are taken and given back once, grow with what they hold, and are wiped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import serving
from ostinato.serve.streams.slots import Slots

MODEL = serving.series_model()


def test_places_grow_with_the_states_that_stand_in_them():
    slots = Slots(MODEL, 100)
    places = [slots.take() for _ in range(64)]
    for place in places:
        slots.streams.push(serving.steps(1, 1, seed=place), [place])
    states = [slots.streams.state(place) for place in places]
    places.append(slots.take())
    assert len(set(places)) == len(places)
    assert [slots.streams.state(place) for place in places[:64]] == states


def test_a_place_is_given_back_once():
    slots = Slots(MODEL, 3)
    place = slots.take()
    slots.give(place)
    with pytest.raises(KeyError):
        slots.give(place)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), max_size=300))
def test_taken_and_free_ones_are_all_there_are(takes):
    slots, taken = Slots(MODEL, 70), []
    fresh = slots.streams.state(0)
    for take in takes:
        if take and slots.has_room():
            place = slots.take()
            assert place not in taken
            assert slots.streams.state(place) == fresh
            slots.streams.push(serving.steps(1, 1), [place])
            taken.append(place)
        elif not take and taken:
            slots.give(taken.pop(len(taken) // 2))
        assert slots.places() == sorted(taken)
