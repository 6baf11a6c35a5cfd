"""The recurrent op as data."""

from typing import Annotated, Literal

from pydantic import Field

from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.base import Name, Op, Rate, Shapes, Size

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}
"""Gates of each cell; weights stack them in the order i, f, g, o (LSTM) and r, z, n (GRU)."""


class Recurrent(Op):
    """A stack of recurrent layers; every step of the last layer is handed on.

    Weights are named and laid out as torch.nn names and lays out those of RNN, LSTM and GRU. While training,
    ``dropout`` works between layers, with ``locked`` on the same features at all steps of a sequence (Gal &
    Ghahramani 2016, arXiv:1512.05287), and ``weight_dropout`` on the recurrent weights, with one mask a batch
    (DropConnect: Merity et al. 2018, section 2, arXiv:1708.02182).
    """

    op: Literal["recurrent"] = "recurrent"
    name: Name = "recurrent"
    cell: Literal["rnn_tanh", "rnn_relu", "lstm", "gru"]
    hidden_size: Size
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    bidirectional: bool = False
    dropout: Rate = 0.0
    locked: bool = False
    weight_dropout: Rate = 0.0

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
