"""What every op of the NumPy executor can do: the whole at once, or a stream a chunk at a time."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ostinato.preprocess.pack import Packed

if TYPE_CHECKING:
    from ostinato.runtime.memory import Memory, Readers

Array = NDArray[Any]
State = dict[str, Array]
Weights = dict[str, Array]


class Op(ABC):
    """One op with its weights.

    A state holds, by name, one array a kept quantity; its first axis runs over the streams. It is a value: no
    method ever changes the one that it is given.
    """

    @abstractmethod
    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map a packed batch of whole sequences, or a summary (B, F), to a packed batch or a summary."""

    @abstractmethod
    def start(self, streams: int) -> State:
        """Return the state before the first step."""

    @abstractmethod
    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Return the state after T more steps, and what the op says after each of them, (T, n, F).

        An op that makes summaries says, after each step, the summary of all steps so far.

        Args:
            state: what ``start`` or the last ``push`` returned.
            rows: tokens (T, n) or steps (T, n, I).
        """

    def finish(self, state: State) -> Array | None:
        """Return the summary of all that was pushed, (n, F); None if the op makes none."""
        return None


class RowWise(Op):
    """An op that maps every step, or every summary, by itself."""

    @abstractmethod
    def rows(self, rows: Array) -> Array:
        """Map rows (…, I) to rows (…, F)."""

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map every row."""
        return Packed(self.rows(flow.data), flow.batch_sizes) if isinstance(flow, Packed) else self.rows(flow)

    def start(self, streams: int) -> State:
        """Return nothing: nothing is kept."""
        return {}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map every row."""
        return {}, self.rows(rows)


class MemoryOp(ABC):
    """An op with its weights that also reads the steps of encoded sources, their memory.

    What of the memory is the same at every step is made of it once, and kept with it; a state is as an
    ``Op``'s.
    """

    @abstractmethod
    def keys(self, values: Array) -> Array:
        """Return what is made of a memory's values (B, S, M) once, (B, S, ·)."""

    @abstractmethod
    def start(self, streams: int) -> State:
        """Return the state before the first step."""

    @abstractmethod
    def read(
        self, state: State, rows: Array, memory: "Memory", readers: "Readers"
    ) -> tuple[State, Array, Array]:
        """Return the state after T more steps, what the op says, (T, n, F), and its attention, (T, n, S).

        Args:
            state: what ``start`` or the last ``read`` returned.
            rows: steps (T, n, I).
            memory: what is read, with this op's keys.
            readers: which source each of the n streams reads.
        """
