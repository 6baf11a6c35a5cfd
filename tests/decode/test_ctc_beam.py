"""The endless search against the whole one; it says each symbol once, and never grows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decode.test_ctc import logs, pieces, seeds
from ostinato.decode.ctc import greedy, prefix_search
from ostinato.decode.ctc_beam import KEPT, LONGEST, beam_finish, beam_push, beam_start


class Bigrams:
    """Weights that depend on the last two symbols, and on how often anything was settled."""

    def __init__(self, before=()):
        self.before = before

    def __call__(self, prefixes):
        return np.stack([self._of(prefix)[:3] for prefix in prefixes])

    def ends(self, prefixes):
        return np.array([self._of(prefix)[3] for prefix in prefixes])

    def after(self, prefix):
        return Bigrams((*self.before, *prefix)[-2:])

    def _of(self, prefix):
        return np.random.default_rng([7, *(*self.before, *prefix)[-2:]]).normal(size=4)


def heard(found, cuts=(), weights=None, beam_size=8):
    """Return all that is said of log-probabilities that come in pieces: tokens and steps."""
    state, said = beam_start(weights), []
    for piece in pieces(found, cuts):
        state, letters = beam_push(state, piece, beam_size)
        said.append(letters)
    said.append(beam_finish(state))
    return [token for one in said for token in one.tokens], [step for one in said for step in one.steps]


def best(found, weights, beam_size=8):
    """Return the best whole text, its end weighed too."""
    texts = prefix_search(found, beam_size, weigh=weights)
    ends = np.zeros(len(texts)) if weights is None else weights.ends([text.tokens for text in texts])
    return [*texts[int(np.argmax([t.log_probability for t in texts] + ends))].tokens]


@settings(deadline=None)
@given(
    seed=seeds,
    steps=st.integers(0, 40),
    peaked=st.sampled_from([1.0, 4.0]),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    weights=st.sampled_from([None, Bigrams()]),
)
def test_all_that_it_says_is_the_best_text_of_the_whole(seed, steps, peaked, cuts, weights):
    found = logs(seed, steps, 3, peaked)
    tokens, begins = heard(found, cuts, weights)
    assert tokens == best(found, weights)
    assert (tokens, begins) == heard(found, (), weights)
    assert begins == sorted(begins)
    assert all(0 <= step < steps for step in begins)


@settings(deadline=None, max_examples=30)
@given(seed=seeds, steps=st.integers(1, 60))
def test_where_all_is_clear_letters_begin_where_greedy_has_them(seed, steps):
    found = logs(seed, steps, 4, peaked=1.0)
    found[np.arange(steps), found.argmax(axis=1)] = -1e-9
    found = np.where(found < -1e-8, -30.0, found)
    said = greedy(found)
    assert heard(found) == (said.tokens.tolist(), said.steps.tolist())


def test_what_is_clear_is_said_at_once():
    clear = np.log(np.full((6, 3), 1e-9))
    clear[range(6), [1, 0, 2, 0, 1, 0]] = 0.0
    state, tokens = beam_start(), []
    for number, row in enumerate(clear, start=1):
        state, letters = beam_push(state, row[None], beam_size=2)
        tokens += letters.tokens.tolist()
        assert len(tokens) >= number // 2 - 1
    assert tokens + beam_finish(state).tokens.tolist() == [1, 2, 1]


@pytest.mark.parametrize("sound", ["noise", "silence", "one symbol for ever", "doubt"])
def test_its_state_does_not_grow(sound):
    found = {
        "noise": logs(0, 700, 3),
        "silence": np.log(np.full((700, 3), [0.98, 0.01, 0.01])),
        "one symbol for ever": np.log(np.full((700, 3), [0.01, 0.98, 0.01])),
        "doubt": np.log(np.full((700, 3), 1 / 3)),
    }[sound]
    state, _ = beam_push(beam_start(), found)
    assert state.steps == 700
    assert len(state.rows) == KEPT
    assert max(map(len, state.open.prefixes)) <= LONGEST
    assert len(state.open.prefixes) <= 16
