"""A loaded model of piano rolls: what it makes of frames, and what it plays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import piano_rolls
from ostinato.errors import ArgumentError, DataError
from ostinato.preprocess.rolls import after, before, beginning

MODEL = piano_rolls.model()


def alone(model, roll):
    """Return the logits of a roll, computed frame by frame on the state."""
    state, said = model.network.start(1), []
    for step in before(roll):
        state, logits = model.network.push(state, step[None, None])
        said.append(logits[0, 0])
    return np.stack(said)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=7))
def test_rolls_side_by_side_are_foretold_as_each_alone(lengths):
    rolls = [piano_rolls.roll(length, seed) for seed, length in enumerate(lengths)]
    for roll, logits in zip(rolls, MODEL.logits(rolls), strict=True):
        np.testing.assert_allclose(logits, alone(MODEL, roll), rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn_tanh"])
def test_kernels_agree(cell):
    roll = piano_rolls.roll(20)
    native, numpy = (piano_rolls.model(cell, kernels) for kernels in ("native", "numpy"))
    np.testing.assert_allclose(native.logits([roll])[0], numpy.logits([roll])[0], rtol=0, atol=1e-5)
    assert (native.generate(12, seed=1)[0] == numpy.generate(12, seed=1)[0]).all()


def test_a_seed_gives_the_same_music_alone_and_beside_other():
    first, second = MODEL.generate(15, seed=3, samples=2)
    assert (first != second).any()
    assert (MODEL.generate(15, seed=3)[0] == first).all()
    assert (MODEL.generate(15, seed=4)[0] != first).any()


def test_temperature_nought_plays_every_key_that_is_likelier_than_not():
    (roll,) = MODEL.generate(10, temperature=0)
    assert roll.any()
    assert (roll == (MODEL.logits([roll])[0] > 0)).all()


def test_a_key_is_drawn_by_the_probability_that_the_model_gives_it():
    read = np.concatenate([beginning(), after(piano_rolls.roll(3))])
    logits = MODEL.network.push(MODEL.network.start(1), read[:, None])[1][-1, 0]
    played = MODEL.generate(1, samples=4_000, prompt=piano_rolls.roll(3), temperature=2.0)
    rate = np.mean([roll[-1] for roll in played], axis=0)
    np.testing.assert_allclose(rate, 1 / (1 + np.exp(-logits / 2.0)), atol=0.04)


def test_a_prompt_is_gone_on_from():
    prompt = piano_rolls.roll(7)
    (roll,) = MODEL.generate(5, prompt=prompt)
    assert roll.shape == (12, 88)
    assert (roll[:7] == prompt).all()


def test_scores_are_those_of_the_logits():
    rolls = piano_rolls.rolls(4, 6).values
    scores = MODEL.score(rolls)
    assert scores.frames == 10
    logits = np.concatenate([alone(MODEL, roll) for roll in rolls]).astype(np.float64)
    frames = np.concatenate(rolls)
    nats = (np.logaddexp(0, logits) - frames * logits).sum() / 10
    assert scores.nats_per_frame == pytest.approx(nats, rel=1e-5)


@pytest.mark.parametrize(
    "given", [{"length": 0}, {"temperature": -1.0}, {"temperature": float("nan")}, {"samples": 0}]
)
def test_what_cannot_be_played_is_refused(given):
    with pytest.raises(ArgumentError, match=f"{next(iter(given))} is"):
        MODEL.generate(**given)


def test_scores_that_overflow_are_refused():
    model = piano_rolls.model()
    model.network.ops["head"].bias[0] = np.inf
    with pytest.raises(DataError, match="overflow"):
        model.generate(3)
