"""A network built from its spec, in torch: what training trains."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.rnn import RNNCellBase
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.nn import carried
from ostinato.nn.adaptive_head import AdaptiveHead
from ostinato.nn.attention import Attention
from ostinato.nn.attentive_recurrent import AttentiveRecurrent
from ostinato.nn.bridge import Bridge
from ostinato.nn.carried import States
from ostinato.nn.convolution import Convolution
from ostinato.nn.crf import Crf
from ostinato.nn.dropout import Dropout
from ostinato.nn.embedding import Embedding
from ostinato.nn.frame_convolution import FrameConvolution
from ostinato.nn.gru_d import GruD
from ostinato.nn.head import Head
from ostinato.nn.init import forget_gate_bias_, orthogonal_recurrence_
from ostinato.nn.layout import State
from ostinato.nn.memory import Memory
from ostinato.nn.pool import Pool
from ostinato.nn.recurrent import Recurrent
from ostinato.nn.word_characters import WordCharacters
from ostinato.spec import network as spec
from ostinato.spec.flow import Flow
from ostinato.spec.options import NetworkOptions

EXECUTORS: Final[Mapping[type[spec.Op], Callable[[Any, Any], nn.Module]]] = {
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
"""What makes the module of each op, from the op and the flow that it is given."""

Activation = PackedSequence | Tensor
"""What passes between ops: a packed batch of tokens (N,), words or steps (N, F), or a summary (B, F)."""


class Network(nn.Module):
    """A chain of ops, each a submodule under its own name; a branch is a network of its own under its name.

    The names in ``state_dict()`` are those of ``spec.tensors()``.

    Args:
        spec: the network as data.

    Example:
        >>> network = Network(spec.Network(input="steps", input_size=2, ops=(
        ...     spec.Recurrent(cell="gru", hidden_size=4), spec.Pool(kinds=("last",)), spec.Head(size=3))))
        >>> batch = nn.utils.rnn.pack_sequence([torch.zeros(5, 2), torch.zeros(2, 2)])
        >>> tuple(network(batch).shape)
        (2, 3)
    """

    def __init__(self, spec: spec.Network) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = None if spec.encoder is None else Network(spec.encoder)
        for op, into in zip(spec.ops, spec.flows(), strict=False):
            if op.name in dir(self):
                raise ArgumentError(f"op {op.name!r} has a name that torch keeps for itself; rename the op.")
            self.add_module(op.name, self._executor(op, into))
        for branch in spec.branches:
            self.add_module(branch.name, Network(spec.branch(branch)))

    @property
    def ops(self) -> dict[str, nn.Module]:
        """Return the modules of the chain's ops by name, first to last."""
        return {op.name: self.get_submodule(op.name) for op in self.spec.ops}

    def forward(self, input: PackedSequence, memory: Memory | None = None) -> Activation:
        """Map tokens, words or steps, (N,) or (N, I), to steps (N, F), or to a summary (B, F).

        Sequences stand in order of falling length, and the answers stand in the same order. Branches are not
        asked: ``answers`` does that.

        Args:
            input: the batch.
            memory: what ``remember`` made of the sources, one for each sequence of the batch; for networks
                with an encoder, and for no other.
        """
        if (memory is None) != (self.encoder is None):
            raise ArgumentError(
                f"the network has {'no' if self.encoder is None else 'an'} encoder, and memory is "
                f"{'None' if memory is None else 'given'}; a memory goes to networks with an encoder."
            )
        flow: Activation = input
        if memory is None:
            for module in self.ops.values():
                flow, _ = _run(module, flow)
            return flow
        begun: dict[str, State] = {}
        for name, module in self.ops.items():
            if isinstance(module, Bridge):
                begun[module.spec.to] = module(memory)
            else:
                flow = _read(module, flow, memory, begun.get(name))
        return flow

    def answers(self, input: PackedSequence) -> tuple[Activation, dict[str, Activation]]:
        """Return what the chain says, as ``forward`` does, and what each branch says, by its name.

        Example:
            >>> label = spec.Branch(name="label", after="recurrent", ops=(
            ...     spec.Pool(kinds=("max",)), spec.Head(size=2)))
            >>> network = Network(spec.Network(input="steps", input_size=2, ops=(
            ...     spec.Recurrent(cell="gru", hidden_size=4), spec.Head(size=3)), branches=(label,)))
            >>> batch = nn.utils.rnn.pack_sequence([torch.zeros(5, 2), torch.zeros(2, 2)])
            >>> steps, branches = network.answers(batch)
            >>> tuple(steps.data.shape), {name: tuple(said.shape) for name, said in branches.items()}
            ((7, 3), {'label': (2, 2)})
        """
        flow: Activation = input
        seen: dict[str, Activation] = {}
        for name, module in self.ops.items():
            flow, _ = _run(module, flow)
            seen[name] = flow
        said = {one.name: self.get_submodule(one.name)(seen[one.after]) for one in self.spec.branches}
        return flow, said

    def remember(self, sources: PackedSequence, order: Tensor | None = None) -> Memory:
        """Return what the encoder says of the sources, for ``forward``.

        Args:
            sources: tokens (N,) or steps (N, I), sequences in order of falling length.
            order: (B,) which of the sources belongs to each sequence of the decoder's batch; None: they stand
                in the same order.

        Raises:
            ArgumentError: the network has no encoder.
        """
        if self.encoder is None:
            raise ArgumentError("the network has no encoder, and nothing to remember sources by.")
        return Memory.of(self.encoder(sources), order)

    def advance(
        self, input: PackedSequence, states: States | None = None, resets: Tensor | None = None
    ) -> tuple[Activation, States]:
        """Go on with sequences of which earlier chunks were heard: like ``forward``, from given states.

        Args:
            input: the next chunk: tokens (N,) or steps (N, I) of B sequences, at least one step of each.
            states: what the last call returned, None at the beginning; its sequences in this chunk's order,
                those that have ended since behind the B that go on.
            resets: (N,) boolean in packed rows: True where the state restarts at zero before the row's step;
                None for nowhere.

        Returns:
            The answer, and the states after the chunk, detached: a gradient ends where a chunk begins.

        Raises:
            ArgumentError: an op cannot go on from a state, or states or resets do not fit.

        Example:
            >>> network = Network(spec.Network(input="steps", input_size=2, ops=(
            ...     spec.Recurrent(cell="gru", hidden_size=4), spec.Head(size=3))))
            >>> batch = nn.utils.rnn.pack_sequence([torch.zeros(5, 2), torch.zeros(2, 2)])
            >>> _, states = network.advance(batch)
            >>> {name: tuple(state.shape) for name, state in states.items()}
            {'recurrent.h': (1, 2, 4)}
        """
        seen, after = self.activations(input, states, resets)
        return seen[self.spec.ops[-1].name], after

    def activations(
        self,
        input: PackedSequence,
        states: States | None = None,
        resets: Tensor | None = None,
        until: str | None = None,
    ) -> tuple[dict[str, Activation], States]:
        """Do what ``advance`` does, and return what every op hands on, by its name: the last is the answer.

        Args:
            input, states, resets: as for ``advance``.
            until: the op before which to stop, such as a head whose loss is computed from what it is given.

        Example:
            >>> network = Network(spec.Network(input="steps", input_size=2, ops=(
            ...     spec.Recurrent(cell="gru", hidden_size=4), spec.Head(size=3))))
            >>> batch = nn.utils.rnn.pack_sequence([torch.zeros(5, 2), torch.zeros(2, 2)])
            >>> seen, states = network.activations(batch, until="head")
            >>> {name: tuple(flow.data.shape) for name, flow in seen.items()}
            {'recurrent': (7, 4)}
        """
        if self.encoder is not None:
            raise ArgumentError("a network with an encoder reads whole targets; it is not cut into chunks.")
        ops = self.ops
        names = [*ops]
        if until is not None and until not in names:
            raise ArgumentError(f"until is {checks.shown(until)}; choose one of {', '.join(names)}.")
        names = names if until is None else names[: names.index(until)]
        carried.check(self._first(len(names)), input, states, resets)
        sequences = int(input.batch_sizes[0])
        restarts = resets if resets is not None and resets.any() else None
        flow: Activation = input
        seen: dict[str, Activation] = {}
        after: States = {}
        for name in names:
            flow, last = _run(ops[name], flow, carried.part(states, name, sequences), restarts)
            seen[name] = flow
            after |= carried.named(name, last)
        return seen, after

    def _first(self, count: int) -> list[tuple[spec.Op, Flow]]:
        """Return the first ops, each with what it is given."""
        return [*zip(self.spec.ops[:count], self.spec.flows(), strict=False)]

    def _executor(self, op: spec.Op, into: Flow) -> nn.Module:
        if isinstance(op, spec.Head) and op.tied is not None:
            embedding: Any = self.get_submodule(op.tied)
            return Head(op, into, embedding)
        return EXECUTORS[type(op)](op, into)


def _run(
    module: nn.Module, flow: Activation, state: State | None = None, resets: Tensor | None = None
) -> tuple[Activation, State]:
    """Return what an op hands on, and the last state, which is () unless it is recurrent."""
    if isinstance(module, Recurrent):
        answer: tuple[Activation, State] = module(flow, state, resets)
        return answer
    return module(flow), ()


def _read(module: nn.Module, flow: Activation, memory: Memory, state: State | None) -> Activation:
    """Return what an op of a network with an encoder hands on."""
    if isinstance(module, Attention):
        seen: Activation = module(flow, memory)
        return seen
    if isinstance(module, AttentiveRecurrent):
        said: tuple[Activation, State] = module(flow, memory, state)
        return said[0]
    return _run(module, flow, state)[0]


def export_tensors(module: Network) -> dict[str, NDArray[np.float32]]:
    """Return a copy of every weight as float32, under the names of ``spec.tensors()``."""
    found = module.state_dict()
    return {name: found[name].detach().cpu().numpy().astype(np.float32) for name in module.spec.tensors()}


def import_tensors(module: Network, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Copy weights into a network; names and shapes must be exactly those of ``spec.tensors()``."""
    expected = module.spec.tensors()
    if differing := sorted(expected.keys() ^ tensors.keys()):
        raise ArgumentError(
            f"weights differ by name: {', '.join(differing[:10])}; expected {len(expected)} weights."
        )
    for name, shape in expected.items():
        checks.shape(name, tensors[name], shape)
    with torch.no_grad():
        for name, values in module.state_dict().items():
            values.copy_(torch.from_numpy(np.ascontiguousarray(tensors[name])))


def restored(spec: spec.Network, tensors: Mapping[str, NDArray[Any]]) -> Network:
    """Return a network with these weights, in evaluation mode."""
    network = Network(spec)
    import_tensors(network, tensors)
    return network.eval()


def initialise(network: Network, options: NetworkOptions) -> None:
    """Apply the initialisation that the options name; without any, torch's own stays.

    Args:
        network: a new network.
        options: ``recurrent_init`` and ``forget_bias`` are read.

    Raises:
        ArgumentError: a forget bias is asked for where no cell is an LSTM.
    """
    for layer in network.modules():
        if not isinstance(layer, nn.RNNBase | RNNCellBase):
            continue
        if options.recurrent_init == "orthogonal":
            orthogonal_recurrence_(layer)
        if options.forget_bias is not None:
            forget_gate_bias_(layer, options.forget_bias)
