"""The pool op in NumPy; a stream keeps its sums in float64, so that they stay exact however long it runs."""

import numpy as np

from ostinato.errors import StreamError
from ostinato.preprocess.pack import Packed, by_sequence, last_rows, lengths_of
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import Pool as Spec

WIDE = np.float64


class Pool(Op):
    """Turn the steps of a sequence into one vector: the parts named in ``kinds``, side by side.

        last       h_T (with two directions: the forward half at T and the reverse half at 1)
        mean       (1 / T) sum_t h_t
        max        max_t h_t, feature by feature
        attention  sum_t a_t h_t,  a = softmax_t(v . tanh(W h_t + b))     (Yang et al. 2016, section 2.2)

    A stream keeps ``count`` (n,) and, of the kinds that it has: ``last``, ``sum`` and ``max`` (n, F); for
    attention the highest worth so far, ``peak`` (n,), and, of the shares exp(worth - peak), their sum
    ``total`` (n,) and the sum of the steps times them, ``weighted`` (n, F), as in Milakov & Gimelshein 2018
    (arXiv:1805.02867).
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.spec, self.size = spec, into.size
        self.weights = weights

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, F) to a summary (B, len(kinds) * F)."""
        rows, batch_sizes = flow
        lengths = lengths_of(batch_sizes)
        whole = rows[by_sequence(batch_sizes)]  # each sequence's steps together
        starts = np.cumsum(lengths) - lengths
        parts: dict[str, Array] = {}
        if "last" in self.spec.kinds:
            parts["last"] = self._last(rows, last_rows(batch_sizes))
        if "mean" in self.spec.kinds:
            parts["mean"] = np.add.reduceat(whole, starts, axis=0, dtype=WIDE) / lengths[:, None]
        if "max" in self.spec.kinds:
            parts["max"] = np.maximum.reduceat(whole, starts, axis=0)
        if "attention" in self.spec.kinds:
            parts["attention"] = self._attend(whole, starts, lengths)
        return self._beside(parts).astype(rows.dtype)

    def start(self, streams: int) -> State:
        """Return the state of streams that nothing was pushed to."""
        self._check_streams()
        lowest = np.finfo(np.float32).min  # finite, so that a state can be written as JSON
        arrays: State = {
            "count": np.zeros(streams, np.int64),
            "last": np.zeros((streams, self.size), np.float32),
            "sum": np.zeros((streams, self.size), WIDE),
            "max": np.full((streams, self.size), lowest, np.float32),
            "weighted": np.zeros((streams, self.size), WIDE),
            "total": np.zeros(streams, WIDE),
            "peak": np.full(streams, lowest, WIDE),
        }
        kept = self.spec.stream(Flow("steps", self.size))
        return {name: arrays[name] for name in (kept.state if kept else {})}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, F) to the summaries after each of them, (T, n, len(kinds) * F)."""
        self._check_streams()
        worth = self._worth(rows) if "attention" in self.spec.kinds else np.zeros(rows.shape[:2])
        said = np.empty((*rows.shape[:2], len(self.spec.kinds) * self.size), rows.dtype)
        for step in range(len(rows)):
            state = self._step(state, rows[step], worth[step])
            said[step] = self._summary(state)
        return state, said

    def finish(self, state: State) -> Array:
        """Return the summary of all that was pushed, (n, len(kinds) * F)."""
        if (state["count"] == 0).any():
            raise StreamError("a stream has no step yet; push at least one before asking for its answer.")
        return self._summary(state)

    def _step(self, state: State, h: Array, worth: Array) -> State:
        after: State = {"count": state["count"] + 1}
        for kind in self.spec.kinds:
            if kind == "last":
                after["last"] = h.astype(np.float32)
            elif kind == "mean":
                after["sum"] = state["sum"] + h
            elif kind == "max":
                after["max"] = np.maximum(state["max"], h).astype(np.float32)
            else:
                after |= _attend_step(state, h, worth)
        return after

    def _summary(self, state: State) -> Array:
        parts: dict[str, Array] = {kind: state[kind] for kind in ("last", "max") if kind in state}
        if "sum" in state:
            parts["mean"] = state["sum"] / state["count"][:, None]
        if "weighted" in state:
            parts["attention"] = state["weighted"] / state["total"][:, None]
        return self._beside(parts).astype(np.float32)

    def _beside(self, parts: dict[str, Array]) -> Array:
        """Return the parts side by side, in the order of the spec."""
        return np.concatenate([parts[kind] for kind in self.spec.kinds], axis=1)

    def _last(self, rows: Array, last: Array) -> Array:
        if self.spec.directions == 1:
            return rows[last]
        half = self.size // 2
        return np.concatenate([rows[last, :half], rows[: len(last), half:]], axis=1)

    def _worth(self, rows: Array) -> Array:
        """Return v . tanh(W h + b) of rows (…, F), (…)."""
        weight, bias, query = (self.weights[f"attention.{name}"] for name in ("weight", "bias", "query"))
        worth: Array = np.tanh(rows @ weight.T + bias) @ query
        return worth

    def _attend(self, whole: Array, starts: Array, lengths: Array) -> Array:
        worth = self._worth(whole).astype(WIDE)
        peak = np.maximum.reduceat(worth, starts)
        share = np.exp(worth - np.repeat(peak, lengths))[:, None]
        weighted: Array = np.add.reduceat(share * whole, starts, axis=0)
        return weighted / np.add.reduceat(share, starts, axis=0)

    def _check_streams(self) -> None:
        if self.spec.directions == 2:
            raise StreamError(
                f"op {self.spec.name!r} needs the reverse direction of the whole sequence; "
                "train a model without --bidirectional to run it step by step."
            )


def _attend_step(state: State, h: Array, worth: Array) -> State:
    """Return attention's sums after one more step, scaled so that the highest worth has share 1."""
    peak = np.maximum(state["peak"], worth)
    kept, share = np.exp(state["peak"] - peak), np.exp(worth - peak)
    return {
        "weighted": state["weighted"] * kept[:, None] + share[:, None] * h,
        "total": state["total"] * kept + share,
        "peak": peak,
    }
