"""Random sequences that a model might be given, to check an export by."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ostinato.export.onnx.series import STATIC, TIMES
from ostinato.preprocess.observed import given_rows
from ostinato.preprocess.rolls import before
from ostinato.runtime.base import Array
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import PianoRoll, Series, Words

MISSING = 0.4
"""How many values are missing, where some may be."""


class Drawn(NamedTuple):
    """Sequences for a check, longest first.

    Args:
        steps: what the graph is given of each sequence's steps, by the names of its inputs.
        prepared: what the network is given of each sequence.
        beside: what the graph is given of whole sequences, (B, ·), by the names of its inputs.
    """

    steps: Mapping[str, list[Array]]
    prepared: list[Array]
    beside: Mapping[str, Array]


def draw(model: spec.Model, lengths: Array) -> Drawn:
    """Return random sequences of these lengths."""
    random, network = np.random.default_rng(len(lengths)), model.network
    prepared: list[Array]
    if isinstance(model.preprocessing, Series):
        return _series(model.preprocessing, random, lengths)
    if isinstance(model.preprocessing, PianoRoll):
        prepared = [before(random.integers(0, 2, (length, 88)).astype(np.uint8)) for length in lengths]
    elif isinstance(model.preprocessing, Words):
        prepared = [_words(model.preprocessing, random, int(length)) for length in lengths]
    elif network.input == "tokens":
        prepared = [random.integers(0, network.input_size, length) for length in lengths]
    else:
        prepared = [random.normal(size=(n, network.input_size)).astype(np.float32) for n in lengths]
    return Drawn({network.input: prepared}, prepared, {})


def _series(series: Series, random: np.random.Generator, lengths: Array) -> Drawn:
    """Return series with gaps, at odd times and with descriptors, where a model reads those."""
    normal = [random.normal(size=(length, len(series.channels))) for length in lengths]
    rows = [(one * series.spread + series.center).astype(np.float32) for one in normal]
    if series.missing != "forbid":
        rows = [np.where(random.random(one.shape) < MISSING, np.float32(np.nan), one) for one in rows]
    steps, beside = {"series": rows}, {}
    times = [np.cumsum(random.exponential(series.unit or 1.0, length)) for length in lengths]
    if series.unit is not None:
        steps[TIMES] = times
    static = None if series.static is None else _descriptors(series, random, len(lengths))
    if static is not None:
        beside[STATIC] = static
    prepared = [
        given_rows(series, one, moments, None if static is None else static[number])[0]
        for number, (one, moments) in enumerate(zip(rows, times, strict=True))
    ]
    return Drawn(steps, prepared, beside)


def _descriptors(series: Series, random: np.random.Generator, count: int) -> Array:
    """Return what describes each sequence, (B, S), some of it unknown where that may be."""
    names = () if series.static is None else series.static.names
    given = random.normal(size=(count, len(names))).astype(np.float32)
    if series.missing != "forbid":
        given[random.random(given.shape) < MISSING] = np.nan
    return given


def _words(words: Words, random: np.random.Generator, length: int) -> Array:
    """Return words of no letters to the most, (T, 1 + K)."""
    letters = random.integers(1, words.letters, (length, words.word_length))
    letters[np.arange(words.word_length) >= random.integers(0, words.word_length + 1, (length, 1))] = 0
    return np.concatenate([random.integers(0, words.words, (length, 1)), letters], axis=1)
