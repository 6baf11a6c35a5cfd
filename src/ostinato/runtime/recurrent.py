"""The recurrent op: on the native kernels where they are, else in NumPy."""

from collections.abc import Iterable
from typing import Final, Protocol

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, BackendError, StreamError
from ostinato.preprocess.pack import Integers, Packed
from ostinato.runtime import native
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.runtime.cells import CELLS
from ostinato.runtime.native_layers import NativeLayers, StackLayers
from ostinato.runtime.numpy_layers import NumpyLayers
from ostinato.runtime.stack import Stack
from ostinato.spec.flow import Flow
from ostinato.spec.network import Op as AnyOp
from ostinato.spec.network import Recurrent as Spec
from ostinato.spec.network import WordCharacters

KERNELS: Final = ("auto", "native", "numpy", "int8")


def choose(kernels: str, ops: Iterable[AnyOp]) -> str:
    """Return which kernels a choice stands for: ``"native"``, ``"numpy"`` or ``"int8"``.

    Args:
        kernels: one of those; or ``"auto"``: native where they are, else NumPy.
        ops: those that are to run.

    Raises:
        ArgumentError: there is no such choice, or an op is bidirectional and int8 was chosen.
        BackendError: native kernels were asked for by name, and there are none.
    """
    checks.choice("kernels", kernels, KERNELS)
    reason = native.why_not()
    if kernels == "auto":
        return "numpy" if reason else "native"
    if kernels != "numpy" and reason:
        raise BackendError(f"kernels is {kernels!r}, and there are no native kernels: {reason}.")
    for op in ops:
        both_ways = isinstance(op, WordCharacters) or (isinstance(op, Spec) and op.bidirectional)
        if kernels == "int8" and both_ways:
            raise ArgumentError(
                f"kernels is 'int8', and op {op.name!r} is bidirectional; int8 is for models that can stream."
            )
    return kernels


class Whole(Protocol):
    """What takes whole sequences."""

    def run(self, rows: Array, batch_sizes: Integers) -> Array:
        """Map packed rows (N, I) to (N, D * H)."""


class Steps(Protocol):
    """What goes on with streams."""

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to (T, n, H), and states (n, L, H) to those after them."""


class Recurrent(Op):
    """A stack of recurrent layers; every step of the last layer is handed on.

    A stream keeps ``h`` and, for an LSTM, ``c``: (n, L, H), zeros at first.

    Args:
        kernels: one of ``KERNELS``; with ``"int8"`` the weights are rounded to 8-bit integers, as
            ``runtime.stack`` has it.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights, kernels: str = "auto") -> None:
        self.spec = spec
        self.dtype = weights["weight_ih_l0"].dtype
        self._parts = (spec, into, weights, kernels)
        self._whole, self._steps = _executors(choose(kernels, [spec]), spec, weights)

    def __reduce__(self) -> tuple[type["Recurrent"], tuple[Spec, Flow, Weights, str]]:
        """Pickle what it was made from: packed weights are of one processor, and kernels are chosen anew."""
        return Recurrent, self._parts

    @property
    def weights(self) -> Weights:
        """Return the weights by name."""
        return self._parts[2]

    @property
    def stack(self) -> Stack:
        """Return the packed layers of a one-way op on native kernels."""
        if not isinstance(self._steps, StackLayers):
            raise TypeError(f"op {self.spec.name!r} does not run on a stack")
        return self._steps.stack

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, I) to steps (N, D * H)."""
        rows, batch_sizes = flow
        return Packed(self._whole.run(rows, batch_sizes), batch_sizes)

    def start(self, streams: int) -> State:
        """Return states of zeros."""
        self._one_way()
        shape = (streams, self.spec.layers, self.spec.hidden_size)
        return {name: np.zeros(shape, self.dtype) for name in CELLS[self.spec.cell].states}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, I) to steps (T, n, H)."""
        return self._one_way().push(state, rows)

    def _one_way(self) -> Steps:
        if self._steps is None:
            raise StreamError(
                f"op {self.spec.name!r} is bidirectional: it reads the whole sequence before it answers; "
                "train a model without --bidirectional to run it step by step."
            )
        return self._steps


def _executors(kernels: str, spec: Spec, weights: Weights) -> tuple[Whole, Steps | None]:
    """Return what runs whole sequences, and what goes on with streams, if the op can."""
    if kernels == "int8":
        stack = StackLayers(spec, weights, "int8")
        return stack, stack
    if kernels == "native":
        return NativeLayers(spec, weights), None if spec.bidirectional else StackLayers(
            spec, weights, "float"
        )
    layers = NumpyLayers(spec, weights)
    return layers, None if spec.bidirectional else layers
