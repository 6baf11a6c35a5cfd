"""The conditional random field in NumPy: it passes the scores on, and follows the best paths of a stream."""

import numpy as np

from ostinato.preprocess.pack import Packed
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Crf as Spec

WIDE = np.float64


class Crf(Op):
    """A linear-chain conditional random field over C labels (``spec.Crf``): scores pass unchanged.

    ``weights`` are transitions (C, C) [from, to], start (C,) and end (C,), for whoever looks for the best
    path of a whole sequence of scores. A stream keeps ``best`` (n, C), the scores of the best paths so far
    by their last label, less the highest of them, in float64; and ``count`` (n,), its steps.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.weights = weights["transitions"], weights["start"], weights["end"]

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Return the scores (N, C) as they are."""
        return flow

    def start(self, streams: int) -> State:
        """Return the state of streams that nothing was pushed to."""
        return {"count": np.zeros(streams, np.int64), "best": np.zeros((streams, len(self.weights[1])), WIDE)}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Return the scores (T, n, C) as they are, and the state that follows from them."""
        state, _ = self._follow(state, rows)
        return state, rows.copy()

    def prefix_scores(self, state: State, rows: Array) -> Array:
        """Return, after each step, the scores of the best paths of the prefix by their last label, (T, n, C).

        The highest is that of the best path of x_1 … x_t, were it to end there; scores are less the highest
        ``best``. Together with ``push``:

            before = state
            state, scores = network.push(before, rows)
            labels = crf.prefix_scores({"count": before["crf.count"], "best": before["crf.best"]}, scores)

        Args:
            state: this op's, before the steps.
            rows: the steps' scores (T, n, C).
        """
        _, best = self._follow(state, rows)
        _, _, end = self.weights
        return best + end

    def _follow(self, state: State, rows: Array) -> tuple[State, Array]:
        """Return the state after T steps, and ``best`` after each, (T, n, C)."""
        (transitions, start, _), count, best = self.weights, state["count"], state["best"]
        followed = np.empty(rows.shape, WIDE)
        for step, scores in enumerate(rows):
            onward = (best[:, :, None] + transitions).max(axis=1)
            best = scores + np.where((count == 0)[:, None], start, onward)
            best -= best.max(axis=1, keepdims=True)
            followed[step], count = best, count + 1
        return {"count": count, "best": best}, followed
