"""A network with an encoder, on NumPy and the native kernels: sources are read once, targets step by step."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.preprocess.pack import Integers, Packed
from ostinato.runtime.base import Array, MemoryOp, State
from ostinato.runtime.bridge import Bridge
from ostinato.runtime.memory import Memory, Readers
from ostinato.runtime.network import Network, check_rows, check_tensors, executed, part
from ostinato.runtime.recurrent import choose
from ostinato.spec import network as spec


class Said(NamedTuple):
    """What is returned after steps.

    Args:
        state: after them.
        rows: (T, n, F), what the network says after each of them.
        attention: (T, n, S), how much the last op that looks back looked at every place of its source; None
            without such an op.
    """

    state: State
    rows: Array
    attention: Array | None


class EncoderDecoder:
    """A chain of ops some of which read what an encoder says of a source.

    Any number of streams may read the same source: they name it by its number, and it is kept once.

    Args:
        spec: the network as data, with an encoder.
        tensors, dtype, kernels: as for ``Network``.

    Raises:
        ArgumentError: the spec has no encoder, tensors do not fit it, or int8 cannot hold them.
        BackendError: native kernels were asked for by name and there are none; the message says why.
    """

    def __init__(
        self,
        spec: spec.Network,
        tensors: Mapping[str, Array],
        dtype: type[np.floating[Any]] = np.float32,
        kernels: str = "auto",
    ) -> None:
        check_tensors(spec, tensors)
        choose(kernels, spec.ops)
        self.spec, self.tensors = spec, tensors
        self._kernels = kernels
        self.encoder = _encoder(spec, tensors, dtype, kernels)
        self.ops = executed(spec, tensors, dtype, kernels)

    @property
    def kernels(self) -> str:
        """Return what recurrent ops run on: ``"native"``, ``"numpy"`` or ``"int8"``."""
        return choose(self._kernels, self.spec.ops)

    def remember(self, sources: Packed) -> Memory:
        """Return what the encoder says of B sources, for ``begin`` and ``read``.

        Args:
            sources: tokens (N,) or steps (N, I), packed.
        """
        steps = self.encoder.run(sources)
        if not isinstance(steps, Packed):
            raise ArgumentError("the encoder makes summaries; expected steps.")
        return self.remembered(Memory.of(steps))

    def remembered(self, memory: Memory) -> Memory:
        """Return the memory of steps that the encoder has said, with what each op makes of it once."""
        with np.errstate(over="ignore", invalid="ignore"):
            readers = {name: op for name, op in self.ops.items() if isinstance(op, MemoryOp)}
            return memory._replace(keys={name: op.keys(memory.values) for name, op in readers.items()})

    def begin(self, memory: Memory, sources: Integers) -> State:
        """Return the states of n streams before their first step: arrays by name ``op.quantity``, (n, …).

        Args:
            memory: what is read.
            sources: (n,) the number of the source that each stream reads.
        """
        _check_sources(memory, sources)
        started = {name: op.start(len(sources)) for name, op in self.ops.items()}
        state = {f"{name}.{key}": array for name, kept in started.items() for key, array in kept.items()}
        with np.errstate(over="ignore", invalid="ignore"):
            for op in self.ops.values():
                if isinstance(op, Bridge):
                    state |= op.begin(memory, sources)
        return state

    def read(self, state: State, rows: Array, memory: Memory, sources: Integers) -> Said:
        """Return what the network says after each of T more steps; ``state`` stays as it is.

        Args:
            state: what ``begin`` or the last ``read`` returned.
            rows: tokens (T, n), or steps (T, n, I).
            memory: what is read.
            sources: (n,) the number of the source that each stream reads.

        Raises:
            ArgumentError: shapes do not fit, or something is no token or no source.
        """
        check_rows(self.spec, rows)
        _check_sources(memory, sources)
        if any(len(array) != rows.shape[1] for array in (*state.values(), sources)):
            raise ArgumentError(
                f"rows has shape {rows.shape}; expected (T, {len(sources)}, …): {len(sources)} streams run."
            )
        readers, after = Readers(memory, sources), dict(state)
        attention: Array | None = None
        with np.errstate(over="ignore", invalid="ignore"):
            for name, op in self.ops.items():
                if isinstance(op, MemoryOp):
                    kept, rows, attention = op.read(part(state, name), rows, memory, readers)
                else:
                    kept, rows = op.push(part(state, name), rows)
                after |= {f"{name}.{key}": array for key, array in kept.items()}
        return Said(after, rows, attention)


def _encoder(
    spec: spec.Network, tensors: Mapping[str, Array], dtype: type[np.floating[Any]], kernels: str
) -> Network:
    if spec.encoder is None:
        raise ArgumentError("the network has no encoder; Network executes it.")
    inner = {name.removeprefix("encoder."): tensors[name] for name in tensors if name.startswith("encoder.")}
    return Network(spec.encoder, inner, dtype, kernels)


def _check_sources(memory: Memory, sources: Integers) -> None:
    checks.shape("sources", sources, ("n",))
    if not len(sources) or (sources < 0).any() or (sources >= len(memory.lengths)).any():
        raise ArgumentError(
            f"sources is {checks.shown(sources.tolist())}; expected numbers from 0 to "
            f"{len(memory.lengths) - 1}, one for each stream."
        )


def network_of(
    spec: spec.Network, tensors: Mapping[str, Array], kernels: str = "auto"
) -> Network | EncoderDecoder:
    """Return what executes a network, with or without an encoder; arguments and errors as for ``Network``."""
    kind = Network if spec.encoder is None else EncoderDecoder
    return kind(spec, tensors, kernels=kernels)
