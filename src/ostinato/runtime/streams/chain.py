"""Streams that one native call takes through a whole network: scaling, layers, pool, head and softmax."""

from typing import Any, Final

import numpy as np

from ostinato.preprocess.pack import Integers
from ostinato.preprocess.scale import scale_rows
from ostinato.runtime import native
from ostinato.runtime.base import Array, Op, State
from ostinato.runtime.convolution import Convolution
from ostinato.runtime.dropout import Dropout
from ostinato.runtime.embedding import Embedding
from ostinato.runtime.head import Head
from ostinato.runtime.network import Network
from ostinato.runtime.pool import Pool
from ostinato.runtime.recurrent import Recurrent
from ostinato.runtime.streams.engine import Engine, NetworkEngine, check_finite
from ostinato.runtime.threads import threads
from ostinato.spec.preprocessing import Series

POOLS: Final = ("last", "mean", "max", "attention")
"""The kinds of pools, in the order of the numbers that the native module gives them."""
ORDER: Final = (Embedding, Convolution, Recurrent, Pool, Head)
"""The ops of a chain, in the only order in which they may stand; convolutions may be several."""
LARGEST: Final = 1e38
"""What no sum may pass, so that floats, which end at 3.4e38, never overflow."""
WILD: Final = 1e8
"""No input leads to a recurrent state as large as that; where one is larger, every step is looked at."""


def engine_of(
    network: Network,
    streams: int,
    until: str | None = None,
    series: Series | None = None,
    probabilities: bool = False,
) -> Engine:
    """Return what takes a network's streams on fastest; the arguments are those of ``NetworkEngine``.

    Example:
        >>> from ostinato.spec import network as spec
        >>> described = spec.Network(
        ...     input="steps", input_size=2, ops=(spec.Recurrent(cell="gru", hidden_size=3),))
        >>> ones = {name: np.ones(shape, np.float32) for name, shape in described.tensors().items()}
        >>> engine = engine_of(Network(described, ones), streams=5)
        >>> engine.advance(np.zeros((4, 2, 2), np.float32), np.array([0, 3])).shape
        (4, 2, 3)
        >>> engine.take(1)["recurrent.h"].tolist()
        [[0.0, 0.0, 0.0]]
    """
    ops = _chain(network, until)
    if ops is None:
        return NetworkEngine(network, streams, until, series, probabilities)
    chain = _compiled(network, ops, series, probabilities)
    return ChainEngine(network, streams, until, series, probabilities, chain)


class ChainEngine(Engine):
    """Streams that a native chain takes on; the other arguments are those of ``NetworkEngine``.

    Bounded inputs lead to bounded numbers: the plan's limit is such a bound. Beyond it, and where there is
    none, all states are kept until what comes out has been looked at.

    Args:
        chain: one of the network's, of any number of streams: its plan is shared.
    """

    def __init__(
        self,
        network: Network,
        streams: int,
        until: str | None,
        series: Series | None,
        probabilities: bool,
        chain: Any,
    ) -> None:
        super().__init__(network, until, series, probabilities)
        self._chain = chain.with_streams(streams, threads())
        self._streams = streams
        self._wild = False
        first = next(iter(network.ops.values()))
        self._vectors = first if isinstance(first, Embedding) else None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from: packed weights are of one processor; streams begin anew."""
        return engine_of, (self.network, self._streams, self.until, self.series, self.probabilities)

    def again(self, streams: int) -> Engine:
        """Return the same for so many streams, fresh ones."""
        return ChainEngine(self.network, streams, self.until, self.series, self.probabilities, self._chain)

    def quick(self, row: Any) -> Array | None:
        """Take the only stream one step on in one native call, if the row is an array of floats."""
        return None if self._wild else self._chain.push(row)

    def advance(self, rows: Array, streams: Integers | None) -> Array:
        """Take m streams T steps on."""
        values = np.ascontiguousarray(rows if self._vectors is None else self._vectors.rows(rows))
        said: Array | None = None if self._wild else self._chain.advance(values, streams, guarded=True)
        return self._looked_at(values, streams) if said is None else said

    def _looked_at(self, values: Array, streams: Integers | None) -> Array:
        """Take m streams on, and back where numbers overflow."""
        if self.series is not None:
            scale_rows(self.series, values.reshape(-1, values.shape[-1]), "steps")
        moved = range(self._streams) if streams is None else streams.tolist()
        before = [self._chain.state(stream) for stream in moved]
        said: Array = self._chain.advance(values, streams, guarded=False)
        try:
            check_finite(said, *(self._chain.state(stream) for stream in moved))
        except BaseException:
            for stream, row in zip(moved, before, strict=True):
                self._chain.restore(row, stream)
            raise
        return said

    def take(self, stream: int) -> State:
        """Return a copy of one stream's state."""
        row, place, state = self._chain.state(stream), 0, {}
        for name, array in self.fresh.items():
            part = row[place : place + array.size].reshape(array.shape)
            state[name], place = part.astype(array.dtype), place + array.size
        return state

    def put(self, state: State, stream: int) -> None:
        """Let a stream go on from a state."""
        self._chain.restore(self._row(state), stream)

    def fill(self, state: State) -> None:
        """Let all streams go on from one state."""
        self._wild = False
        self._chain.restore(self._row(state), None)

    def _row(self, state: State) -> Array:
        """Return a state as the chain has it: one row of numbers."""
        recurrent = (array for name, array in state.items() if name.endswith((".h", ".c", ".past")))
        self._wild |= any(np.abs(array).max(initial=0) > WILD for array in recurrent)
        return np.concatenate([state[name].astype(np.float64).reshape(-1) for name in self.fresh])


def _chain(network: Network, until: str | None) -> list[Op] | None:
    """Return the ops that a native chain can take, or None where they are none."""
    if network.kernels == "numpy" or network.branches:
        return None
    names = [*network.ops]
    kept = names if until is None else names[: names.index(until)]
    ops = [network.ops[name] for name in kept if not isinstance(network.ops[name], Dropout)]
    kinds = [type(op) for op in ops]
    once = [kind for kind in kinds if kind is not Convolution]
    fits = set(kinds) <= set(ORDER) and Recurrent in kinds and len(set(once)) == len(once)
    places = [ORDER.index(kind) for kind in kinds if kind in ORDER]
    single = all(op.dtype == np.float32 for op in ops if isinstance(op, Recurrent))
    plain = all(op.activation == "relu" and op.stride == 1 for op in ops if isinstance(op, Convolution))
    return ops if fits and places == sorted(places) and single and plain else None


def _compiled(network: Network, ops: list[Op], series: Series | None, probabilities: bool) -> Any:
    """Return the native chain of ops, of one stream."""
    convolutions = [
        (np.ascontiguousarray(op.taps.T), op.bias, op.size) for op in ops if isinstance(op, Convolution)
    ]
    pool = next((op for op in ops if isinstance(op, Pool)), None)
    head = next((op for op in ops if isinstance(op, Head)), None)
    kinds = () if pool is None else pool.spec.kinds
    attention = None
    if pool is not None and "attention" in kinds:
        attention = tuple(
            np.ascontiguousarray(pool.weights[f"attention.{part}"]) for part in ("weight", "bias", "query")
        )
    scale = None if series is None else (np.array(series.center), np.array(series.spread))
    recurrent = next(op for op in ops if isinstance(op, Recurrent))
    module: Any = native.module()
    flow = network.spec.flows()[1 if isinstance(ops[0], Embedding) else 0]
    return module.Chain(
        recurrent.stack.native,
        flow.size,
        scale,
        convolutions,
        [POOLS.index(kind) for kind in kinds],
        attention,
        None if head is None else (np.ascontiguousarray(head.weight.T), head.bias),
        probabilities,
        _limit(convolutions, recurrent, head),
        1,
        1,
    )


def _limit(convolutions: list[tuple[Array, Array, int]], recurrent: Recurrent, head: Head | None) -> float:
    """Return the largest input with which no number overflows, however many steps are taken; below 0: none.

    States of tanh and of gates stay within 1, and an LSTM's c, to which a step adds 1 at most, stops growing
    at 2^24: what is left are sums of products, each at most the sum of the weights times the largest input.
    """
    if recurrent.spec.cell == "rnn_relu":
        return -1.0
    factor, more = 1.0, 0.0
    for taps, bias, _ in convolutions:
        factor, more = factor * _reach(taps), more * _reach(taps) + float(np.abs(bias).max())
    weights = recurrent.weights
    sums = [_reach(weights["weight_ih_l0"])] + [
        _reach(array) for name, array in weights.items() if not name.startswith("weight_ih_l0")
    ]
    inner = max(sums[1:], default=0.0) * 4  # products of states, of a layer's inputs in the stack, and biases
    outer = 0.0 if head is None else _reach(head.weight.T) + float(np.abs(head.bias).max())
    left = LARGEST - more * sums[0] - inner
    return -1.0 if left <= 0 or outer > LARGEST else min(left / max(factor * sums[0], 1e-30), LARGEST)


def _reach(weight: Array) -> float:
    """Return the largest sum of a row's absolute values; of a bias the largest value."""
    wide = np.abs(weight.astype(np.float64))
    return float((wide.sum(axis=1) if wide.ndim == 2 else wide).max())
