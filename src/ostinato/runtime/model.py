"""What the loaded models of all tasks have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import ArgumentError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers, Packed, falling, pack_index
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.network import Network
from ostinato.spec import model as spec

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


class ChainModel(Model):
    """A model whose network is one chain; arguments and errors as for ``Model``."""

    network: Network

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        return answers_are_finite(self.network)


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
