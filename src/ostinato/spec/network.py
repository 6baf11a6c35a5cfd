"""A network as data: a list of ops, each with its weights' shapes, its stream state and its look-ahead.

Three executors read this: ``nn`` (torch, for training), ``runtime`` (NumPy) and later ``export`` (ONNX). To
add an op, write its class here, list it in ``AnyOp``, and give every executor a file of the op's name;
a test fails until all are there.
"""

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.errors import ArgumentError
from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow, Stream

Size = Annotated[int, Field(ge=1, le=2**24)]
Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
PoolKind = Literal["last", "mean", "max", "attention"]
Shapes = dict[str, tuple[int, ...]]

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}
"""Gates of each cell; weights stack them in the order i, f, g, o (LSTM) and r, z, n (GRU)."""


class Op(Spec, ABC):
    """One op of a network. ``name`` is the first part of its weights' names."""

    name: Name

    @abstractmethod
    def flow(self, into: Flow) -> Flow:
        """Return what the op hands on when it is given ``into``; raise ArgumentError if it cannot take it."""

    def tensors(self, into: Flow) -> Shapes:
        """Return the shape of every weight, by name."""
        return {}

    def stream(self, into: Flow) -> Stream | None:
        """Return what the op keeps between steps, or None if it cannot work step by step."""
        return Stream({})

    def _take(self, into: Flow, *kinds: str) -> None:
        if into.kind not in kinds:
            raise ArgumentError(f"op {self.name!r} is given {into.kind}; expected {' or '.join(kinds)}.")


class Embedding(Op):
    """Turn each token into a vector: row ``token`` of weight (V, E)."""

    op: Literal["embedding"] = "embedding"
    name: Name = "embedding"
    size: Size

    def flow(self, into: Flow) -> Flow:
        self._take(into, "tokens")
        return Flow("steps", self.size)

    def tensors(self, into: Flow) -> Shapes:
        return {"weight": (into.size, self.size)}


class Dropout(Op):
    """Zero each number with probability ``rate`` while training; pass everything on otherwise.

    With ``whole_steps`` a step is zeroed as a whole.
    """

    op: Literal["dropout"] = "dropout"
    name: Name = "dropout"
    rate: Rate
    whole_steps: bool = False

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return into


class Convolution(Op):
    """A causal convolution along time, optional normalisation, and a rectifier.

        y_t = relu(norm(b + sum_k W[:, :, k] x_(t - K + 1 + k))),  k = 0 … K - 1,  x_t = 0 for t < 1

    It looks back only, so its look-ahead is 0 and what it says of a prefix never changes. ``norm`` is batch
    normalisation with the statistics gathered in training (Ioffe & Szegedy 2015, arXiv:1502.03167).
    """

    op: Literal["convolution"] = "convolution"
    name: Name = "convolution"
    channels: Size
    kernel_size: Annotated[int, Field(ge=1, le=1024)]
    normalization: Literal["none", "batch"] = "batch"

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("steps", self.channels)

    def tensors(self, into: Flow) -> Shapes:
        shapes: Shapes = {"weight": (self.channels, into.size, self.kernel_size), "bias": (self.channels,)}
        if self.normalization == "batch":
            parts = ("weight", "bias", "running_mean", "running_var")
            shapes |= {f"norm.{part}": (self.channels,) for part in parts}
        return shapes

    def stream(self, into: Flow) -> Stream | None:
        return Stream({"past": (self.kernel_size - 1, into.size)})


class Recurrent(Op):
    """A stack of recurrent layers; every step of the last layer is handed on.

    Weights are named and laid out as torch.nn names and lays out those of RNN, LSTM and GRU. ``dropout``
    works between layers while training.
    """

    op: Literal["recurrent"] = "recurrent"
    name: Name = "recurrent"
    cell: Literal["rnn_tanh", "rnn_relu", "lstm", "gru"]
    hidden_size: Size
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    bidirectional: bool = False
    dropout: Rate = 0.0

    @property
    def directions(self) -> Literal[1, 2]:
        """Return D: 2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("steps", self.directions * self.hidden_size)

    def tensors(self, into: Flow) -> Shapes:
        rows = GATES[self.cell] * self.hidden_size
        shapes: Shapes = {}
        for layer in range(self.layers):
            size = into.size if layer == 0 else self.directions * self.hidden_size
            for suffix in ("", "_reverse")[: self.directions]:
                shapes[f"weight_ih_l{layer}{suffix}"] = (rows, size)
                shapes[f"weight_hh_l{layer}{suffix}"] = (rows, self.hidden_size)
                shapes[f"bias_ih_l{layer}{suffix}"] = (rows,)
                shapes[f"bias_hh_l{layer}{suffix}"] = (rows,)
        return shapes

    def stream(self, into: Flow) -> Stream | None:
        if self.bidirectional:
            return None
        names = ("h", "c") if self.cell == "lstm" else ("h",)
        return Stream(dict.fromkeys(names, (self.layers, self.hidden_size)))


class Pool(Op):
    """Turn the steps of a sequence into one vector: the parts named in ``kinds``, side by side.

    last       h_T (with two directions: the forward half at T and the reverse half at 1)
    mean       (1 / T) sum_t h_t
    max        max_t h_t, feature by feature
    attention  sum_t a_t h_t,  a = softmax_t(v . tanh(W h_t + b))     (Yang et al. 2016, section 2.2)
    """

    op: Literal["pool"] = "pool"
    name: Name = "pool"
    kinds: Annotated[
        tuple[Literal["last", "mean", "max", "attention"], ...], Field(min_length=1, max_length=4)
    ]
    attention_size: Size = 64
    directions: Literal[1, 2] = 1

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("summary", len(self.kinds) * into.size)

    def tensors(self, into: Flow) -> Shapes:
        if "attention" not in self.kinds:
            return {}
        return {
            "attention.weight": (self.attention_size, into.size),
            "attention.bias": (self.attention_size,),
            "attention.query": (self.attention_size,),
        }

    def stream(self, into: Flow) -> Stream | None:
        if self.directions == 2:
            return None
        size = into.size
        kept: dict[str, Shapes] = {
            "last": {"last": (size,)},
            "mean": {"sum": (size,)},
            "max": {"max": (size,)},
            "attention": {"weighted": (size,), "total": (), "peak": ()},
        }
        state: Shapes = {"count": ()}
        for kind in self.kinds:
            state |= kept[kind]
        return Stream(state)

    @model_validator(mode="after")
    def _no_kind_twice(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"pool kinds {', '.join(self.kinds)} name one twice")
        return self


class Head(Op):
    """The textbook's output: y = W_hy h + b_y, for every step or for the summary, whichever it is given."""

    op: Literal["head"] = "head"
    name: Name = "head"
    size: Size

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps", "summary")
        return Flow(into.kind, self.size)

    def tensors(self, into: Flow) -> Shapes:
        return {"weight": (self.size, into.size), "bias": (self.size,)}


AnyOp = Annotated[
    Embedding | Dropout | Convolution | Recurrent | Pool | Head,
    Field(discriminator="op"),
]
OPS: tuple[type[Op], ...] = (Embedding, Dropout, Convolution, Recurrent, Pool, Head)


class Network(Spec):
    """A chain of ops.

    Args:
        input: ``"tokens"`` or ``"steps"``: what the first op is given.
        input_size: the vocabulary's size V, or the features of one step, I.
        ops: the chain, first to last; names differ.

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

    def flows(self) -> list[Flow]:
        """Return what stands before the first op, between all ops, and after the last."""
        flows = [Flow(self.input, self.input_size)]
        for op in self.ops:
            flows.append(op.flow(flows[-1]))
        return flows

    def tensors(self) -> Shapes:
        """Return the shape of every weight of the network, by its full name ``op.weight``."""
        return {
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
        self.flows()
        return self
