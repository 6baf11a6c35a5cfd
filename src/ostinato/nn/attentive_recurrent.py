"""The recurrent op that looks back before every step, in torch: a loop over steps on the cells."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn.attention import additive_worth, scoring_vector
from ostinato.nn.cells import GRUCell, LSTMCell, RNNCell
from ostinato.nn.layout import State
from ostinato.nn.memory import Memory
from ostinato.spec.flow import Flow
from ostinato.spec.network import AttentiveRecurrent as Spec


class AttentiveRecurrent(nn.Module):
    """One recurrent layer whose input holds what it sees of the memory (``spec.AttentiveRecurrent``).

    Weights begin as torch.nn's cells and linear layers do; v uniform in ±1 / sqrt(A).

    Args:
        spec: the op.
        into: what it is given: steps of I features.
    """

    def __init__(self, spec: Spec, into: Flow) -> None:
        super().__init__()
        self.hidden_size = spec.hidden_size
        self.states = 2 if spec.cell == "lstm" else 1
        self.cell = _cell(spec.cell, into.size + spec.memory_size, spec.hidden_size)
        self.query = nn.Linear(spec.hidden_size, spec.attention_size, bias=False)
        self.key = nn.Linear(spec.memory_size, spec.attention_size, bias=False)
        self.vector = scoring_vector(spec.attention_size)

    def forward(
        self, input: PackedSequence, memory: Memory, state: State | None = None
    ) -> tuple[PackedSequence, State]:
        """Map steps (N, I) to steps (N, H + M), and return the last states, each (1, B, H).

        Args:
            input: sequences in the memory's order.
            memory: what is read.
            state: initial states (h,) or (h, c), each (1, B, H); zeros if None.
        """
        sizes = input.batch_sizes.tolist()
        states = self._zeros(input.data, sizes[0]) if state is None else tuple(part[0] for part in state)
        keys, said, ended = self.key(memory.values), [], []
        for rows in input.data.split_with_sizes(sizes):
            count = len(rows)
            ended.append(tuple(part[count:] for part in states))
            states, context = self._step(
                rows, tuple(part[:count] for part in states), memory.first(count), keys
            )
            said.append(torch.cat([states[0], context], dim=1))
        ended.append(states)
        last = tuple(torch.cat([*reversed(parts)])[None] for parts in zip(*ended, strict=True))
        return PackedSequence(torch.cat(said), input.batch_sizes), last

    def _step(self, rows: Tensor, states: State, memory: Memory, keys: Tensor) -> tuple[State, Tensor]:
        """Return the states after one step of b sequences, and the context (b, M) that it read."""
        worth = additive_worth(self.query(states[0])[:, None], keys[: len(rows)], self.vector)
        context = memory.read(worth)[0][:, 0]
        after = self.cell(torch.cat([rows, context], dim=1), states if self.states == 2 else states[0])
        return (after if self.states == 2 else (after,)), context

    def _zeros(self, like: Tensor, count: int) -> State:
        return (like.new_zeros(count, self.hidden_size),) * self.states


def _cell(kind: str, input_size: int, hidden_size: int) -> nn.Module:
    if kind in ("rnn_tanh", "rnn_relu"):
        return RNNCell(input_size, hidden_size, nonlinearity=kind.removeprefix("rnn_"))
    return (LSTMCell if kind == "lstm" else GRUCell)(input_size, hidden_size)
