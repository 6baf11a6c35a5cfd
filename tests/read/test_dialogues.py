"""Dialogues in memory: every turn but the first answers those before it."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read import Dialogues, Turn

LONG = [Turn("a", "1"), Turn("b", "2"), Turn("a", "3"), Turn("b", "4")]
TWO = Dialogues([LONG, [Turn(None, "hi"), Turn(None, "ho")]], ["x", "y"], ["f, line 1", "f, line 9"])


def test_pairs_keep_the_last_turns():
    exchanges = TWO.pairs(2, separator=" / ")
    assert exchanges.histories == [LONG[:1], LONG[:2], LONG[1:3], TWO.dialogues[1][:1]]
    assert exchanges.sources == ["1", "1 / 2", "2 / 3", "hi"]
    assert exchanges.targets == ["2", "3", "4", "ho"]
    assert exchanges.ids == ["x:2", "x:3", "x:4", "y:2"]
    assert exchanges.places == ["f, line 1"] * 3 + ["f, line 9"]
    assert len(exchanges) == 4


def test_a_history_longer_than_the_dialogue_is_the_whole_dialogue_so_far():
    assert [len(history) for history in TWO.pairs(100).histories] == [1, 2, 3, 1]


def test_every_turn_but_the_first_is_an_answer():
    assert len(TWO.pairs(1)) == sum(map(len, TWO.dialogues)) - len(TWO)


def test_a_dialogue_of_one_turn_has_no_answer():
    alone = Dialogues([[Turn(None, "hi")]], ["x"], ["f, line 3"])
    with pytest.raises(DataError, match="f, line 3: no dialogue has two turns"):
        alone.pairs(3)


@pytest.mark.parametrize("turns", [0, -1, 1.5, True])
def test_a_history_has_at_least_one_turn(turns):
    with pytest.raises(ArgumentError, match="turns_of_history"):
        TWO.pairs(turns)


def test_select_takes_names_and_places_along():
    chosen = TWO.select(np.array([1]))
    assert (chosen.ids, chosen.places, len(chosen)) == (["y"], ["f, line 9"], 1)
    exchange = TWO.pairs(2).select(np.array([2]))
    assert (exchange.sources, exchange.targets, exchange.ids) == (["2\n3"], ["4"], ["x:4"])
    assert exchange.places == ["f, line 1"]


def test_content_tells_dialogues_apart():
    other = Dialogues([[Turn("b", "1"), *LONG[1:]], TWO.dialogues[1]], TWO.ids, TWO.places)
    assert list(other.content()) != list(TWO.content())
    assert list(other.pairs(1).content()) != list(TWO.pairs(1).content())
    assert list(TWO.pairs(1).content()) != list(TWO.pairs(2).content())
