"""A network built from its spec, on NumPy and the native kernels: what every verb after training runs on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, StreamError
from ostinato.preprocess.pack import Packed
from ostinato.runtime.adaptive_head import AdaptiveHead
from ostinato.runtime.attention import Attention
from ostinato.runtime.attentive_recurrent import AttentiveRecurrent
from ostinato.runtime.base import Array, MemoryOp, Op, State
from ostinato.runtime.bridge import Bridge
from ostinato.runtime.convolution import Convolution
from ostinato.runtime.crf import Crf
from ostinato.runtime.dropout import Dropout
from ostinato.runtime.embedding import Embedding
from ostinato.runtime.frame_convolution import FrameConvolution
from ostinato.runtime.gru_d import GruD
from ostinato.runtime.head import Head
from ostinato.runtime.pool import Pool
from ostinato.runtime.recurrent import Recurrent, choose
from ostinato.runtime.word_characters import WordCharacters
from ostinato.spec import network as spec

AnyExecutor = Op | MemoryOp
Executor = Callable[[Any, Any, Any], AnyExecutor]

EXECUTORS: Final[dict[type[spec.Op], Executor]] = {
    spec.Embedding: Embedding,
    spec.Dropout: Dropout,
    spec.Convolution: Convolution,
    spec.FrameConvolution: FrameConvolution,
    spec.Recurrent: Recurrent,
    spec.Pool: Pool,
    spec.Head: Head,
    spec.AdaptiveHead: AdaptiveHead,
    spec.Crf: Crf,
    spec.WordCharacters: WordCharacters,
    spec.Attention: Attention,
    spec.AttentiveRecurrent: AttentiveRecurrent,
    spec.Bridge: Bridge,
    spec.GruD: GruD,
}
"""What executes each op, made from the op, the flow that it is given, and its weights."""


class Network:
    """A chain of ops with their weights; a branch is a network of its own.

    Args:
        spec: the network as data.
        tensors: the weights, under the names of ``spec.tensors()``.
        dtype: what to compute in. In float32 an answer differs in its last digits with the sequences beside
            it, as matrix products do; in float64 it does not to float32's precision, in twice the time.
        kernels: what recurrent ops run on: ``"native"`` (the C++ core), ``"numpy"``, ``"auto"`` (native where
            it is, else NumPy), or ``"int8"`` (native, for one direction in float32, with weights rounded to
            8-bit integers: see ``runtime.stack``). ``runtime.threads`` says how many threads they use.

    Raises:
        ArgumentError: tensors do not fit the spec, or int8 cannot hold them.
        BackendError: native kernels were asked for by name and there are none; the message says why.

    Example:
        >>> network = Network(spec.Network(input="steps", input_size=2, ops=(spec.Head(size=3),)), {
        ...     "head.weight": np.ones((3, 2), np.float32), "head.bias": np.zeros(3, np.float32)})
        >>> network.run(Packed(np.ones((1, 2), np.float32), np.array([1]))).data.tolist()
        [[2.0, 2.0, 2.0]]
    """

    def __init__(
        self,
        spec: spec.Network,
        tensors: Mapping[str, Array],
        dtype: type[np.floating[Any]] = np.float32,
        kernels: str = "auto",
    ) -> None:
        check_tensors(spec, tensors)
        choose(kernels, spec.ops)  # refused even where no op is recurrent
        self.spec, self.tensors = spec, tensors
        self._kernels = kernels
        self.ops: dict[str, Op] = {}
        for name, op in executed(spec, tensors, dtype, kernels).items():
            if not isinstance(op, Op):
                raise ArgumentError(f"op {name!r} reads an encoder; EncoderDecoder executes such networks.")
            self.ops[name] = op
        self.branches = {
            branch.name: Network(spec.branch(branch), part(tensors, branch.name), dtype, kernels)
            for branch in spec.branches
        }

    @property
    def kernels(self) -> str:
        """Return what recurrent ops run on: ``"native"``, ``"numpy"`` or ``"int8"``."""
        return choose(self._kernels, self.spec.ops)

    def run(self, packed: Packed, until: str | None = None) -> Packed | Array:
        """Map a packed batch of whole sequences to steps (N, F), or to a summary (B, F), as the spec says.

        Numbers that leave the range of floats give NaN or infinity, never a warning: the caller looks.

        Args:
            packed: tokens (N,), words or steps (N, I).
            until: the op before which to stop: what it would be given is returned.
        """
        flow: Packed | Array = packed
        with np.errstate(over="ignore", invalid="ignore"):
            for op in self._first(until).values():
                flow = op.run(flow)
        return flow

    def answers(self, packed: Packed) -> tuple[Packed | Array, dict[str, Packed | Array]]:
        """Return what the chain says, as ``run`` does, and what each branch says, by its name."""
        flow: Packed | Array = packed
        seen: dict[str, Any] = {}
        with np.errstate(over="ignore", invalid="ignore"):
            for name, op in self.ops.items():
                seen[name] = flow = op.run(flow)
        said = {one.name: self.branches[one.name].run(seen[one.after]) for one in self.spec.branches}
        return flow, said

    def start(self, streams: int = 1) -> State:
        """Return the state of n streams before their first step: arrays by name ``op.quantity``, (n, …).

        Raises:
            StreamError: the network cannot work step by step; the message says why.
        """
        if reason := self.spec.why_not_stream():
            raise StreamError(f"this model cannot run step by step: {reason}; give it whole sequences.")
        parts = self.ops | self.branches
        states = {name: part.start(checks.positive("streams", streams)) for name, part in parts.items()}
        return {f"{name}.{key}": array for name, state in states.items() for key, array in state.items()}

    def push(self, state: State, rows: Array, until: str | None = None) -> tuple[State, Array]:
        """Return the state after T more steps, and what the network says after each of them, (T, n, F).

        What is said after step t is the answer for the prefix that ends there. ``state`` stays as it is.

        Args:
            state: what ``start`` or the last ``push`` returned.
            rows: tokens (T, n), or words or steps (T, n, I).
            until: the op before which to stop: what it would be given is returned. It and those behind it do
                not hear these steps: their part of the state goes on as it is.
        """
        after, rows, _ = self.push_answers(state, rows, until)
        return after, rows

    def push_answers(
        self, state: State, rows: Array, until: str | None = None
    ) -> tuple[State, Array, dict[str, Array]]:
        """Do what ``push`` does, and return what each branch says after each step, too, by its name."""
        check_rows(self.spec, rows)
        if any(len(array) != rows.shape[1] for array in state.values()):
            streams = len(next(iter(state.values())))
            raise ArgumentError(
                f"rows has shape {rows.shape}; expected (T, {streams}, …): {streams} streams run."
            )
        after: State = {}
        said: dict[str, Array] = {}
        with np.errstate(over="ignore", invalid="ignore"):
            for name, op in self._first(until).items():
                kept, rows = op.push(part(state, name), rows)
                after |= _named(name, kept)
                for branch in self.spec.branches:
                    if branch.after == name:
                        own = part(state, branch.name)
                        kept, said[branch.name] = self.branches[branch.name].push(own, rows)
                        after |= _named(branch.name, kept)
        return state | after, rows, said

    def finish(self, state: State, branch: str | None = None) -> Array | None:
        """Return the answer for everything that was pushed, (n, C); None if the network answers every step.

        Args:
            state: what the last ``push`` returned.
            branch: whose answer; None: the chain's.

        Raises:
            StreamError: nothing was pushed yet.
        """
        if branch is not None:
            return self.branches[checks.choice("branch", branch, self.branches)].finish(part(state, branch))
        answer: Array | None = None
        for name, op in self.ops.items():
            if answer is None:
                answer = op.finish(part(state, name))
            else:
                _, answer = op.push(part(state, name), answer)
        return answer

    def _first(self, until: str | None) -> dict[str, Op]:
        """Return the ops that stand before the one of this name, or all."""
        names = [*self.ops]
        if until is None:
            return self.ops
        return {name: self.ops[name] for name in names[: names.index(checks.choice("until", until, names))]}


def executed(
    spec: spec.Network, tensors: Mapping[str, Array], dtype: type[np.floating[Any]], kernels: str
) -> dict[str, AnyExecutor]:
    """Return what executes each op of a network, by name; the arguments are those of ``Network``."""
    executors, made = _executors(kernels), {}
    with np.errstate(over="ignore", invalid="ignore"):
        cast = {name: _cast(tensor, dtype) for name, tensor in tensors.items()}
        for op, into in zip(spec.ops, spec.flows(), strict=False):
            names = {name: f"{op.name}.{name}" for name in op.tensors(into)} | op.shared()
            weights = {name: cast[full] for name, full in names.items()}
            made[op.name] = executors[type(op)](op, into, weights)
    return made


def check_rows(spec: spec.Network, rows: Array) -> None:
    """Refuse what is no step of n streams: tokens (T, n), or words or steps (T, n, I)."""
    if spec.input != "tokens":
        checks.shape("rows", rows, ("T", "n", spec.input_size))
        return
    checks.shape("rows", rows, ("T", "n"))
    if rows.dtype.kind not in "iu" or (rows < 0).any() or (rows >= spec.input_size).any():
        raise ArgumentError(
            f"rows holds something that is no token; expected whole numbers from 0 to {spec.input_size - 1}."
        )


def _executors(kernels: str) -> dict[type[spec.Op], Executor]:
    """Return what executes each op, recurrent ones on these kernels."""
    return EXECUTORS | {
        spec.Recurrent: partial(Recurrent, kernels=kernels),
        spec.WordCharacters: partial(WordCharacters, kernels=kernels),
    }


def _cast(tensor: Array, dtype: type[np.floating[Any]]) -> Array:
    return np.ascontiguousarray(tensor, dtype=dtype)


def part(state: Mapping[str, Array], name: str) -> State:
    """Return the part of a network's state, or weights, that belongs to one op or branch."""
    return {key.partition(".")[2]: array for key, array in state.items() if key.partition(".")[0] == name}


def _named(name: str, state: State) -> State:
    """Return the state of one op or branch as a part of the network's."""
    return {f"{name}.{key}": array for key, array in state.items()}


def check_tensors(spec: spec.Network, tensors: Mapping[str, Array]) -> None:
    """Refuse weights whose names or shapes are not those of ``spec.tensors()``."""
    expected = spec.tensors()
    if differing := sorted(expected.keys() ^ tensors.keys()):
        raise ArgumentError(
            f"weights differ by name: {', '.join(differing[:10])}; expected {len(expected)} weights."
        )
    for name, shape in expected.items():
        checks.shape(name, tensors[name], shape)
