"""The recurrent op that looks back before every step, as data."""

from typing import Literal

from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.attention import additive_tensors
from ostinato.spec.ops.base import Name, Op, Shapes, Size
from ostinato.spec.ops.recurrent import GATES


class AttentiveRecurrent(Op):
    """One recurrent layer whose input at each step holds what it sees of the memory m_1 … m_S.

        e_ts    = v . tanh(W_q s_(t-1) + W_k m_s)
        a_t     = softmax_s(e_ts)
        c_t     = sum_s a_ts m_s
        s_t     = cell([x_t; c_t], s_(t-1))

    s_t and c_t are handed on side by side. Source: Bahdanau et al. 2015, section 3.1 and appendix A.1.2
    (arXiv:1409.0473); there s_(t-1) itself, and not s_t, goes to the output layer.
    """

    op: Literal["attentive_recurrent"] = "attentive_recurrent"
    name: Name = "attentive_recurrent"
    cell: Literal["rnn_tanh", "rnn_relu", "lstm", "gru"]
    hidden_size: Size
    memory_size: Size
    attention_size: Size = 128

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return Flow("steps", self.hidden_size + self.memory_size)

    def tensors(self, into: Flow) -> Shapes:
        rows = GATES[self.cell] * self.hidden_size
        cell: Shapes = {
            "cell.weight_ih": (rows, into.size + self.memory_size),
            "cell.weight_hh": (rows, self.hidden_size),
            "cell.bias_ih": (rows,),
            "cell.bias_hh": (rows,),
        }
        return cell | additive_tensors(self.hidden_size, self.memory_size, self.attention_size)

    def stream(self, into: Flow) -> Stream | None:
        names = ("h", "c") if self.cell == "lstm" else ("h",)
        return Stream(dict.fromkeys(names, (1, self.hidden_size)))

    def memory(self) -> int | None:
        return self.memory_size
