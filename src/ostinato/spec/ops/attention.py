"""The attention op as data."""

from typing import Literal

from ostinato.errors import ArgumentError
from ostinato.spec.flow import Flow
from ostinato.spec.ops.base import Name, Op, Shapes, Size

Score = Literal["dot", "general", "additive"]


class Attention(Op):
    """Look back at the encoder's steps m_1 … m_S, the memory, and hand on what was seen with the step.

        e_ts    = h_t . m_s                            dot: F and M must be equal
                = h_t . W_k m_s                        general
                = v . tanh(W_q h_t + W_k m_s)          additive
        a_t     = softmax_s(e_ts)
        c_t     = sum_s a_ts m_s
        h~_t    = tanh(W_o [c_t; h_t])

    Source: Luong et al. 2015, sections 3 and 3.1, global attention (arXiv:1508.04025), whose "concat" score
    is the additive one. Without their input feeding, so that a decoder is trained at all steps at once.

    A stream keeps nothing from step to step: the memory and its keys W_k m_s belong to the source, and any
    number of streams read them.
    """

    op: Literal["attention"] = "attention"
    name: Name = "attention"
    size: Size
    memory_size: Size
    score: Score = "general"
    attention_size: Size = 128

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        if self.score == "dot" and into.size != self.memory_size:
            raise ArgumentError(
                f"op {self.name!r} is given {into.size} features and a memory of {self.memory_size}; the "
                "score 'dot' needs as many of both: choose 'general' or other sizes."
            )
        return Flow("steps", self.size)

    def tensors(self, into: Flow) -> Shapes:
        output: Shapes = {"output.weight": (self.size, self.memory_size + into.size)}
        if self.score == "dot":
            return output
        if self.score == "general":
            return output | {"key.weight": (into.size, self.memory_size)}
        return output | additive_tensors(into.size, self.memory_size, self.attention_size)

    def memory(self) -> int | None:
        return self.memory_size


def additive_tensors(query_size: int, memory_size: int, attention_size: int) -> Shapes:
    """Return the shapes of the weights of an additive score: W_q, W_k and v."""
    return {
        "query.weight": (attention_size, query_size),
        "key.weight": (attention_size, memory_size),
        "vector": (attention_size,),
    }
