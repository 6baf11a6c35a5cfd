"""Drawn tokens: against a plain loop, the same in company as alone, and able to go on from a saved state."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ostinato.decode.sample import Sampler
from ostinato.errors import ArgumentError, StreamError
from ostinato.spec.base import Spec
from ostinato.spec.fields import OptionField, fields
from ostinato.spec.sampling import Sampling

SCORES = np.random.default_rng(0).normal(size=(4, 30)) * 2


def uniform(seed, stream, drawn=0):
    """Return what a stream's generator says after so many numbers."""
    sequence = np.random.SeedSequence(seed, spawn_key=(stream,))
    return np.random.Generator(np.random.PCG64(sequence)).random(drawn + 1)[drawn]


def drawn_by_a_loop(scores, number, sampling, seen=(), banned=()):
    """Return the token that the definition gives for one row of scores and one uniform number."""
    scores = [float(s) for s in scores]
    for v in seen:
        penalty = sampling.repetition_penalty
        scores[v] = scores[v] / penalty if scores[v] > 0 else scores[v] * penalty
    for v in banned:
        scores[v] = -np.inf
    if sampling.temperature == 0:
        return scores.index(max(scores))
    if sampling.top_k is not None:
        lowest = sorted(scores)[-min(sampling.top_k, len(scores))]
        scores = [s if s >= lowest else -np.inf for s in scores]
    weights = np.exp((np.array(scores) - max(scores)) / sampling.temperature)
    falling, sums = sorted(weights)[::-1], np.cumsum(sorted(weights)[::-1])
    if sampling.top_p < 1:
        reaches = [w for w, s in zip(falling, sums, strict=True) if s >= sampling.top_p * weights.sum()]
        weights[weights < reaches[0]] = 0
    total = 0.0
    for token, weight in enumerate(weights):
        total += weight
        if total > number * np.cumsum(weights)[-1]:
            return token
    raise AssertionError("no token was reached")


def draws(sampling, streams=1, steps=20, scores=SCORES[0], **options):
    """Return the tokens (steps, streams) drawn from scores that stay the same."""
    sampler = Sampler(sampling, streams, **options)
    return np.array([sampler.next(np.tile(scores, (streams, 1))) for _ in range(steps)])


@given(
    scores=st.lists(st.floats(-20, 20), min_size=1, max_size=200),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 1.7]),
    top_k=st.sampled_from([None, 1, 3, 500]),
    top_p=st.sampled_from([0.1, 0.77, 1.0]),
    penalty=st.sampled_from([1.0, 1.3]),
    seed=st.integers(0, 2**63 - 1),
    data=st.data(),
)
def test_tokens_are_those_of_the_definition(scores, temperature, top_k, top_p, penalty, seed, data):
    some = st.sets(st.integers(0, len(scores) - 1), max_size=len(scores) - 1)
    there, banned = data.draw(some), data.draw(some)
    sampling = Sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=penalty, seed=seed
    )
    seen = np.isin(np.arange(len(scores)), list(there))
    token = Sampler(sampling, banned=banned).next(np.array([scores]), seen[None])
    expected = drawn_by_a_loop(scores, uniform(seed, 0), sampling, there, banned)
    assert token.tolist() == [expected]
    assert token.dtype == np.int64


@pytest.mark.parametrize("top_p", [0.001, 0.02, 0.5, 0.999])
@pytest.mark.parametrize("spread", [0.0, 0.01, 3.0])
def test_top_p_of_a_large_vocabulary_is_found_without_sorting_it(top_p, spread):
    scores = np.random.default_rng(1).normal(size=2000) * spread
    sampling = Sampling(top_p=top_p, seed=3)
    expected = [drawn_by_a_loop(scores, uniform(3, k), sampling) for k in range(20)]
    assert draws(sampling, streams=20, steps=1, scores=scores)[0].tolist() == expected


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_are_the_softmax(temperature):
    found = draws(Sampling(temperature=temperature, seed=1), streams=100, steps=400).ravel()
    weights = np.exp(SCORES[0] / temperature)
    expected = weights / weights.sum() * found.size
    error = np.abs(np.bincount(found, minlength=30) - expected)
    assert (error <= 5 * np.sqrt(expected) + 1).all()


def test_a_temperature_near_0_takes_the_largest():
    assert set(draws(Sampling(temperature=1e-310)).ravel()) == {SCORES[0].argmax()}


def test_equals_of_the_last_of_top_k_stay():
    found = draws(Sampling(top_k=1), steps=100, scores=np.array([1.0, 0.0, 1.0]))
    assert set(found.ravel()) == {0, 2}


def test_the_seed_alone_decides():
    first, second, other = (draws(Sampling(seed=seed), streams=3) for seed in (1, 1, 2))
    assert first.tolist() == second.tolist() != other.tolist()
    assert len({tuple(tokens) for tokens in first.T}) == 3


def test_the_global_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    draws(Sampling(), streams=3)
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize("sampling", [Sampling(seed=4), Sampling(seed=4, top_p=0.8, top_k=20)])
def test_a_stream_draws_what_it_draws_alone(sampling):
    together = draws(sampling, streams=5)
    assert draws(sampling, streams=2).tolist() == together[:, :2].tolist()
    alone = Sampler(sampling, streams=5)
    found = [alone.next(SCORES[:1], streams=np.array([3])).item() for _ in range(20)]
    assert found == together[:, 3].tolist()


def test_rows_may_come_in_any_order_and_some_be_missing():
    straight, other = Sampler(Sampling(seed=2), streams=4), Sampler(Sampling(seed=2), streams=4)
    for step in range(20):
        order = np.random.default_rng(step).permutation(4)
        tokens = straight.next(SCORES)
        kept, left = order[:3], order[3:]
        assert other.next(SCORES[kept], streams=kept).tolist() == tokens[kept].tolist()
        assert other.next(SCORES[left], streams=left).tolist() == tokens[left].tolist()


def test_a_row_does_not_change_with_the_rows_beside_it():
    flat, peaked = np.zeros(3000), np.r_[20.0, np.zeros(2999)]
    sampling = Sampling(top_p=0.9, seed=8)
    alone = Sampler(sampling, streams=2).next(peaked[None], streams=np.array([0]))
    assert Sampler(sampling, streams=2).next(np.stack([peaked, flat]))[0] == alone[0]


def test_scores_are_left_as_they_are_whatever_their_layout():
    sampling = Sampling(repetition_penalty=2.0, top_k=3, top_p=0.5, seed=6)
    seen = np.zeros((4, 30), bool)
    columns = np.asfortranarray(SCORES)
    tokens = Sampler(sampling, 4, banned=[0]).next(SCORES, seen)
    assert Sampler(sampling, 4, banned=[0]).next(columns, seen).tolist() == tokens.tolist()
    assert (columns == np.random.default_rng(0).normal(size=(4, 30)) * 2).all()
    assert (columns == SCORES).all()


def test_float32_scores_are_drawn_from_in_float64():
    narrow = SCORES.astype(np.float32)
    wide = Sampler(Sampling(seed=1), 4).next(narrow.astype(np.float64))
    assert Sampler(Sampling(seed=1), 4).next(narrow).tolist() == wide.tolist()


def test_a_banned_token_is_never_drawn_even_where_it_is_the_likeliest():
    best = int(SCORES[0].argmax())
    for temperature in (0.0, 1.0, 5.0):
        found = draws(Sampling(temperature=temperature), steps=100, banned=[best, 5])
        assert not {best, 5} & set(found.ravel().tolist())


def test_a_huge_penalty_forbids_what_was_there():
    scores = np.array([[-1.0, -2.0]])
    sampler = Sampler(Sampling(repetition_penalty=1e308, temperature=0.0))
    assert sampler.next(scores * 10, np.array([[True, False]])).tolist() == [1]


@pytest.mark.parametrize("cut", [0, 1, 13])
def test_a_state_that_went_through_json_goes_on(cut):
    whole = draws(Sampling(seed=9), streams=3)
    first = Sampler(Sampling(seed=9), streams=3)
    for _ in range(cut):
        first.next(np.tile(SCORES[0], (3, 1)))
    second = Sampler(Sampling(seed=9), streams=3)
    second.next(np.tile(SCORES[0], (3, 1)))
    second.restore(json.loads(json.dumps(first.state())))
    rest = [second.next(np.tile(SCORES[0], (3, 1))).tolist() for _ in range(20 - cut)]
    assert rest == whole[cut:].tolist()


def test_a_state_counts_the_draws_of_each_stream():
    sampler, other = Sampler(Sampling(seed=3), streams=3), Sampler(Sampling(seed=3), streams=3)
    for streams in ([0, 2], [2], [2, 0]):
        sampler.next(SCORES[: len(streams)], streams=np.array(streams))
    assert sampler.state()["draws"] == [2, 0, 3]
    other.restore(sampler.state())
    assert other.next(SCORES[:3]).tolist() == sampler.next(SCORES[:3]).tolist()


def test_a_state_is_a_value():
    sampler = Sampler(Sampling())
    state = sampler.state()
    sampler.restore(state)
    sampler.next(SCORES[:1])
    assert state == {"seed": 0, "draws": [0]}
    assert sampler.state() == {"seed": 0, "draws": [1]}


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"seed": 1, "draws": [0, 0]},
        {"seed": 0, "draws": [0]},
        {"seed": 0, "draws": 2},
        {"seed": 0, "draws": [0, -1]},
        {"seed": 0, "draws": [0, 1.0]},
        {"seed": 0, "draws": [0, True]},
        {"seed": 0, "draws": [0, 0], "more": 1},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused_and_changes_nothing(state):
    sampler = Sampler(Sampling(), streams=2)
    sampler.next(SCORES[:2])
    with pytest.raises(StreamError, match="expected"):
        sampler.restore(state)
    assert sampler.state() == {"seed": 0, "draws": [1, 1]}


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((3, 5)), r"scores has shape \(3, 5\); expected \(2, V\)"),
        (np.zeros(5), r"scores has shape \(5,\)"),
        (np.full((2, 5), np.nan), "scores holds NaN"),
        (np.full((2, 5), -np.inf), "no token above -infinity that is not banned"),
        (np.array([[0.0], [1.0]]), "banned holds 1; expected token numbers below 1"),
        (np.array([[-np.inf, 0.0], [0.0, 0.0]]), "no token above -infinity"),
    ],
)
def test_scores_that_cannot_be_drawn_from_are_refused(scores, message):
    sampler = Sampler(Sampling(), streams=2, banned=[1])
    with pytest.raises(ArgumentError, match=message):
        sampler.next(scores)
    assert sampler.state()["draws"] == [0, 0]


@pytest.mark.parametrize("streams", [[2], [-1], [0, 0], [0.0], [[0]]], ids=str)
def test_streams_that_are_none_are_refused(streams):
    with pytest.raises(ArgumentError, match="streams"):
        Sampler(Sampling(), streams=2).next(SCORES[:1], streams=np.array(streams))


@pytest.mark.parametrize("banned", [[-1], [0.5], [True], ["a"]], ids=str)
def test_banned_tokens_that_are_none_are_refused(banned):
    with pytest.raises(ArgumentError, match="banned is"):
        Sampler(Sampling(), banned=banned)


def test_a_penalty_needs_to_know_what_was_there():
    sampler = Sampler(Sampling(repetition_penalty=1.2))
    with pytest.raises(ArgumentError, match="seen is None"):
        sampler.next(SCORES[:1])
    with pytest.raises(ArgumentError, match=r"seen has shape \(1, 3\); expected \(1, 30\)"):
        sampler.next(SCORES[:1], np.zeros((1, 3), bool))
    with pytest.raises(ArgumentError, match="seen is of type int64"):
        sampler.next(SCORES[:1], np.zeros((1, 30), np.int64))


def test_no_stream_is_refused():
    with pytest.raises(ArgumentError, match="streams is 0"):
        Sampler(Sampling(), streams=0)


class Options(Spec):
    """A verb's options, of which sampling is one group."""

    sampling: Sampling = Sampling()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("temperature", -0.1, "a number of at least 0"),
        ("temperature", float("nan"), "a number of at least 0"),
        ("top_k", 0, "a whole number of at least 1"),
        ("top_p", 0.0, "a number above 0 and of at most 1"),
        ("top_p", 1.1, "a number above 0 and of at most 1"),
        ("repetition_penalty", 0.9, "a number of at least 1"),
        ("seed", -1, "a whole number of at least 0"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_sentence(name, value, expected):
    field: OptionField = fields(Options)[name]
    with pytest.raises(ArgumentError, match=f"{name} is .*; expected {expected}"):
        field.check(value)
    with pytest.raises(ValidationError):
        Sampling(**{name: value})
