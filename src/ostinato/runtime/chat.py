"""A dialogue model, loaded: turns in, an answer out."""

from collections.abc import Sequence

import numpy as np

from ostinato import checks
from ostinato.answers.language import Nats
from ostinato.decode.sample import Sampler
from ostinato.errors import DataError
from ostinato.preprocess.history import read_history
from ostinato.preprocess.untokenize import untokenize
from ostinato.runtime.pairs import PairModel, known
from ostinato.runtime.search import finite, remembered
from ostinato.spec import model as described
from ostinato.spec.sampling import Sampling, TalkSampling

LONGEST = 60
"""Tokens of an answer at most, where nobody says."""


class Chatter(PairModel):
    """A dialogue model ready to answer. Made by ``ostinato.load``, or from its parts."""

    spec: described.ChatModel

    def why_not_stream(self) -> str | None:
        """Return why the model cannot hear a sequence step by step."""
        return (
            "an answer begins when the whole turn was read, so this model cannot stream; "
            "give answer() the turns so far, which are all its state."
        )

    def answer(
        self, history: Sequence[str], sampling: Sampling | None = None, longest: int = LONGEST, turn: int = 0
    ) -> str:
        """Return what may be said next.

        Args:
            history: the turns so far, the last one nearest; as many are read as the model was trained with.
            sampling: how tokens are drawn; None: by ``TalkSampling``.
            longest: tokens of the answer at most.
            turn: the number of this answer in its dialogue: the same seed and number give the same answer.

        Raises:
            DataError: a turn is blank or no text, or the scores overflow.
        """
        options = sampling or TalkSampling()
        sampler = Sampler(options.model_copy(update={"seed": _mixed(options.seed, turn)}),
                          banned=[self.target.unknown])  # fmt: skip
        memory = remembered(self.network, [self._encode(history)])
        one = np.zeros(1, np.int64)
        state, token = self.network.begin(memory, one), np.array([self.boundary])
        seen, said = np.zeros((1, self.boundary + 1), bool), []
        for _ in range(checks.positive("longest", longest)):
            after = self.network.read(state, token[None], memory, one)
            state, token = after.state, sampler.next(finite(after.rows[0]), seen)
            if int(token[0]) == self.boundary:
                break
            seen[0, token] = True
            said.append(int(token[0]))
        return untokenize(self.target, said).strip()

    def score(self, histories: Sequence[Sequence[str]], answers: Sequence[str]) -> list[Nats]:
        """Return each answer's nats, token by token, its end among them, unknown ones left out."""
        read = [self._encode(history) for history in histories]
        said = [self.target.encode(answer) for answer in answers]
        return known(said, self.losses(read, said), self.target.unknown)

    def _encode(self, history: Sequence[str]) -> np.ndarray:
        options = self.spec.recipe.data
        for turn in history:
            if not isinstance(turn, str) or not turn.strip():
                raise DataError(f"a turn is {checks.shown(turn)}; expected a text that is not blank.")
        return read_history(self.source, history[-options.turns :], options.history)


def _mixed(seed: int, turn: int) -> int:
    """Return a seed of one answer's own."""
    return int(np.random.SeedSequence([seed, turn]).generate_state(1, np.uint64)[0] >> np.uint64(1))
