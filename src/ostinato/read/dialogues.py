"""Dialogues in memory, and the pairs of history and answer that they hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.content import encoded


class Turn(NamedTuple):
    """What one speaker says before another one does.

    Args:
        speaker: who says it; None where the data does not tell.
        text: what is said.
    """

    speaker: str | None
    text: str


@dataclass(frozen=True)
class Exchanges:
    """Answers, each with what was said before it.

    Args:
        histories: the turns before each answer, at least one, the last one nearest.
        targets: the answers.
        separator: what stands between two turns where a history is one text.
        ids: one name each: its dialogue's, and the answer's turn, counted from 1.
        places: where each dialogue begins, for messages.
    """

    histories: list[list[Turn]]
    targets: list[str]
    separator: str
    ids: list[str]
    places: list[str]

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def sources(self) -> list[str]:
        """Return every history as one text."""
        return [self.separator.join(turn.text for turn in history) for history in self.histories]

    def select(self, indices: NDArray[np.int64]) -> "Exchanges":
        """Return the exchanges at these positions, in this order."""
        return replace(
            self,
            histories=[self.histories[i] for i in indices],
            targets=[self.targets[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            places=[self.places[i] for i in indices],
        )

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        for history in self.histories:
            yield from encoded([turn.speaker or "" for turn in history], [turn.text for turn in history])
        yield from encoded(self.targets, self.ids, [self.separator])


@dataclass(frozen=True)
class Dialogues:
    """Dialogues, each a list of turns.

    Args:
        dialogues: at least one turn each, none of them blank.
        ids: one name a dialogue, unique.
        places: where each one begins, for messages, such as ``"ai.yml, line 5"``.
    """

    dialogues: list[list[Turn]]
    ids: list[str]
    places: list[str]

    def __len__(self) -> int:
        return len(self.dialogues)

    def select(self, indices: NDArray[np.int64]) -> "Dialogues":
        """Return the dialogues at these positions, in this order."""
        return Dialogues(
            dialogues=[self.dialogues[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            places=[self.places[i] for i in indices],
        )

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        for turns in self.dialogues:
            yield from encoded([turn.speaker or "" for turn in turns], [turn.text for turn in turns])
        yield from encoded(self.ids)

    def pairs(self, turns_of_history: int, separator: str = "\n") -> Exchanges:
        """Return every turn but a dialogue's first as the answer to the turns before it.

        Args:
            turns_of_history: how many turns before the answer are kept at most, at least 1.
            separator: what stands between two turns where a history is one text.

        Raises:
            DataError: no dialogue has two turns.

        Example:
            >>> turns = [Turn(None, text) for text in ("hi", "hello", "how are you?")]
            >>> exchanges = Dialogues([turns], ["1"], ["a.txt, line 1"]).pairs(2)
            >>> exchanges.sources, exchanges.targets
            (['hi', 'hi\\nhello'], ['hello', 'how are you?'])
        """
        checks.positive("turns_of_history", turns_of_history)
        found = [(d, t) for d, turns in enumerate(self.dialogues) for t in range(1, len(turns))]
        if not found:
            raise DataError(
                f"{self.places[0]}: no dialogue has two turns, so that there is no answer to learn."
            )
        return Exchanges(
            histories=[self.dialogues[d][max(0, t - turns_of_history) : t] for d, t in found],
            targets=[self.dialogues[d][t].text for d, t in found],
            separator=separator,
            ids=[f"{self.ids[d]}:{t + 1}" for d, t in found],
            places=[self.places[d] for d, t in found],
        )
