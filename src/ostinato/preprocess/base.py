"""What stands between a reader and a network: fitted once on the training part, then frozen."""

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.preprocess.cut import Cut
from ostinato.read.sequences import Sequences
from ostinato.spec.preprocessing import Preprocessing

Prepared = list[NDArray[Any]]


class Preprocessor(ABC):
    """A fitted preparation; every kind of data has its own.

    Args:
        spec: what was fitted, as data.
    """

    spec: Preprocessing

    def tokenizer_json(self) -> bytes | None:
        """Return the bytes of ``tokenizer.json``, or None where there is no vocabulary to keep."""
        return None


class SequencePreprocessor(Preprocessor):
    """What prepares sequences one by one, as classifiers read them."""

    def apply(self, sequences: Sequences) -> Prepared:
        """Return what the network reads: per sequence (T, I) float32, or token numbers (T,) int64.

        Raises:
            DataError: the kind is wrong, or a value is unusable.
        """
        if sequences.kind != self.spec.kind:
            raise DataError(f"the data is {sequences.kind}; this model reads {self.spec.kind}.")
        return self._applied(sequences)

    def lengths(self, sequences: Sequences) -> list[int]:
        """Return the number of steps that each sequence has for the network; errors as for ``apply``."""
        return [len(rows) for rows in self.apply(sequences)]

    def cut(self, sequences: Sequences) -> Cut | None:
        """Return the windows that are read of each sequence, or None where they are read whole."""
        return None

    def unknown_rate(self, sequences: Sequences) -> float | None:
        """Return the part of these texts' tokens that the vocabulary lacks; None where there is none."""
        return None

    @abstractmethod
    def _applied(self, sequences: Sequences) -> Prepared:
        """Return what the network reads; the kind is right."""
