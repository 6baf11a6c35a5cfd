"""A loaded dialogue model: what it answers, and what its history is worth."""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import pair_models
from ostinato.errors import DataError
from ostinato.runtime.verb_pairs import exchanged, perplexity, spread, told_apart
from ostinato.spec.sampling import Sampling

MODEL = pair_models.chatter()


def test_the_same_seed_and_turn_give_the_same_answer():
    one = [MODEL.answer(["one dog"], Sampling(seed=3), turn=turn) for turn in range(8)]
    assert one == [MODEL.answer(["one dog"], Sampling(seed=3), turn=turn) for turn in range(8)]
    assert len(set(one)) > 1


def test_an_answer_has_so_many_tokens_at_most_and_no_unknown_one():
    for seed in range(20):
        answer = MODEL.answer(["red cat"], Sampling(seed=seed, temperature=5.0), longest=3)
        assert len(answer.split()) <= 3
        assert "�" not in answer


def test_turns_further_back_than_the_model_reads_change_nothing():
    likeliest = Sampling(temperature=0.0)
    last = ["one dog", "two cat", "red"]
    assert MODEL.answer(["sees sees", *last], likeliest) == MODEL.answer(last, likeliest)
    scores = [
        MODEL.score([history], ["eins hund"])[0] for history in (["two", *last], last, ["cat", *last[1:]])
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert np.abs(scores[0] - scores[2]).max() > 1e-4


@pytest.mark.parametrize("history", [[], [""], ["one", " "]])
def test_a_history_without_words_is_refused(history):
    with pytest.raises(DataError, match=r"no turn|not blank"):
        MODEL.answer(history)


def test_exchanged_histories_are_all_there_and_none_in_its_place():
    histories = [[str(number)] for number in range(9)]
    moved = exchanged(histories)
    assert sorted(moved) == histories
    assert all(one != other for one, other in zip(histories, moved, strict=True))
    with pytest.raises(DataError, match="two at least"):
        exchanged(histories[:1])


def test_perplexity_is_the_exponential_of_the_mean():
    assert perplexity([np.log([2.0, 8.0]), np.log([4.0])]) == pytest.approx(4.0)


def test_an_answer_is_told_apart_where_its_own_history_makes_it_likelier():
    own = [np.array([1.0, 2.0]), np.array([5.0]), np.array([1.0, 1.0]), np.array([2.0])]
    others = [np.array([2.0, 1.5]), np.array([4.0]), np.array([1.0, 1.0]), np.array([3.0])]
    assert told_apart(own, others) == 2.5 / 4


def test_positions_are_spread_from_the_first_to_the_last():
    assert (spread(10, 4), spread(2, 4), spread(1, 4)) == ([0, 3, 6, 9], [0, 1], [0])
