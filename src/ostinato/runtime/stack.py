"""Recurrent layers packed once and advanced step by step: the shortest way from an input to its output."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, BackendError, StreamError
from ostinato.runtime import native
from ostinato.runtime.base import Array
from ostinato.runtime.threads import threads as threads_of_environment

CELLS: Final = ("rnn_tanh", "rnn_relu", "gru", "lstm")
"""The cells, in the order of the numbers that the native kernels give them."""
PARTS: Final = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
"""A layer's weights, in the order in which the native kernels take them; the last three may be missing."""
WEIGHTS: Final = ("float", "int8")


class Stack:
    """A frozen stack of recurrent layers and the states of n streams that it goes on with.

    Each layer computes what torch.nn's layer of that kind does, in one direction, from the outputs of the
    layer below; ``runtime.cells`` has the equations and their sources. Weights are packed when the stack
    is made, and each step reads them once. States are zero at first, and change by nothing but the
    methods here. A stack belongs to one thread at a time; ``with_streams`` makes one for another thread
    on the same weights.

    With ``weights="int8"`` each row of a weight matrix is rounded to 8-bit integers with a scale of its
    own, and so is, at every step, each input and each state that it is multiplied by. Sums are exact;
    biases, gates and states stay float32. A product's usual error is about 1 %:
    ``native/include/ostinato/quantized.h`` has the equations, ``benchmarks/quantization.py`` measures
    what it costs in accuracy.

    Shapes: T steps, n streams, I input features, H hidden units, S the width of the output, which is P with a
    projection, else H.

    Args:
        cell: ``"rnn_tanh"``, ``"rnn_relu"``, ``"gru"`` or ``"lstm"``.
        tensors: the weights under torch.nn's names and in its shapes, all float32 or all float64:
            ``weight_ih_l0`` (G*H, I), ``weight_hh_l0`` (G*H, S), ``bias_ih_l0`` and ``bias_hh_l0`` (G*H,), or
            no biases, and for an LSTM with a projection ``weight_hr_l0`` (P, H); the same for ``l1`` and on.
        streams: n.
        weights: ``"float"``, as they are given, or ``"int8"``, which takes float32 alone.
        threads: how many may share the streams, at most; None for what ``runtime.threads`` says.

    Raises:
        ArgumentError: the weights are no such stack's, or int8 cannot hold them.
        BackendError: the native kernels are missing; the message says why.

    Example:
        >>> ones = {"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 8), "bias_ih_l0": (8,), "bias_hh_l0": (8,)}
        >>> stack = Stack("rnn_tanh", {name: np.ones(shape, np.float32) for name, shape in ones.items()})
        >>> stack.push(np.zeros(3, np.float32)).shape
        (8,)
        >>> kept = stack.state()
        >>> first = stack.push(np.zeros((2, 1, 3), np.float32))
        >>> stack.restore(kept)
        >>> bool((stack.push(np.zeros((2, 1, 3), np.float32)) == first).all())
        True
    """

    def __init__(
        self,
        cell: str,
        tensors: Mapping[str, Array],
        streams: int = 1,
        *,
        weights: str = "float",
        threads: int | None = None,
    ) -> None:
        module = native.module()
        if module is None:
            raise BackendError(f"a Stack needs the native kernels, and there are none: {native.why_not()}.")
        number = CELLS.index(checks.choice("cell", cell, CELLS))
        int8 = checks.choice("weights", weights, WEIGHTS) == "int8"
        given = _listed(tensors, finite=int8)
        self._threads = threads_of_environment() if threads is None else checks.positive("threads", threads)
        with _REFUSING:
            self._native = module.Stack(
                number, given, checks.positive("streams", streams), self._threads, int8
            )

    def push(self, x: Array) -> Array:
        """Take all streams on, and return what the last layer says after each step, in a new array.

        What is refused leaves the states as they were. A NaN stays in its stream until that is reset.

        Args:
            x: one step of one stream, (I,); one step of all, (n, I); or T steps of all, (T, n, I);
                C-contiguous and of the stack's ``dtype``.

        Returns:
            (S,), (n, S) or (T, n, S).

        Raises:
            ArgumentError: x has another shape, type or layout.
            StreamError: the stack is at work in another thread.
        """
        try:
            return self._native.push(x)  # type: ignore[no-any-return]
        except ValueError as error:
            raise ArgumentError(str(error)) from error
        except RuntimeError as error:
            raise StreamError(str(error)) from error

    def step(self) -> Array:
        """Take all streams one step on, from ``input`` to ``output``, and return that array: the fastest way.

        Raises:
            StreamError: the stack is at work in another thread.
        """
        try:
            return self._native.step()  # type: ignore[no-any-return]
        except RuntimeError as error:
            raise StreamError(str(error)) from error

    def advance(self, x: Array, y: Array) -> None:
        """Take the first m streams T steps on, without any new array; the other streams stay where they are.

        Args:
            x: (T, m, I), m at most n.
            y: (T, m, S), written; it shares no memory with x.

        Raises:
            ArgumentError: x or y has another shape, type or layout, or y cannot be written.
            StreamError: the stack is at work in another thread.
        """
        with _REFUSING:
            self._native.advance(x, y)

    def state(self, stream: int | None = None) -> Array:
        """Return a copy of the states: h of all layers (L, S), then c of all layers (L, H) of an LSTM, flat.

        Args:
            stream: one stream's number, which gives (``state_size``,); None for all, (n, ``state_size``).

        Raises:
            ArgumentError: there is no such stream.
            StreamError: the stack is at work in another thread.
        """
        with _REFUSING:
            rows: Array = self._native.state(stream)
        return rows if stream is None else rows[0]

    def restore(self, state: Array, stream: int | None = None) -> None:
        """Go on from states that ``state`` returned, of this stack or of another one with the same layers.

        Args:
            state: (``state_size``,) for one stream, (n, ``state_size``) for all.
            stream: one stream's number; None for all.

        Raises:
            ArgumentError: the state is of another shape or type, or there is no such stream; nothing changed.
            StreamError: the stack is at work in another thread.
        """
        with _REFUSING:
            self._native.restore(state if stream is None else np.asarray(state)[None], stream)

    def reset(self, stream: int | None = None) -> None:
        """Set one stream's states to zero, or all.

        Raises:
            ArgumentError: there is no such stream.
            StreamError: the stack is at work in another thread.
        """
        with _REFUSING:
            self._native.reset(stream)

    def with_streams(self, streams: int) -> "Stack":
        """Return a stack of so many streams, their states zero, which shares this one's packed weights."""
        other = object.__new__(Stack)
        other._threads = self._threads
        with _REFUSING:
            other._native = self._native.with_streams(checks.positive("streams", streams), self._threads)
        return other

    @property
    def native(self) -> Any:
        """Return what the native module itself calls a stack, for its other classes."""
        return self._native

    @property
    def input(self) -> Array:
        """Return the array (n, I) that ``step`` reads; fill it in place. It is always the same one."""
        return self._native.input  # type: ignore[no-any-return]

    @property
    def output(self) -> Array:
        """Return the array (n, S) that ``step`` writes. It is always the same one."""
        return self._native.output  # type: ignore[no-any-return]

    @property
    def streams(self) -> int:
        """Return n."""
        return self._native.streams  # type: ignore[no-any-return]

    @property
    def output_size(self) -> int:
        """Return S."""
        return self._native.output_size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of all arrays, float32 or float64."""
        return self._native.dtype  # type: ignore[no-any-return]

    @property
    def state_size(self) -> int:
        """Return how many numbers the state of one stream has."""
        return self._native.numbers  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Return how many bytes the packed weights take."""
        return self._native.packed_bytes  # type: ignore[no-any-return]


def _listed(tensors: Mapping[str, Array], finite: bool) -> list[Array | None]:
    """Return five entries for each layer, in the order of ``PARTS``."""
    layers = sum(name.startswith("weight_ih_l") for name in tensors)
    names = [f"{part}_l{layer}" for layer in range(layers) for part in PARTS]
    required = {name for name in names if name.startswith(("weight_ih", "weight_hh"))}
    if differing := sorted((tensors.keys() - set(names)) | (required - tensors.keys())):
        raise ArgumentError(
            f"weights differ in {', '.join(map(checks.shown, differing[:5]))}; expected torch.nn's names for "
            "layers of one direction, weight_ih_l0, weight_hh_l0 and so on."
        )
    if not layers:
        raise ArgumentError("there are no weights; expected weight_ih_l0, weight_hh_l0 and so on.")
    types = {tensor.dtype for tensor in tensors.values()}
    if len(types) != 1 or not types <= {np.dtype(np.float32), np.dtype(np.float64)}:
        found = ", ".join(sorted(map(str, types)))
        raise ArgumentError(f"weights are of type {found}; expected all float32 or all float64.")
    if finite and not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise ArgumentError("weights hold NaN or infinity, which int8 cannot; pass weights='float'.")
    return [np.ascontiguousarray(tensors[name]) if name in tensors else None for name in names]


class _Refusing:
    """Turns the native module's errors into Ostinato's."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, ValueError):
            raise ArgumentError(str(error)) from error
        if isinstance(error, RuntimeError):
            raise StreamError(str(error)) from error


_REFUSING: Final = _Refusing()
