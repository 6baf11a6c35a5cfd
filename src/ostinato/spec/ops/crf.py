"""The conditional random field as data."""

from typing import Literal

from ostinato.spec.flow import Flow, Stream
from ostinato.spec.ops.base import Name, Op, Shapes


class Crf(Op):
    """A linear-chain conditional random field over C labels, on the scores e_t that a head gives each step.

        score(y) = start[y_1] + sum_t e_t[y_t] + sum_(t > 1) transitions[y_(t-1), y_t] + end[y_T]
        p(y)     = exp score(y) / sum over all label sequences y' of exp score(y')

    Source: Lafferty et al. 2001; on recurrent networks Lample et al. 2016, section 3 (arXiv:1603.01360).

    The scores of single steps pass unchanged, in every executor, whole or in parts: what the chain says after
    step t is e_t, so that training, decoding and streams read the same numbers. What label sequences are
    worth is asked of the op itself: in ``nn`` the negative log-likelihood of given ones, in ``runtime`` the
    weights, to find the best one. A stream keeps, after step t, the scores of the best label sequences of the
    prefix by their last label (Viterbi's delta), less the highest of them, so that nothing grows with the
    length:

        best_t[j] = e_t[j] + max_i (best_(t-1)[i] + transitions[i, j]) - max_j of the same

    and ``best_t + end`` is highest at the last label of the best label sequence of x_1 … x_t.
    """

    op: Literal["crf"] = "crf"
    name: Name = "crf"

    def flow(self, into: Flow) -> Flow:
        self._take(into, "steps")
        return into

    def tensors(self, into: Flow) -> Shapes:
        return {"transitions": (into.size, into.size), "start": (into.size,), "end": (into.size,)}

    def stream(self, into: Flow) -> Stream | None:
        return Stream({"count": (), "best": (into.size,)})
