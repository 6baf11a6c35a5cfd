"""The native core, built from native/; ``runtime.native`` gives it to kernels and runtime.

Arrays are NumPy arrays or CPU tensors, C-contiguous, all of one type, float32 or float64; they are read and
written in place, and never copied. A wrong one is a ValueError that names it.

T steps, B sequences, I input features, H hidden, G gates, D directions, N packed rows, P the width of the
projection, and S the width of the state: P where there is a projection, else H.
"""

from typing import Any

from numpy.typing import NDArray

def cpu() -> str:
    """Return the instruction set in use: ``"avx512"``, ``"avx2"`` or ``"portable"``.

    Raises:
        ValueError: OSTINATO_CPU names none that can run here.
    """

def levels() -> list[str]:
    """Return the instruction sets that this build holds and this processor can run, ascending."""

def empty(n: int, dtype: str) -> NDArray[Any]:
    """Return n numbers of undefined value in memory that is used again, aligned to 64 bytes.

    Args:
        n: how many.
        dtype: ``"float32"`` or ``"float64"``.
    """

def saved_size(cell: int, rows: int, hidden: int, directions: int, dtype: str, keep: int) -> int:
    """Return how many numbers ``forward`` keeps for ``backward``.

    Args:
        cell: 0 rnn_tanh, 1 rnn_relu, 2 gru, 3 lstm.
        rows: N.
        hidden: H.
        directions: D.
        dtype: ``"float32"`` or ``"float64"``.
        keep: 0 nothing, 1 the cells alone (the gates are computed again), 2 all.
    """

def forward(
    cell: int,
    input: Any,
    batch_sizes: Any,
    h0: Any,
    c0: Any | None,
    weights: list[Any | None],
    resets: Any | None,
    output: Any,
    h_n: Any,
    c_n: Any | None,
    saved: Any | None,
    keep: int,
    threads: int,
) -> None:
    """Run one layer over a ragged batch.

    Args:
        cell: 0 rnn_tanh, 1 rnn_relu, 2 gru, 3 lstm.
        input: (N, I), step by step.
        batch_sizes: (T,) int64, how many sequences reach each step, never rising.
        h0: (D, B, S).
        c0: (D, B, H) of an LSTM, else None.
        weights: five for each direction: weight_ih (G*H, I), weight_hh (G*H, S), bias_ih and bias_hh (G*H,)
            and weight_hr (P, H); the last three may be None.
        resets: (N,) bool, true where the state before a row's step is zero; None for nowhere.
        output: (N, D*S), written.
        h_n: (D, B, S), written.
        c_n: (D, B, H), written; None where c0 is.
        saved: (``saved_size``,), written; None where that is 0.
        keep: as in ``saved_size``.
        threads: how many to use at most.
    """

def backward(
    cell: int,
    input: Any,
    batch_sizes: Any,
    h0: Any,
    c0: Any | None,
    weights: list[Any | None],
    resets: Any | None,
    output: Any,
    saved: Any | None,
    kept: int,
    d_output: Any | None,
    d_h_n: Any | None,
    d_c_n: Any | None,
    d_input: Any | None,
    d_h0: Any | None,
    d_c0: Any | None,
    d_weights: list[Any | None],
    threads: int,
) -> None:
    """Write the gradients of what ``forward`` read; whatever stood in them is overwritten.

    The arguments are those of ``forward``, and for each its gradient, called ``d_`` and its name: of
    ``output``, ``h_n`` and ``c_n`` it is read, None standing for zeros; of the others it is written, None
    where it is not wanted. ``kept`` is the ``keep`` of ``forward``.
    """

class Packed:
    """A layer's weights as forwards read them; it never changes, and its memory is freed with it."""

def pack_at(
    is_double: bool,
    cell: int,
    sizes: tuple[int, ...],
    batch_sizes: int,
    weights: tuple[int, ...],
    threads: int,
) -> Packed:
    """Return the weights at these addresses, packed for ``forward_at``; the arguments are those of a call."""

def forward_at(
    is_double: bool,
    cell: int,
    sizes: tuple[int, ...],
    batch_sizes: int,
    input: int,
    h0: int,
    c0: int,
    weights: tuple[int, ...],
    packed: Packed | None,
    resets: int,
    output: int,
    h_n: int,
    c_n: int,
    saved: int,
    keep: int,
    threads: int,
) -> None:
    """Run ``forward`` on what stands at these addresses, 0 for None; only the sizes are checked.

    Args:
        packed: of the same cell, type, and sizes of weights, which then are not read; or None.
        is_double: float64, else float32.
        sizes: T, B, N, I, H, P (0 for none), D.
    """

def backward_at(
    is_double: bool,
    cell: int,
    sizes: tuple[int, ...],
    batch_sizes: int,
    read: tuple[int, ...],
    weights: tuple[int, ...],
    kept: int,
    written: tuple[int, ...],
    d_weights: tuple[int, ...],
    threads: int,
) -> None:
    """Run ``backward`` on what stands at these addresses, 0 for None; only the sizes are checked.

    Args:
        is_double: float64, else float32.
        sizes: T, B, N, I, H, P (0 for none), D.
        read: input, h0, c0, resets, output, saved, d_output, d_h_n, d_c_n.
        written: d_input, d_h0, d_c0.
    """

def peak(threads: int) -> float:
    """Return how many float32 operations a second this many threads reach by multiplying and adding alone."""

class Stack:
    """Layers packed once, and the states of n streams; ``runtime.stack`` has the words.

    Args:
        cell: 0 rnn_tanh, 1 rnn_relu, 2 gru, 3 lstm.
        weights: five for each layer, first to last, as ``forward`` has them for a direction.
        streams: n.
        threads: how many to use at most.
        int8: whether the weights are rounded to 8-bit integers.
    """

    def __init__(
        self, cell: int, weights: list[Any | None], streams: int, threads: int, int8: bool
    ) -> None: ...
    def with_streams(self, streams: int, threads: int) -> Stack:
        """Return one of other streams that shares the weights."""

    def push(self, x: Any) -> NDArray[Any]:
        """Map (I,), (n, I) or (T, n, I) to a new array (S,), (n, S) or (T, n, S)."""

    def step(self) -> NDArray[Any]:
        """Map ``input`` to ``output``, and return that."""

    def advance(self, x: Any, y: Any) -> None:
        """Map (T, m, I) to (T, m, S), which is written, for the first m streams."""

    def state(self, stream: int | None) -> NDArray[Any]:
        """Return the states of all streams, or of one: (n or 1, ``numbers``)."""

    def restore(self, state: Any, stream: int | None) -> None:
        """Take states as ``state`` returns them."""

    def reset(self, stream: int | None) -> None:
        """Set the states of all streams, or of one, to zero."""

    @property
    def input(self) -> NDArray[Any]: ...
    @property
    def output(self) -> NDArray[Any]: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def streams(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def numbers(self) -> int: ...
    @property
    def packed_bytes(self) -> int: ...

class Chain:
    """A whole network and n streams of it, float32; ``runtime.streams.chain`` makes it of a network's ops.

    Args:
        stack: the recurrent layers.
        input: I, numbers of a step.
        scale: (center, spread), each (I,) float64, or None.
        convolutions: (weight (C, K * I), bias (C,), K) of each.
        pools: 0 last, 1 mean, 2 max, 3 attention, side by side in this order; none: every step is handed on.
        attention: (weight (A, S), bias (A,), query (A,)), or None.
        head: (weight (C, F), bias (C,)), or None.
        softmax: whether answers are probabilities, float64; else they are float32.
        limit: of a scaled input, below which nothing overflows.
        streams: n.
        threads: how many to use at most.
    """

    def __init__(
        self,
        stack: Stack,
        input: int,
        scale: tuple[Any, Any] | None,
        convolutions: list[tuple[Any, Any, int]],
        pools: list[int],
        attention: tuple[Any, ...] | None,
        head: tuple[Any, Any] | None,
        softmax: bool,
        limit: float,
        streams: int,
        threads: int,
    ) -> None: ...
    def with_streams(self, streams: int, threads: int) -> Chain:
        """Return one of other streams that shares all weights."""

    def push(self, x: Any) -> NDArray[Any] | None:
        """Map (I,) float32 or float64 of the only stream to a new array (C,).

        None, and no change, where x is something else or beyond the limit.
        """

    def advance(self, x: Any, which: Any | None, guarded: bool) -> NDArray[Any] | None:
        """Map (T, m, I) to a new array (T, m, C), for the m streams that ``which`` names; None for all.

        None, and no change, where ``guarded`` is set and a number is beyond the limit. No stream may be named
        twice.
        """

    def state(self, stream: int) -> NDArray[Any]:
        """Return one stream's state, (``numbers``,) float64: op by op, in the order of ``Network.start``."""

    def restore(self, state: Any, stream: int | None) -> None:
        """Let one stream, or all, go on from what ``state`` returned."""

    @property
    def numbers(self) -> int: ...

def idle_bytes() -> int:
    """Return how many bytes are kept for later use."""

def release_buffers() -> None:
    """Hand the memory that is kept for later use back to the system."""
