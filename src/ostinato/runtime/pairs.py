"""What models of translation and of dialogue have in common: a text is read, another one is said."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.answers.language import Nats, nats
from ostinato.checks import given
from ostinato.errors import ArgumentError, StreamError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers, falling
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.model import Model
from ostinato.runtime.network import Network
from ostinato.runtime.search import SIDE_BY_SIDE, finite, remembered
from ostinato.runtime.streams.base import Streams
from ostinato.spec import model as described


class PairModel(Model):
    """A model that reads a text and says another one.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes tokens of both texts.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: described.PairModel
    network: EncoderDecoder
    preprocessor: PairPreprocessor

    def __init__(
        self, spec: described.PairModel, network: EncoderDecoder | Network, preprocessor: Preprocessor
    ) -> None:
        if not isinstance(network, EncoderDecoder):
            raise ArgumentError("the network has no encoder; a model of pairs needs one.")
        super().__init__(spec, network, preprocessor)
        self.source = self.preprocessor.source
        self.target = self.preprocessor.target
        self.boundary = self.target.spec.vocabulary_size

    def is_finite(self) -> bool:
        """Return whether the answers to two tiny inputs are finite numbers."""
        last = given("encoder", self.network.spec.encoder).input_size - 1
        memory = remembered(self.network, [np.array([0, last]), np.array([last])])
        sources = np.arange(2)
        said = self.network.read(
            self.network.begin(memory, sources), np.array([[0, self.boundary]] * 2), memory, sources
        )
        return bool(np.isfinite(said.rows).all())

    def _streams(self, count: int) -> Streams[Any, Any]:
        raise StreamError(str(self.why_not_stream()))

    def losses(self, sources: Sequence[Integers], targets: Sequence[Integers]) -> list[Nats]:
        """Return the nats of every token of the targets and of their ends, given the sources.

        Args:
            sources: one (S,) array of tokens each, with its mark.
            targets: one (T,) array of tokens each; the result is (T + 1,).
        """
        found: list[Nats] = [np.empty(0)] * len(targets)
        order = falling(np.array([len(target) for target in targets], np.int64))
        for first in range(0, len(order), SIDE_BY_SIDE):
            group = order[first : first + SIDE_BY_SIDE]
            losses = self._read([sources[i] for i in group], [targets[i] for i in group])
            for index, values in zip(group, losses, strict=True):
                found[index] = values
        return found

    def _read(self, sources: list[Integers], targets: list[Integers]) -> list[Nats]:
        """Score targets side by side, longest first; those that ended leave."""
        memory = remembered(self.network, sources)
        count, losses = len(targets), []
        state = self.network.begin(memory, np.arange(count))
        before = np.full(count, self.boundary)
        for step in range(len(targets[0]) + 1):
            count = sum(len(target) >= step for target in targets)
            state = {name: array[:count] for name, array in state.items()}
            said = self.network.read(state, before[None, :count], memory, np.arange(count))
            state = said.state
            before = np.array([_at(target, step, self.boundary) for target in targets[:count]])
            losses.append(nats(finite(said.rows[0]), before))
        return [
            np.array([losses[step][i] for step in range(len(target) + 1)]) for i, target in enumerate(targets)
        ]


def known(targets: Sequence[Integers], losses: Sequence[Nats], unknown: int) -> list[Nats]:
    """Return the nats of each target's tokens but unknown ones, which are neither learnt nor judged."""
    return [
        values[np.append(target != unknown, True)] for target, values in zip(targets, losses, strict=True)
    ]


def _at(target: Integers, step: int, boundary: int) -> int:
    return int(target[step]) if step < len(target) else boundary
