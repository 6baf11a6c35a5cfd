"""Beam search against the enumeration of all answers, against greedy search, and against itself alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.decode.beam import Beam, Said, search
from ostinato.errors import ArgumentError

END, VOCABULARY = 1, 4
CONTENT = [token for token in range(VOCABULARY) if token != END]


class Model:
    """Random probabilities that depend on the source and on all tokens so far, the start token included.

    The state holds the source's number and the tokens as one number, so that a row that is gathered wrongly
    is seen at once.

    Args:
        seed: of the numbers.
        lengths: of each source's attention.
        most: tokens that may be read.
    """

    def __init__(self, seed, lengths, most=6, peaked=1.0):
        generator = np.random.default_rng(seed)
        self.lengths = np.array(lengths)
        codes = VOCABULARY ** (most + 1)
        scores = generator.normal(size=(len(lengths), codes, VOCABULARY)) * peaked
        self.logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        weights = generator.uniform(size=(len(lengths), codes, max(lengths))) ** 3
        weights *= np.arange(max(lengths)) < self.lengths[:, None, None]
        self.attention = weights / weights.sum(axis=-1, keepdims=True)
        self.calls = []

    def state(self, sources=None):
        sources = np.arange(len(self.lengths)) if sources is None else np.array(sources)
        return {"source": sources, "code": np.zeros((len(sources), 1), np.int64)}

    def step(self, state, tokens):
        code = state["code"][:, 0] * VOCABULARY + tokens
        source = state["source"]
        self.calls.append(source.tolist())
        after = {"source": source, "code": code[:, None]}
        return Said(after, self.logs[source, code], self.attention[source, code])

    def search(self, longest, beam, sources=None, **options):
        sources = np.arange(len(self.lengths)) if sources is None else np.array(sources)
        lengths = self.lengths[sources]
        found = np.array(longest)[sources]
        return search(self.step, self.state(sources), 0, END, found, beam, lengths, **options)

    def scored(self, source, tokens, beam):
        """Return (score, log-probability, attention) of one answer, by the definition."""
        code, total, rows = 0, 0.0, []
        for said in [*tokens, END]:
            total += self.logs[source, code, said]
            rows.append(self.attention[source, code, : self.lengths[source]])
            code = code * VOCABULARY + said
        penalty = ((5 + len(rows)) / 6) ** beam.length_penalty
        covered = sum(np.log(min(column.sum(), 1)) for column in np.array(rows).T)
        return total / penalty + beam.coverage_penalty * covered, total, np.array(rows)

    def best(self, source, longest, beam):
        """Return all answers of a source by enumeration, the best first."""
        answers = [a for n in range(longest + 1) for a in itertools.product(CONTENT, repeat=n)]
        return sorted(answers, key=lambda tokens: -self.scored(source, tokens, beam)[0])[: beam.n_best]

    def greedy(self, source, longest):
        code, tokens = 0, []
        while len(tokens) < longest and (said := int(self.logs[source, code].argmax())) != END:
            tokens.append(said)
            code = code * VOCABULARY + said
        return tokens


def assert_same(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        assert one.tokens.tolist() == other.tokens.tolist()
        assert one.score == other.score
        assert one.log_probability == other.log_probability
        np.testing.assert_array_equal(one.attention, other.attention)


penalties = pytest.mark.parametrize(
    ("length_penalty", "coverage_penalty"), [(0.0, 0.0), (0.6, 0.0), (2.0, 0.0), (0.0, 0.5), (1.0, 0.2)]
)


@penalties
@pytest.mark.parametrize("n_best", [1, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_beam_that_is_wide_enough_finds_what_enumeration_finds(
    length_penalty, coverage_penalty, n_best, seed
):
    longest = [4, 0, 3, 1]
    model = Model(seed, [3, 1, 2, 2], most=5)
    beam = Beam(
        beam_size=4**4, n_best=n_best, length_penalty=length_penalty, coverage_penalty=coverage_penalty
    )
    for source, found in enumerate(model.search(longest, beam)):
        expected = model.best(source, longest[source], beam)
        assert [tuple(h.tokens.tolist()) for h in found] == expected
        for hypothesis, tokens in zip(found, expected, strict=True):
            score, total, attention = model.scored(source, tokens, beam)
            assert hypothesis.score == pytest.approx(score, rel=1e-12)
            assert hypothesis.log_probability == pytest.approx(total, rel=1e-12)
            np.testing.assert_array_equal(hypothesis.attention, attention)


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 3.0])
@pytest.mark.parametrize("seed", range(10))
def test_a_beam_of_one_is_greedy(length_penalty, seed):
    longest = [5, 5, 0, 2]
    model = Model(seed, [1, 1, 1, 1])
    found = model.search(longest, Beam(beam_size=1, length_penalty=length_penalty))
    assert [f[0].tokens.tolist() for f in found] == [model.greedy(b, n) for b, n in enumerate(longest)]


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 100),
    beam_size=st.integers(1, 5),
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    length_penalty=st.sampled_from([0.0, 0.6]),
    coverage_penalty=st.sampled_from([0.0, 0.3]),
    data=st.data(),
)
def test_answers_in_a_batch_are_those_alone(seed, beam_size, lengths, length_penalty, coverage_penalty, data):
    longest = data.draw(st.lists(st.integers(0, 5), min_size=len(lengths), max_size=len(lengths)))
    model = Model(seed, lengths)
    beam = Beam(
        beam_size=beam_size,
        n_best=data.draw(st.integers(1, beam_size)),
        length_penalty=length_penalty,
        coverage_penalty=coverage_penalty,
    )
    together = model.search(longest, beam)
    for source, found in enumerate(together):
        assert_same(found, model.search(longest, beam, sources=[source])[0])


@penalties
def test_scores_are_those_of_the_definition_and_fall(length_penalty, coverage_penalty):
    model = Model(7, [4, 2])
    beam = Beam(beam_size=3, n_best=3, length_penalty=length_penalty, coverage_penalty=coverage_penalty)
    for source, found in enumerate(model.search([5, 5], beam)):
        for hypothesis in found:
            score, total, attention = model.scored(source, hypothesis.tokens.tolist(), beam)
            assert (hypothesis.score, hypothesis.log_probability) == pytest.approx((score, total), rel=1e-12)
            np.testing.assert_array_equal(hypothesis.attention, attention)
        scores = [h.score for h in found]
        assert scores == sorted(scores, reverse=True)
        assert len({tuple(h.tokens) for h in found}) == 3


def by_a_loop(logs, longest, beam):
    """Return the tokens and scores of one source's answers by a plain loop; only the last token counts."""

    def penalty(length):
        return ((5 + length) / 6) ** beam.length_penalty

    best, open_ = [], [(0.0, (0,))]
    while open_:
        full = len(open_[0][1]) > longest
        every = [
            (total + logs[tokens[-1], v], (*tokens, v))
            for total, tokens in open_
            for v in ([END] if full else range(len(logs)))
        ]
        kept = sorted(every, key=lambda found: -found[0])[: beam.beam_size]
        best += [(total / penalty(len(t) - 1), t[1:-1]) for total, t in kept if t[-1] == END]
        best = sorted(best, key=lambda found: -found[0])[: beam.n_best]
        beaten = best[-1][0] if len(best) == beam.n_best else -np.inf
        open_ = [f for f in kept if f[1][-1] != END and f[0] / penalty(longest + 1) > beaten]
    return best


@pytest.mark.parametrize("vocabulary", [2, 5, 33, 700])
@pytest.mark.parametrize("beam_size", [1, 3, 10])
@pytest.mark.parametrize("digits", [1, 15])
def test_a_narrow_beam_in_a_vocabulary_of_any_size_is_that_of_a_plain_loop(vocabulary, beam_size, digits):
    scores = np.random.default_rng(vocabulary).normal(size=(vocabulary, vocabulary)) * 3
    logs = np.round(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), digits) - 0.05
    beam = Beam(beam_size=beam_size, n_best=max(1, beam_size // 2), length_penalty=1.0)
    found = search(lambda state, tokens: Said(state, logs[tokens]), {}, 0, END, np.array([6]), beam)[0]
    expected = by_a_loop(logs, 6, beam)
    assert [tuple(h.tokens.tolist()) for h in found] == [tokens for _, tokens in expected]
    assert [h.score for h in found] == [score for score, _ in expected]


def test_a_beam_of_two_finds_what_greedy_search_misses():
    def step(state, tokens):
        after = {0: [0.0, 0.1, 0.5, 0.4], 2: [0.0, 0.3, 0.35, 0.35], 3: [0.0, 0.9, 0.05, 0.05]}
        with np.errstate(divide="ignore"):
            return Said(state, np.log([after[token] for token in tokens.tolist()]))

    narrow, wide = (
        search(step, {}, 0, END, np.array([4]), Beam(beam_size=size, length_penalty=0.0))[0][0]
        for size in (1, 2)
    )
    assert narrow.tokens[0] == 2
    assert wide.tokens.tolist() == [3]
    assert wide.log_probability == pytest.approx(np.log(0.4 * 0.9))


def test_finished_sources_leave_the_batch():
    model = Model(3, [1, 1, 1])
    model.search([0, 2, 5], Beam(beam_size=2))
    assert model.calls[0] == [0, 1, 2]
    assert all(0 not in call for call in model.calls[1:])
    assert all(1 not in call for call in model.calls[3:])
    assert all(call.count(source) <= 2 for call in model.calls for source in call)


def certain(state, tokens):
    """End with probability 0.9 after any token."""
    return Said(state, np.log(np.full((len(tokens), 3), [0.05, 0.9, 0.05])))


@pytest.mark.parametrize(("length_penalty", "steps"), [(0.0, 1), (1.0, 1), (10.0, 101)])
def test_the_search_stops_when_nothing_open_can_win_and_not_before(length_penalty, steps):
    calls = []

    def step(state, tokens):
        calls.append(len(tokens))
        return certain(state, tokens)

    beam = Beam(beam_size=2, length_penalty=length_penalty)
    search(step, {}, 0, END, np.array([100]), beam)
    assert len(calls) == steps


def test_a_late_answer_wins_where_long_ones_are_wanted():
    beam = Beam(beam_size=3, length_penalty=10.0)
    found = search(certain, {}, 0, END, np.array([20]), beam)[0][0]
    assert len(found.tokens) == 20


def test_of_equals_the_lower_tokens_come_first():
    def step(state, tokens):
        return Said(state, np.log(np.full((len(tokens), 5), 0.2)))

    beam = Beam(beam_size=3, n_best=3, length_penalty=0.0)
    found = search(step, {}, 0, END, np.array([3]), beam)[0]
    assert [h.tokens.tolist() for h in found] == [[], [0], [0, 0]]


def test_banned_tokens_are_in_no_answer():
    model = Model(5, [1, 1])
    beam = Beam(beam_size=4, n_best=4)
    assert any(2 in h.tokens for found in model.search([5, 5], beam) for h in found)
    assert not any(2 in h.tokens for found in model.search([5, 5], beam, banned=[2]) for h in found)


def test_without_attention_there_is_none():
    found = search(certain, {}, 0, END, np.array([3]), Beam())[0][0]
    assert found.attention is None
    assert found.tokens.dtype == np.int64


def test_float32_log_probabilities_are_summed_in_float64():
    model = Model(2, [1])
    expected = model.search([5], Beam(beam_size=3))[0][0]
    model.logs = model.logs.astype(np.float32)
    found = model.search([5], Beam(beam_size=3))[0][0]
    assert found.tokens.tolist() == expected.tokens.tolist()
    assert found.log_probability == model.scored(0, found.tokens.tolist(), Beam())[1]


def test_a_position_without_attention_still_lets_answers_be_compared():
    def step(state, tokens):
        said = certain(state, tokens)
        return said._replace(attention=np.full((len(tokens), 2), [1.0, 0.0]))

    found = search(step, {}, 0, END, np.array([2]), Beam(n_best=3, coverage_penalty=1.0))[0]
    assert [len(h.tokens) for h in found] == [0, 1, 1]
    assert all(np.isfinite(h.score) for h in found)


def test_no_source_has_no_answers():
    assert search(certain, {}, 0, END, np.zeros(0, np.int64), Beam()) == []


def test_the_state_that_is_passed_stays_as_it_is():
    model = Model(0, [1, 1])
    state = model.state()
    search(model.step, state, 0, END, np.array([3, 3]), Beam())
    assert state["source"].tolist() == [0, 1]
    assert state["code"].tolist() == [[0], [0]]


def test_an_answer_that_cannot_be_is_an_error():
    def never(state, tokens):
        with np.errstate(divide="ignore"):
            return Said(state, np.log(np.full((len(tokens), 2), [1.0, 0.0])))

    with pytest.raises(ArgumentError, match="source 0 has no answer of at most 4 tokens"):
        search(never, {}, 0, END, np.array([4]), Beam())


def said(**change):
    """Return a step function that says something wrong."""

    def step(state, tokens):
        return certain(state, tokens)._replace(**change)

    return step


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            said(log_probabilities=np.zeros((2, 3))),
            r"log_probabilities has shape \(2, 3\); expected \(1, V\)",
        ),
        (said(log_probabilities=np.full((1, 3), 2.0)), "log_probabilities holds 2; expected nothing above 0"),
        (said(log_probabilities=np.full((1, 3), np.nan)), "log_probabilities holds nan"),
        (said(log_probabilities=np.zeros((1, 1))), "end is 1; expected a token number below"),
        (said(attention=np.zeros((2, 3))), r"attention has shape \(2, 3\); expected \(1, S\)"),
        (said(state={"h": np.zeros((3, 2))}), r"state h has shape \(3, 2\); expected 1 rows"),
    ],
)
def test_a_step_that_does_not_fit_is_an_error(step, message):
    with pytest.raises(ArgumentError, match=message):
        search(step, {}, 0, END, np.array([3]), Beam())


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ({"longest": [-1]}, {}, r"longest is '?\[-1\]'?; expected whole numbers of at least 0"),
        ({"longest": [1.0]}, {}, "longest is"),
        ({"longest": 3}, {}, r"longest has shape \(\); expected \(B\)"),
        ({"end": -1}, {}, "end is"),
        ({"state": {"h": np.zeros(2)}}, {}, r"state h has shape \(2,\); expected 1 rows"),
        ({}, {"source_lengths": [1, 2]}, r"source_lengths has shape \(2,\); expected \(1\)"),
        ({}, {"banned": [7]}, "banned holds 7; expected token numbers below 3"),
        ({"beam": Beam(n_best=5)}, {}, "n_best is 5; expected at most the beam's size, 4"),
        ({"beam": Beam(coverage_penalty=0.1)}, {}, "coverage_penalty is above 0; the step function must say"),
    ],
)
def test_arguments_that_do_not_fit_are_errors(arguments, options, message):
    given = {"step": certain, "state": {}, "start": 0, "end": END, "longest": [3], "beam": Beam()}
    with pytest.raises(ArgumentError, match=message):
        search(**(given | arguments), **options)
