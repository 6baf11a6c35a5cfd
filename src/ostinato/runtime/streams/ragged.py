"""Streams whose chunks have different numbers of steps: texts, tokens, words."""

from abc import abstractmethod
from collections.abc import Sequence

from ostinato.errors import DataError
from ostinato.runtime.base import Array
from ostinato.runtime.streams.base import Answer, Given, Streams


class RaggedStreams(Streams[Given, Answer]):
    """Streams that are pushed a list, one thing a stream, and answer with a list."""

    def push(self, given: Sequence[Given], streams: Sequence[int] | None = None) -> list[Answer]:
        """Take m streams on: m things that are given to m answers."""
        chosen = self._chosen(streams)
        numbers = list(range(len(self))) if chosen is None else chosen.tolist()
        if isinstance(given, str | bytes) or len(given) != len(numbers):
            raise DataError(
                f"{'one text' if isinstance(given, str | bytes) else len(given)} for {len(numbers)} streams; "
                "expected a list, one for each."
            )
        return self._heard(
            [self._rows(one, number) for one, number in zip(given, numbers, strict=True)], numbers
        )

    def _one(self, given: Given) -> Answer:
        self._open(0)
        return self._heard([self._rows(given, 0)], [0])[0]

    def _heard(self, heard: Sequence[tuple[Array, bytes]], streams: Sequence[int]) -> list[Answer]:
        """Take streams on by rows, with what is then held back of each; return their answers."""
        before = [self._taken(stream) for stream in streams]
        try:
            return self._advanced(heard, streams)
        except DataError:
            for stream, kept in zip(streams, before, strict=True):
                self._put(kept, stream)
            raise

    def _advanced(self, heard: Sequence[tuple[Array, bytes]], streams: Sequence[int]) -> list[Answer]:
        said = self._engine.advance_ragged([rows for rows, _ in heard], streams)
        answers = []
        for (rows, held), spoken, stream in zip(heard, said, streams, strict=True):
            self._held[stream] = held
            self._steps[stream] += len(rows)
            answers.append(self._answer(stream, rows, spoken))
        return answers

    @abstractmethod
    def _rows(self, given: Given, stream: int) -> tuple[Array, bytes]:
        """Return what the network reads of what is given, (T, …), and what is held back."""

    @abstractmethod
    def _answer(self, stream: int, rows: Array, said: Array) -> Answer:
        """Return the answer after rows that the network has heard, and what it said of them."""
