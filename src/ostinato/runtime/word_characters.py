"""The word characters op in NumPy: every distinct word of a batch is spelt once."""

import numpy as np

from ostinato.preprocess.pack import Packed, distinct_words, last_rows
from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.runtime.embedding import Embedding
from ostinato.runtime.recurrent import Recurrent
from ostinato.spec.flow import Flow
from ostinato.spec.network import WordCharacters as Spec


class WordCharacters(RowWise):
    """Turn each word into its own vector, beside the last states of a layer that reads its letters both ways.

    Args:
        kernels: what the layer runs on, as a ``Recurrent`` has it.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights, kernels: str = "auto") -> None:
        words, letters, recurrent = spec.parts()
        self._words = Embedding(*words, _of(weights, "words"))
        self._letters = Embedding(*letters, _of(weights, "letters"))
        self._recurrent = Recurrent(*recurrent, _of(weights, "recurrent"), kernels)
        self._size, self._dtype = spec.letter_hidden_size, weights["letters.weight"].dtype

    def rows(self, rows: Array) -> Array:
        """Map rows (…, 1 + K) to vectors (…, E + 2 H)."""
        flat = rows.reshape(-1, rows.shape[-1])
        vectors = np.concatenate([self._words.rows(flat[:, 0]), self._spelt(flat[:, 1:])], axis=1)
        return vectors.reshape(*rows.shape[:-1], vectors.shape[1])

    def _spelt(self, letters: Array) -> Array:
        """Return what the letters (N, K) of each row say, (N, 2 H)."""
        if not len(letters):
            return np.empty((0, 2 * self._size), self._dtype)
        packed, place = distinct_words(letters)
        vectors = Packed(self._letters.rows(packed.data), packed.batch_sizes)
        states = np.asarray(self._recurrent.run(vectors).data)
        last = last_rows(packed.batch_sizes)
        ends = [states[last, : self._size], states[: len(last), self._size :]]
        spelt: Array = np.concatenate(ends, axis=1)[place]
        return spelt


def _of(weights: Weights, part: str) -> Weights:
    """Return the weights of one part, by their names in it."""
    prefix = f"{part}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
