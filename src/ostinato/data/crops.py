"""Pieces of long texts, cut out anywhere: what the state restarts before, unlike the chunks of ``lanes``."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.data.chunks import Chunk, Chunks


class Crops(Chunks):
    """Documents of which an epoch reads B pieces of T tokens at a time, each from an empty state.

    An epoch's pieces have as many tokens as the documents, or a few more. Where they begin is drawn: some
    tokens are read twice in an epoch and some not at all, and none always stands at one place of its piece.

    Args:
        documents: token numbers of each.
        boundary: the token that opens a document and is expected after its last.
        pieces: B.
        length: T, at most; less where there are fewer tokens.
        generator: what draws where pieces begin.

    Example:
        >>> crops = Crops([np.arange(9)], boundary=9, pieces=2, length=5, generator=np.random.default_rng(0))
        >>> chunk = crops.chunk(0)
        >>> len(crops), chunk.input.batch_sizes.tolist()
        (1, [2, 2, 2, 2, 2])
        >>> bool((chunk.targets[:-2] == chunk.input.data[2:]).all())
        True
    """

    carried = False

    def __init__(
        self,
        documents: Sequence[NDArray[np.int64]],
        boundary: int,
        pieces: int,
        length: int,
        generator: np.random.Generator,
    ) -> None:
        super().__init__(documents, boundary)
        steps = len(self._tokens) - 1
        self.length = min(checks.positive("length", length), steps)
        count = -(-steps // (checks.positive("pieces", pieces) * self.length))
        self._begins = generator.integers(steps - self.length + 1, size=(count, pieces))

    def __len__(self) -> int:
        """Return the number of chunks of an epoch."""
        return len(self._begins)

    @property
    def tokens(self) -> int:
        """Return the number of steps of all pieces together."""
        return self._begins.size * self.length

    def size(self, number: int) -> int:
        """Return the number of steps of a chunk's pieces."""
        return int(self._begins.shape[1]) * self.length

    def name(self, number: int) -> str:
        """Return which chunk it is: its pieces are from anywhere."""
        return f"the pieces of chunk {number}"

    def chunk(self, number: int) -> Chunk:
        """Return so many pieces, side by side."""
        begins = self._begins[number]
        rows = (begins + np.arange(self.length)[:, None]).ravel()
        return self._taken(rows, np.full(self.length, len(begins)))
