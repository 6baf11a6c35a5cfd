"""CTC against the enumeration of all alignments, and pieces against the whole."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.decode.ctc import (
    greedy,
    greedy_push,
    greedy_start,
    prefix_push,
    prefix_search,
    prefix_start,
)
from ostinato.errors import ArgumentError

seeds = st.integers(0, 2**32 - 1)


def logs(seed, steps, symbols, peaked=1.5):
    """Return random log-probabilities (T, V)."""
    scores = np.random.default_rng(seed).normal(size=(steps, symbols)) * peaked
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def collapsed(alignment, blank=0):
    """Return the text that an alignment says, by the definition."""
    return tuple(symbol for symbol, _ in itertools.groupby(alignment) if symbol != blank)


def every_text(found, blank=0):
    """Return the probability of every text, by summing over all alignments."""
    texts = {}
    steps, symbols = found.shape
    for alignment in itertools.product(range(symbols), repeat=steps):
        text = collapsed(alignment, blank)
        texts[text] = texts.get(text, 0.0) + np.exp(found[range(steps), alignment].sum())
    return texts


def weigh(prefixes):
    """Say weights that depend on the whole text so far."""
    return np.array([np.random.default_rng([7, *prefix]).normal(size=3) for prefix in prefixes])


def pieces(found, cuts):
    return np.split(found, sorted(min(cut, len(found)) for cut in cuts))


@given(seed=seeds, steps=st.integers(0, 8), symbols=st.integers(1, 4), data=st.data())
def test_greedy_is_the_text_of_the_likeliest_alignment(seed, steps, symbols, data):
    found, blank = logs(seed, steps, symbols), data.draw(st.integers(0, symbols - 1))
    said = greedy(found, blank)
    path = found.argmax(axis=1)
    assert tuple(said.tokens.tolist()) == collapsed(path.tolist(), blank)
    assert said.log_probability == pytest.approx(found[range(steps), path].sum())
    assert path[said.steps].tolist() == said.tokens.tolist()
    assert all(step == 0 or path[step - 1] != path[step] for step in said.steps.tolist())


@given(seed=seeds, steps=st.integers(0, 30), cuts=st.lists(st.integers(0, 30), max_size=5))
def test_greedy_in_pieces_is_greedy_on_the_whole(seed, steps, cuts):
    found = logs(seed, steps, 3)
    state, tokens, begins = greedy_start(), [], []
    for piece in pieces(found, cuts):
        state, said = greedy_push(state, piece)
        tokens += said.tokens.tolist()
        begins += said.steps.tolist()
    whole = greedy(found)
    assert (tokens, begins) == (whole.tokens.tolist(), whole.steps.tolist())
    assert state.steps == steps


@settings(deadline=None)
@given(seed=seeds, steps=st.integers(0, 5), symbols=st.integers(2, 3), data=st.data())
def test_a_beam_that_is_wide_enough_sums_all_alignments(seed, steps, symbols, data):
    found, blank = logs(seed, steps, symbols), data.draw(st.integers(0, symbols - 1))
    expected = every_text(found, blank)
    said = prefix_search(found, beam_size=1000, blank=blank)
    assert {text.tokens for text in said} == expected.keys()
    for text in said:
        assert np.exp(text.log_probability) == pytest.approx(expected[text.tokens], rel=1e-10)
    falling = [text.log_probability for text in said]
    assert falling == sorted(falling, reverse=True)


def test_repeated_symbols_need_a_blank_between():
    with np.errstate(divide="ignore"):
        found = np.log([[0.0, 1.0], [0.5, 0.5], [0.0, 1.0]])
    said = prefix_search(found)
    assert {text.tokens: round(np.exp(text.log_probability), 9) for text in said} == {(1, 1): 0.5, (1,): 0.5}


@settings(deadline=None)
@given(seed=seeds, steps=st.integers(0, 4))
def test_weights_multiply_a_text_once_a_symbol(seed, steps):
    found = logs(seed, steps, 3)
    expected = every_text(found)
    said = prefix_search(found, beam_size=1000, weigh=weigh)
    assert {text.tokens for text in said} == expected.keys()
    for text in said:
        weight = sum(weigh([text.tokens[:i]])[0, symbol] for i, symbol in enumerate(text.tokens))
        assert text.log_probability == pytest.approx(np.log(expected[text.tokens]) + weight, rel=1e-9)


def test_a_weight_of_minus_infinity_forbids():
    def never_two(prefixes):
        return np.tile([0.0, 0.0, -np.inf], (len(prefixes), 1))

    said = prefix_search(logs(0, 6, 3), beam_size=1000, weigh=never_two)
    assert said
    assert all(2 not in text.tokens for text in said)


@settings(deadline=None)
@given(seed=seeds, steps=st.integers(1, 6), beam_size=st.integers(1, 6))
def test_a_narrow_beam_says_no_text_to_be_likelier_than_it_is(seed, steps, beam_size):
    found = logs(seed, steps, 3)
    expected = every_text(found)
    said = prefix_search(found, beam_size)
    assert 1 <= len(said) <= beam_size
    assert len({text.tokens for text in said}) == len(said)
    for text in said:
        assert np.exp(text.log_probability) <= expected[text.tokens] * (1 + 1e-12)


def test_the_likeliest_text_beats_that_of_the_likeliest_alignment():
    found = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(found).tokens.tolist() == []
    assert prefix_search(found, beam_size=2)[0].tokens == (1,)


@settings(deadline=None)
@given(
    seed=seeds,
    steps=st.integers(0, 30),
    cuts=st.lists(st.integers(0, 30), max_size=5),
    beam_size=st.integers(1, 8),
    said=st.sampled_from([None, weigh]),
)
def test_prefix_search_in_pieces_is_that_on_the_whole(seed, steps, cuts, beam_size, said):
    found = logs(seed, steps, 3, peaked=4)
    state = prefix_start()
    for piece in pieces(found, cuts):
        state = prefix_push(state, piece, beam_size, weigh=said)
    assert state.texts() == prefix_search(found, beam_size, weigh=said)


def test_a_state_is_a_value():
    state = prefix_push(prefix_start(), logs(0, 5, 3))
    first = prefix_push(state, logs(1, 5, 3))
    assert prefix_push(state, logs(1, 5, 3)) == first


def test_weights_are_asked_for_once_a_text_while_it_stays():
    asked = []

    def count(prefixes):
        asked.extend(prefixes)
        return np.zeros((len(prefixes), 3))

    prefix_search(logs(0, 5, 3), beam_size=1000, weigh=count)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("decode", [greedy, prefix_search])
@pytest.mark.parametrize(
    ("found", "message"),
    [
        (np.zeros(3), r"log_probabilities has shape \(3,\); expected \(T, V\)"),
        (np.ones((2, 3)), "log_probabilities holds 1; expected nothing above 0"),
        (np.full((2, 3), np.nan), "log_probabilities holds NaN"),
    ],
)
def test_what_are_no_log_probabilities_is_refused(decode, found, message):
    with pytest.raises(ArgumentError, match=message):
        decode(found)


@pytest.mark.parametrize("decode", [greedy, prefix_search])
@pytest.mark.parametrize("blank", [-1, 3])
def test_a_blank_that_is_no_symbol_is_refused(decode, blank):
    with pytest.raises(ArgumentError, match=f"blank is {blank}; expected a symbol number from 0 to 2"):
        decode(logs(0, 2, 3), blank=blank)


def test_other_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="beam_size is 0"):
        prefix_search(logs(0, 2, 3), beam_size=0)
    with pytest.raises(ArgumentError, match=r"weigh\(prefixes\) has shape \(1, 2\); expected \(1, 3\)"):
        prefix_search(logs(0, 2, 3), weigh=lambda prefixes: np.zeros((1, 2)))
    with pytest.raises(ArgumentError, match="leave no text possible"):
        prefix_search(np.full((1, 2), -np.inf))
