"""Piano rolls as answers: how well their next frame is foretold, and drawing one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.read.rolls import Roll

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class RollScores:
    """How well frames were foretold.

    Args:
        nats_per_frame: the negative log-likelihood of all frames, the first of each sequence included, over
            their number: what Boulanger-Lewandowski et al. 2012 and Chung et al. 2014 report.
        accuracy: TP / (TP + FP + FN) over all keys of all frames, a key being foretold where its probability
            is above 1/2 (Bay et al. 2009, section 2.1); None where no key sounds and none was foretold.
        frames: the number of frames.
    """

    nats_per_frame: float
    accuracy: float | None
    frames: int


def score(logits: Sequence[NDArray[Any]], rolls: Sequence[Roll]) -> RollScores:
    """Compare what was said of each frame before it was seen with the frame.

    Args:
        logits: one (T, 88) array a sequence: row t is what the frames before t say of frame t; row 0 is what
            is said before anything is seen. The probability of a key is sigmoid(logit).
        rolls: the frames, (T, 88) of 0 and 1.

    Raises:
        ArgumentError: numbers or shapes differ, there are no frames, or a logit is NaN.

    Example:
        >>> silence = np.zeros((3, 88), np.uint8)
        >>> round(score([np.full((3, 88), -5.0)], [silence]).nats_per_frame, 3)
        0.591
    """
    _check(logits, rolls)
    frames = sum(len(roll) for roll in rolls)
    nats = sum(negative_log_likelihood(z, x).sum() for z, x in zip(logits, rolls, strict=True))
    hits = sum(int(((z > 0) & (x == 1)).sum()) for z, x in zip(logits, rolls, strict=True))
    either = sum(int(((z > 0) | (x == 1)).sum()) for z, x in zip(logits, rolls, strict=True))
    return RollScores(float(nats) / frames, hits / either if either else None, frames)


def negative_log_likelihood(logits: NDArray[Any], roll: Roll) -> NDArray[np.float64]:
    """Return -ln p of each frame (T,), in float64, keys being independent given the past.

        -ln p(x_t) = sum_k log(1 + exp(z_tk)) - z_tk x_tk

    Args:
        logits: (T, 88) z.
        roll: (T, 88) x.
    """
    z = np.asarray(logits, dtype=np.float64)
    terms = np.where(roll == 1, np.logaddexp(0.0, -z), np.logaddexp(0.0, z))
    return np.asarray(terms.sum(axis=1))


def probabilities(logits: NDArray[Any]) -> Probabilities:
    """Return sigmoid(logits), in float64 and without overflow.

    Example:
        >>> probabilities(np.array([-1000.0, 0.0])).tolist()
        [0.0, 0.5]
    """
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(logits, dtype=np.float64))))


def draw(probabilities: Probabilities, generator: np.random.Generator) -> Roll:
    """Return a frame (88,), or frames (T, 88), of 0 and 1, each key drawn by itself.

    Args:
        probabilities: of each key, from 0 to 1.
        generator: gives one number a key, in their order, so that a seed gives the same music everywhere.

    Raises:
        ArgumentError: a probability is not in 0 to 1.

    Example:
        >>> draw(np.array([0.0, 1.0]), np.random.default_rng(0)).tolist()
        [0, 1]
    """
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ArgumentError("a key's probability is not from 0 to 1; pass the sigmoid of the model's logits.")
    return np.asarray(generator.random(probabilities.shape) < probabilities, dtype=np.uint8)


def _check(logits: Sequence[NDArray[Any]], rolls: Sequence[Roll]) -> None:
    if len(logits) != len(rolls) or not rolls:
        raise ArgumentError(f"{len(logits)} sequences of logits for {len(rolls)} rolls; expected one each.")
    for number, (z, x) in enumerate(zip(logits, rolls, strict=True), start=1):
        checks.shape(f"the logits of sequence {number}", z, x.shape)
        if np.isnan(z).any():
            raise ArgumentError(f"a logit of sequence {number} is NaN: the model's weights are out of range.")
