"""A network as data: a chain of ops, each with its weights' shapes, its stream state and its look-ahead.

A network with several answers has branches: chains of their own that read what one op of the chain hands on.

Three executors read this: ``nn`` (torch, for training), ``runtime`` (NumPy) and ``export.onnx``. To
add an op, write its class in ``spec.ops``, list it there, and give every executor a file of the op's name;
a test fails until all are there.
"""

from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.errors import ArgumentError
from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow
from ostinato.spec.ops import (
    OPS,
    AdaptiveHead,
    AnyOp,
    Attention,
    AttentiveRecurrent,
    Bridge,
    Convolution,
    Crf,
    Dropout,
    Embedding,
    FrameConvolution,
    GruD,
    Head,
    Op,
    Pool,
    Recurrent,
    WordCharacters,
)
from ostinato.spec.ops.base import Name, Shapes, Size
from ostinato.spec.ops.pool import PoolKind
from ostinato.spec.ops.recurrent import GATES

__all__ = [
    "GATES",
    "OPS",
    "AdaptiveHead",
    "AnyOp",
    "Attention",
    "AttentiveRecurrent",
    "Branch",
    "Bridge",
    "Convolution",
    "Crf",
    "Dropout",
    "Embedding",
    "FrameConvolution",
    "GruD",
    "Head",
    "Name",
    "Network",
    "Op",
    "Pool",
    "PoolKind",
    "Recurrent",
    "Shapes",
    "Size",
    "WordCharacters",
]


ENCODER = "encoder"
"""What the names of an encoder's weights begin with."""

Ops = Annotated[tuple[AnyOp, ...], Field(min_length=1, max_length=64)]


class Branch(Spec):
    """A second answer of a network, beside the chain's.

    Args:
        name: the first part of its weights' names, ``name.op.weight``.
        after: the op of the chain whose steps it reads.
        ops: its own chain, first to last.
    """

    name: Name
    after: Name
    ops: Ops


class Network(Spec):
    """A chain of ops, and branches of it.

    Args:
        input: ``"tokens"``, ``"words"`` or ``"steps"``: what the first op is given.
        input_size: the vocabulary's size V, or the length of a step's row or vector, I.
        ops: the chain, first to last; names differ.
        branches: further answers; their names differ from each other and from those of the ops.
        encoder: the network whose steps some of the ops read beside what the chain hands them, their memory.

    Example:
        >>> network = Network(input="steps", input_size=12, ops=(
        ...     Recurrent(cell="gru", hidden_size=64), Pool(kinds=("last",)), Head(size=9)))
        >>> network.flows()[-1]
        Flow(kind='summary', size=9)
        >>> network.tensors()["recurrent.weight_ih_l0"]
        (192, 12)
    """

    input: Literal["tokens", "words", "steps"]
    input_size: Size
    ops: Ops
    branches: Annotated[tuple[Branch, ...], Field(max_length=16)] = ()
    encoder: "Network | None" = None

    def flows(self) -> list[Flow]:
        """Return what stands before the first op, between all ops, and after the last."""
        flows = [Flow(self.input, self.input_size)]
        for op in self.ops:
            flows.append(op.flow(flows[-1]))
        return flows

    def tensors(self) -> Shapes:
        """Return the shape of every weight by its full name: ``op.weight``, or ``branch.op.weight``.

        Those of an encoder are called ``encoder.op.weight``.
        """
        inner = {} if self.encoder is None else self.encoder.tensors()
        chain = {f"{ENCODER}.{name}": shape for name, shape in inner.items()} | {
            f"{op.name}.{name}": shape
            for op, into in zip(self.ops, self.flows(), strict=False)
            for name, shape in op.tensors(into).items()
        }
        for branch in self.branches:
            shapes = self.branch(branch).tensors()
            chain |= {f"{branch.name}.{name}": shape for name, shape in shapes.items()}
        return chain

    @property
    def stride(self) -> int:
        """Return how many steps go into one step of what the chain makes: T steps become ⌈T / stride⌉."""
        return prod(op.stride for op in self.ops if isinstance(op, Convolution))

    def branch(self, branch: Branch) -> "Network":
        """Return a branch as the network that it is: its input is what ``after`` hands on."""
        names = [op.name for op in self.ops]
        given = self.flows()[names.index(branch.after) + 1]
        if given.kind != "steps":
            raise ArgumentError(
                f"branch {branch.name!r} stands after {branch.after!r}, which makes a {given.kind}; expected "
                "an op that makes steps."
            )
        return Network(input="steps", input_size=given.size, ops=branch.ops)

    def why_not_stream(self) -> str | None:
        """Return why the network cannot be run step by step, or None if it can."""
        for op, into in zip(self.ops, self.flows(), strict=False):
            if op.stream(into) is None:
                return f"op {op.name!r} reads the whole sequence before it answers (it is bidirectional)"
        reasons = (self.branch(branch).why_not_stream() for branch in self.branches)
        return next((reason for reason in reasons if reason), None)

    @model_validator(mode="after")
    def _chain_fits(self) -> Self:
        names = [op.name for op in self.ops]
        every = [*names, *(branch.name for branch in self.branches)]
        if len(set(every)) != len(every):
            raise ValueError(f"ops are named {', '.join(every)}; every name may stand once")
        for branch in self.branches:
            if branch.after not in names:
                known = ", ".join(names)
                raise ValueError(f"branch {branch.name!r} is after {branch.after!r}; expected one of {known}")
            self.branch(branch)
        for op, into in zip(self.ops, self.flows(), strict=False):
            if isinstance(op, Head) and op.tied is not None:
                self._check_tied(op, into)
            if isinstance(op, Bridge):
                self._check_begun(op)
        return self

    @model_validator(mode="after")
    def _memory_fits(self) -> Self:
        readers = {op.name: op.memory() for op in self.ops if op.memory() is not None}
        if self.encoder is None:
            if readers:
                raise ValueError(f"op {next(iter(readers))!r} reads an encoder, and the network has none")
            return self
        if not readers:
            raise ValueError("the network has an encoder, and no op reads it")
        if self.encoder.encoder is not None or any(op.name == ENCODER for op in self.ops):
            raise ValueError(f"an encoder has no encoder, and no op beside one is called {ENCODER!r}")
        made = self.encoder.flows()[-1]
        for name, size in readers.items():
            if made != Flow("steps", size or 0):
                raise ValueError(
                    f"op {name!r} reads steps of {size}; the encoder makes {made.kind} of {made.size}"
                )
        return self

    def _check_begun(self, bridge: Bridge) -> None:
        """Refuse a bridge to no recurrent op behind it, or to one with other states."""
        names = [op.name for op in self.ops]
        behind = dict(zip(names, zip(self.ops, self.flows(), strict=False), strict=True))
        if bridge.to not in names[names.index(bridge.name) + 1 :]:
            raise ValueError(
                f"bridge {bridge.name!r} begins {bridge.to!r}; expected an op that stands behind it"
            )
        op, into = behind[bridge.to]
        kept = op.stream(into) if isinstance(op, Recurrent | AttentiveRecurrent) else None
        if kept is None or kept.state != bridge.begun():
            raise ValueError(
                f"bridge {bridge.name!r} begins states {bridge.begun()}; op {bridge.to!r} keeps "
                f"{'none' if kept is None else kept.state}"
            )

    def _check_tied(self, head: Head, into: Flow) -> None:
        embeddings = {op.name: op for op in self.ops if isinstance(op, Embedding)}
        if head.tied not in embeddings:
            known = ", ".join(embeddings) or "none here"
            raise ValueError(f"head {head.name!r} is tied to {head.tied!r}; expected an embedding: {known}")
        shape, wanted = (self.input_size, embeddings[head.tied].size), (head.size, into.size)
        if shape != wanted:
            raise ValueError(
                f"head {head.name!r} turns {wanted[1]} features into {wanted[0]} scores, and embedding "
                f"{head.tied!r}, to which it is tied, has a weight of shape {shape}; expected {wanted}"
            )
