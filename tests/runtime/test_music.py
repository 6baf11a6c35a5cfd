"""A loaded language model of notes: what it makes of pieces, and what it writes."""

import numpy as np
import pytest

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
from ostinato.answers.language import nats
from ostinato.errors import ArgumentError
from ostinato.spec.sampling import Sampling

MODEL = note_models.model()
PIECES = note_models.pieces((60, 62, 64, 65), (67, 65), (72, 71, 69))


def test_pieces_side_by_side_are_scored_as_each_alone():
    together = MODEL.score(PIECES)
    assert together.tokens == sum(map(len, MODEL.encode(PIECES)))
    for tokens, losses in zip(MODEL.encode(PIECES), together.losses, strict=True):
        rows = np.array([MODEL.boundary, *tokens[:-1]])[:, None]
        scores = MODEL.network.push(MODEL.network.start(1), rows)[1][:, 0]
        np.testing.assert_allclose(losses, nats(scores, tokens), atol=1e-5)


def test_kernels_agree():
    native, numpy = (note_models.model(kernels).score(PIECES) for kernels in ("native", "numpy"))
    for a, b in zip(native.losses, numpy.losses, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_seed_gives_the_same_piece_alone_and_beside_others():
    prompt = note_models.piece(60, 62)
    first, other = MODEL.generate(prompt, 400, Sampling(seed=3), samples=2)
    (alone,) = MODEL.generate(prompt, 400, Sampling(seed=3))
    assert note_models.heard(alone.score) == note_models.heard(first.score)
    assert alone.skipped == first.skipped > 0
    assert first.skipped != other.skipped or note_models.heard(first.score) != note_models.heard(other.score)


def test_a_piece_begins_with_its_prompt():
    prompt = note_models.piece(60, 62, 64)
    ((score, _),) = MODEL.generate(prompt, 200)
    assert set(map(tuple, note_models.heard(prompt))) < set(map(tuple, note_models.heard(score)))


def test_nothing_follows_a_pieces_end():
    model = note_models.model()
    model.network.ops["head"].bias[model.boundary] = 1e3
    ((score, skipped),) = model.generate(note_models.piece(60), 50)
    assert (note_models.heard(score), skipped) == ([[0.0, 60.0]], 0)


def test_no_token_is_no_length():
    with pytest.raises(ArgumentError, match="length is 0"):
        MODEL.generate(length=0)
