"""The op that begins a decoder where its encoder ended, as data."""

from typing import Literal

from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size


class Bridge(Op):
    """Begin the states of the recurrent op called ``to`` with what the memory m_1 … m_S says as a whole.

        h_0 = tanh(W m + b)      m = m_S, or the mean of all steps

    and an LSTM's c_0 by rows of W and b of its own. ``last`` of an encoder of two directions is where each of
    them ended: the forward half of m_S and the reverse half of m_1. Steps pass unchanged. Source: Bahdanau et
    al. 2015, appendix A.2.2 (arXiv:1409.0473), who read the reverse half alone.

    ``states``, ``layers`` and ``hidden_size`` are those of the op that is begun.
    """

    op: Literal["bridge"] = "bridge"
    name: Name = "bridge"
    to: Name
    memory_size: Size
    kind: Literal["last", "mean"] = "last"
    directions: Literal[1, 2] = 1
    states: Literal[1, 2] = 1
    layers: Size = 1
    hidden_size: Size

    def flow(self, into: Flow) -> Flow:
        return into

    def tensors(self, into: Flow) -> Shapes:
        rows = self.states * self.layers * self.hidden_size
        return {"weight": (rows, self.memory_size), "bias": (rows,)}

    def memory(self) -> int | None:
        return self.memory_size

    def begun(self) -> Shapes:
        """Return the shapes of the states that it begins, by name."""
        return dict.fromkeys(("h", "c")[: self.states], (self.layers, self.hidden_size))
