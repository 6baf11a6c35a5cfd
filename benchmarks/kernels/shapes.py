"""The fixed list of shapes, and how the operations of each are counted."""

from dataclasses import dataclass
from typing import Final

import torch

GATES: Final = {"RNN": 1, "GRU": 3, "LSTM": 4}
"""G by cell; the plain RNN's nonlinearity is tanh."""


@dataclass(frozen=True)
class Shape:
    """What a layer is built for and called with: sizes by torch.nn's names.

    Args:
        batch: B.
        steps: T, of the longest sequence.
        input_size: I.
        hidden_size: H.
        num_layers: L.
        directions: D.
        ragged: the sequences have lengths drawn from T/10 to T, and go in as a PackedSequence.
        proj_size: P, or 0; the LSTM's alone.
    """

    batch: int
    steps: int
    input_size: int
    hidden_size: int
    num_layers: int = 1
    directions: int = 1
    ragged: bool = False
    proj_size: int = 0

    @property
    def name(self) -> str:
        """Return what the tables call it and ``--shapes`` looks for."""
        parts = [f"B{self.batch} T{self.steps} I{self.input_size} H{self.hidden_size}"]
        parts += [f"P{self.proj_size}"] if self.proj_size else []
        parts += [f"L{self.num_layers}"] if self.num_layers > 1 else []
        parts += [f"D{self.directions}"] if self.directions > 1 else []
        return " ".join([*parts, "ragged"] if self.ragged else parts)

    @property
    def group(self) -> str:
        """Return which geometric mean it belongs to."""
        if self.proj_size:
            return "projection"
        return "ragged" if self.ragged else "full"

    @property
    def state_size(self) -> int:
        """Return the width of h: P, or H without a projection."""
        return self.proj_size or self.hidden_size

    @property
    def widths(self) -> list[int]:
        """Return the input width of every layer and direction, (L*D,)."""
        above = self.directions * self.state_size
        layers = [self.input_size, *[above] * (self.num_layers - 1)]
        return [width for width in layers for _ in range(self.directions)]

    @property
    def lengths(self) -> list[int]:
        """Return the steps of every sequence, in no order; the seed is fixed, and one of them has all T."""
        if not self.ragged:
            return [self.steps] * self.batch
        generator = torch.Generator().manual_seed(self.batch * self.steps)
        drawn = torch.randint(max(1, self.steps // 10), self.steps + 1, (self.batch,), generator=generator)
        drawn[self.batch // 2] = self.steps
        return [int(length) for length in drawn]

    @property
    def batch_sizes(self) -> list[int]:
        """Return how many sequences reach each step, (T,)."""
        lengths = torch.tensor(self.lengths)
        return [int((lengths > step).sum()) for step in range(self.steps)]

    def operations(self, cell: str, mode: str) -> int:
        """Return the operations of all matrix products; pointwise work is not counted.

        2 N G H (I + H) forward, three times that in training; with a projection 2 N (G H (I + P) + H P).
        """
        gates, state, rows = GATES[cell] * self.hidden_size, self.state_size, sum(self.lengths)
        each = [gates * (width + state) + self.hidden_size * self.proj_size for width in self.widths]
        return 2 * rows * sum(each) * (3 if mode == "training" else 1)


PROBE: Final = (
    Shape(1, 300, 24, 48),
    Shape(8, 150, 12, 96),
    Shape(16, 1000, 32, 64),
    Shape(24, 80, 300, 160),
    Shape(32, 100, 64, 128),
    Shape(20, 35, 200, 200),
    Shape(128, 200, 1, 128),
    Shape(48, 60, 256, 384),
    Shape(64, 50, 512, 512),
)
"""The nine shapes of the prototype that the project began from."""

SHAPES: Final = (
    *PROBE,
    # One stream, or few.
    Shape(1, 1000, 1, 32),
    Shape(1, 100, 64, 256),
    Shape(2, 20, 512, 1024),
    Shape(4, 50, 40, 50),
    # Widths that are no multiple of any vector's.
    Shape(32, 120, 13, 37),
    Shape(64, 20, 40, 100),
    Shape(32, 60, 80, 250),
    # Many short sequences; wide states.
    Shape(128, 28, 28, 64),
    Shape(128, 50, 100, 256),
    Shape(16, 20, 128, 1024),
    Shape(64, 20, 256, 1024),
    # Layers and directions.
    Shape(32, 100, 64, 128, num_layers=2),
    Shape(32, 100, 64, 128, directions=2),
    Shape(1, 200, 40, 64, directions=2),
    Shape(16, 100, 40, 100, num_layers=2, directions=2),
    # Ragged batches.
    Shape(32, 100, 64, 128, ragged=True),
    Shape(64, 60, 12, 64, ragged=True),
    Shape(128, 50, 100, 50, ragged=True),
    Shape(24, 200, 300, 200, ragged=True),
    Shape(16, 300, 40, 96, directions=2, ragged=True),
    Shape(32, 50, 256, 512, num_layers=2, ragged=True),
    # The LSTM's projection.
    Shape(32, 100, 64, 256, proj_size=64),
)

QUICK: Final = (
    Shape(1, 20, 5, 7),
    Shape(4, 15, 8, 16, num_layers=2, directions=2),
    Shape(6, 20, 8, 16, ragged=True),
    Shape(32, 10, 16, 128),
    Shape(3, 8, 6, 16, proj_size=4),
)
"""What ``--quick`` runs: every kind of shape once, to try the script."""


def shapes_of(cell: str, among: tuple[Shape, ...]) -> list[Shape]:
    """Return the shapes that a cell can have: only the LSTM has projections."""
    return [shape for shape in among if cell == "LSTM" or not shape.proj_size]
