"""A language model beside what is heard: how likely it finds each letter after a text."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ostinato.decode.ctc import Prefix
from ostinato.decode.logs import Floats, Integers, log_softmax
from ostinato.errors import ArgumentError
from ostinato.runtime.base import State
from ostinato.runtime.language import TextModel
from ostinato.runtime.network import Network

REMEMBERED = 4096
"""Texts of which the language model's state is remembered at most; what is forgotten is computed again."""


class Fusion(NamedTuple):
    """What turns the language model's answers into weights.

    Args:
        network: the language model's.
        tokens: (V,) the language model's token for each symbol; that of the blank is never asked for.
        boundary: its token for a text's beginning and end.
        weight, bonus: a symbol weighs ``weight * log p(symbol | text) + bonus``.
    """

    network: Network
    tokens: Integers
    boundary: int
    weight: float
    bonus: float

    @classmethod
    def of(cls, model: object, letters: Sequence[str], weight: float, bonus: float) -> Self:
        """Return what fuses a model of characters with symbols: the blank, then these letters.

        A letter that the language model has never read weighs what its unknown token does.

        Raises:
            ArgumentError: it is no language model, or its tokens are no characters.
        """
        if not isinstance(model, TextModel) or model.tokenizer.spec.tokens != "char":
            raise ArgumentError(
                "the language model's tokens are no characters; train one by: ostinato train language "
                "--level char."
            )
        tokens = [model.tokenizer.unknown, *(int(model.tokenizer.encode(one)[0]) for one in letters)]
        return cls(model.network, np.array(tokens), model.boundary, weight, bonus)


class Known(NamedTuple):
    """What the language model knows after one text: its state, and the logs (W,) of what comes next."""

    state: State
    logs: Floats


class LanguageWeights:
    """The weights of what goes on from one text, as ``decode.ctc_beam`` asks for them.

    Args:
        fusion: what makes them.
        root: what is known after the text; None: at a text's beginning.
    """

    def __init__(self, fusion: Fusion, root: Known | None = None) -> None:
        self.fusion = fusion
        self._known: dict[Prefix, Known] = {(): self._begun() if root is None else root}

    @property
    def root(self) -> Known:
        """Return what is known after the text itself."""
        return self._known[()]

    def __call__(self, prefixes: list[Prefix]) -> NDArray[Any]:
        """Return the weight in logs (m, V) of each symbol that may follow each of m prefixes."""
        known = self._after(prefixes)
        logs = np.stack([one.logs for one in known])
        return self.fusion.weight * logs[:, self.fusion.tokens] + self.fusion.bonus

    def ends(self, prefixes: Sequence[Prefix]) -> NDArray[Any]:
        """Return the weight in logs (m,) of each prefix being over."""
        ends = [one.logs[self.fusion.boundary] for one in self._after(prefixes)]
        return self.fusion.weight * np.array(ends)

    def after(self, prefix: Prefix) -> "LanguageWeights":
        """Return the weights of what goes on from this prefix, with all that is known of it."""
        (root,) = self._after([prefix])
        weights = LanguageWeights(self.fusion, root)
        gone = len(prefix)
        weights._known |= {one[gone:]: known for one, known in self._known.items() if one[:gone] == prefix}
        return weights

    def _begun(self) -> Known:
        fusion = self.fusion
        state, scores = fusion.network.push(fusion.network.start(1), np.array([[fusion.boundary]]))
        return Known(state, log_softmax(scores[-1, 0]))

    def _after(self, prefixes: Sequence[Prefix]) -> list[Known]:
        if len(self._known) > REMEMBERED:
            self._known = {(): self.root}
        self._learn(prefixes)
        return [self._known[prefix] for prefix in prefixes]

    def _learn(self, prefixes: Sequence[Prefix]) -> None:
        """Read the last symbol of every prefix that is not known yet, all of them at once."""
        missing = [*dict.fromkeys(one for one in prefixes if one not in self._known)]
        if not missing:
            return
        self._learn([one[:-1] for one in missing])
        before = [self._known[one[:-1]].state for one in missing]
        state = {name: np.concatenate([one[name] for one in before]) for name in before[0]}
        tokens = self.fusion.tokens[[one[-1] for one in missing]]
        state, scores = self.fusion.network.push(state, tokens[None])
        for place, (one, logs) in enumerate(zip(missing, log_softmax(scores[-1]), strict=True)):
            own = {name: array[place : place + 1] for name, array in state.items()}
            self._known[one] = Known(own, logs)
