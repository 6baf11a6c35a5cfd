"""A network as data: a chain of ops, each with its weights' shapes, its stream state and its look-ahead.

Three executors read this: ``nn`` (torch, for training), ``runtime`` (NumPy) and later ``export`` (ONNX). To
add an op, write its class in ``spec.ops``, list it there, and give every executor a file of the op's name;
a test fails until all are there.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
    Head,
    Op,
    Pool,
    Recurrent,
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
    "Bridge",
    "Convolution",
    "Crf",
    "Dropout",
    "Embedding",
    "Head",
    "Name",
    "Network",
    "Op",
    "Pool",
    "PoolKind",
    "Recurrent",
    "Shapes",
    "Size",
]


ENCODER = "encoder"
"""What the names of an encoder's weights begin with."""


class Network(Spec):
    """A chain of ops.

    Args:
        input: ``"tokens"`` or ``"steps"``: what the first op is given.
        input_size: the vocabulary's size V, or the features of one step, I.
        ops: the chain, first to last; names differ.
        encoder: the network whose steps some of the ops read beside what the chain hands them, their memory.

    Example:
        >>> network = Network(input="steps", input_size=12, ops=(
        ...     Recurrent(cell="gru", hidden_size=64), Pool(kinds=("last",)), Head(size=9)))
        >>> network.flows()[-1]
        Flow(kind='summary', size=9)
        >>> network.tensors()["recurrent.weight_ih_l0"]
        (192, 12)
    """

    input: Literal["tokens", "steps"]
    input_size: Size
    ops: Annotated[tuple[AnyOp, ...], Field(min_length=1, max_length=64)]
    encoder: "Network | None" = None

    def flows(self) -> list[Flow]:
        """Return what stands before the first op, between all ops, and after the last."""
        flows = [Flow(self.input, self.input_size)]
        for op in self.ops:
            flows.append(op.flow(flows[-1]))
        return flows

    def tensors(self) -> Shapes:
        """Return the shape of every weight of the network, by its full name ``op.weight``.

        Those of an encoder are called ``encoder.op.weight``.
        """
        inner = {} if self.encoder is None else self.encoder.tensors()
        return {f"{ENCODER}.{name}": shape for name, shape in inner.items()} | {
            f"{op.name}.{name}": shape
            for op, into in zip(self.ops, self.flows(), strict=False)
            for name, shape in op.tensors(into).items()
        }

    def why_not_stream(self) -> str | None:
        """Return why the network cannot be run step by step, or None if it can."""
        for op, into in zip(self.ops, self.flows(), strict=False):
            if op.stream(into) is None:
                return f"op {op.name!r} reads the whole sequence before it answers (it is bidirectional)"
        return None

    @model_validator(mode="after")
    def _chain_fits(self) -> Self:
        names = [op.name for op in self.ops]
        if len(set(names)) != len(names):
            raise ValueError(f"ops are named {', '.join(names)}; every name may stand once")
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
