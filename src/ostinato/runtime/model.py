"""What the loaded models of all tasks have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, StreamError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers, Packed, falling, pack_index
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.fingerprint import fingerprint
from ostinato.runtime.network import Network
from ostinato.runtime.streams.base import Stream, Streams
from ostinato.runtime.streams.chain import engine_of
from ostinato.runtime.streams.engine import Engine
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import Series

MOST_ROWS = 65_536
"""Rows that are computed at once at most, a longer single sequence excepted: this bounds the memory."""


class Model(ABC):
    """A model ready to answer; every task has its own kind.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what prepares its input.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    def __init__(
        self, spec: spec.Model, network: Network | EncoderDecoder, preprocessor: Preprocessor
    ) -> None:
        if (network.spec, preprocessor.spec) != (spec.network, spec.preprocessing):
            raise ArgumentError("network and preprocessor are not those that the model's spec describes.")
        self.spec = spec
        self.network = network
        self.preprocessor = preprocessor

    @abstractmethod
    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""

    @abstractmethod
    def why_not_stream(self) -> str | None:
        """Return in one sentence why the model cannot run step by step, and what it offers, or None."""

    @abstractmethod
    def _streams(self, count: int) -> Streams[Any, Any]:
        """Return streams of a model that can stream."""

    def stream(self) -> Stream[Any, Any]:
        """Return a new stream. What it is pushed and answers differs by task:

        - classifier of numbers: a step (I,), or steps (T, I); probabilities (C,), or (T, C).
        - classifier of video: a frame (height, width) or (height, width, 3), or T of them, uint8;
          probabilities (C,), or (T, C).
        - classifier of sound: samples (n,); probabilities after each frame now whole, (T, C).
        - of values at odd times, or described: the same, and ``push(steps, times)``, ``stream(static=…)``.
        - model that tells a number: a step (I,), or steps (T, I); the number, or (T,).
        - classifier of texts: text, or bytes in UTF-8; probabilities after each token now whole, (T, C).
        - language model of text: text, or bytes in UTF-8; ``Foretold``: tokens, their nats, and what is next.
        - language model of music: token numbers; ``Foretold``.
        - model of piano rolls: a frame (88,), or (T, 88); the probability of each key in the next frame.
        - tagger that reads one way: a word, or a list of T; each tag's probability, (C,), or (T, C).
        - transcriber that listens forwards alone: samples (n,); ``Heard``: letters that became certain.

        Raises:
            StreamError: the model cannot; ``why_not_stream`` says why.
        """
        return Stream(self.streams(1))

    def streams(self, count: int) -> Streams[Any, Any]:
        """Return n new streams that are taken on together, in as few calls of the kernels as can be.

        Args:
            count: n.

        Raises:
            StreamError: the model cannot; ``why_not_stream`` says why.
        """
        checks.positive("count", count)
        if reason := self.why_not_stream():
            raise StreamError(reason)
        return self._streams(count)

    def restore(self, state: bytes) -> Stream[Any, Any]:
        """Return a stream that goes on from what the ``state()`` of one gave, here or elsewhere.

        Raises:
            StreamError: the state is damaged, or of another model or version.
        """
        stream = self.stream()
        stream.restore(state)
        return stream

    def fingerprint(self) -> bytes:
        """Return 32 bytes that tell this model from others: a SHA-256 of all that its answers depend on."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> bytes:
        return fingerprint(self.spec, self.network.tensors, self.preprocessor.tokenizer_json())


class ChainModel(Model):
    """A model whose network is one chain; arguments and errors as for ``Model``."""

    network: Network

    @cached_property
    def _engine(self) -> Engine:
        """Return what takes streams on, for one of them; its plan is shared by all."""
        return engine_of(self.network, 1, *self._steps())

    def _steps(self) -> tuple[str | None, Series | None, bool]:
        """Return how streams run: until which op, how they scale, and whether they say probabilities."""
        return None, None, False

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        return answers_are_finite(self.network)

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step; None if it can."""
        reason = self.network.spec.why_not_stream()
        return f"this model cannot run step by step: {reason}; {self.instead}." if reason else None

    instead = "give it whole sequences"
    """What a model that cannot stream offers."""


def answers_are_finite(network: Network) -> bool:
    """Return whether a network's answers to two tiny inputs are finite numbers."""
    flow = network.spec
    shape = (2, 2) if flow.input == "tokens" else (2, 2, flow.input_size)
    rows = np.zeros(shape, np.float32 if flow.input == "steps" else np.int64)
    rows[:, 1] = flow.input_size - 1 if flow.input == "tokens" else 1  # of words: the first
    said, branches = network.answers(packed([rows[:, 0], rows[:, 1]]))
    arrays = [one.data if isinstance(one, Packed) else one for one in (said, *branches.values())]
    return all(bool(np.isfinite(array).all()) for array in arrays)


def batches(lengths: Integers, batch_size: int) -> Iterator[Integers]:
    """Cut the sequences, longest first, into batches of so many sequences and ``MOST_ROWS`` rows at most."""
    order = falling(lengths)
    first = 0
    while first < len(order):
        fitting = max(1, MOST_ROWS // int(lengths[order[first]]))
        yield order[first : first + min(batch_size, fitting)]
        first += min(batch_size, fitting)


def packed(prepared: Sequence[NDArray[Any]]) -> Packed:
    """Pack sequences that stand in order of falling length."""
    lengths = np.array([len(rows) for rows in prepared], np.int64)
    index, batch_sizes = pack_index(np.cumsum(lengths) - lengths, lengths)
    return Packed(np.concatenate(prepared)[index], batch_sizes)
