"""GRU-D in NumPy."""

import numpy as np

from ostinato.preprocess.pack import Packed
from ostinato.runtime.base import Array, Op, State, Weights
from ostinato.runtime.cells import GRU
from ostinato.spec.flow import Flow
from ostinato.spec.network import GruD as Spec


class GruD(Op):
    """A GRU whose input fades towards the mean and whose state fades (``spec.GruD`` has the equations).

    A stream keeps ``last`` (n, I), the means at first, and zeros at first: ``since`` (n, I) and ``h``
    (n, 1, H). On NumPy alone: no native kernel has a state that fades between steps.
    """

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        parts = (weights[f"cell.{name}"] for name in ("weight_hh", "bias_ih", "bias_hh"))
        self.cell = GRU(*parts)
        self.size, self.hidden = spec.values, spec.hidden_size
        self.input = np.ascontiguousarray(weights["cell.weight_ih"].T)
        self.means = np.array(spec.means, self.input.dtype)
        self.input_decay = weights["input_decay.weight"], weights["input_decay.bias"]
        hidden = np.ascontiguousarray(weights["hidden_decay.weight"].T)
        self.hidden_decay = hidden, weights["hidden_decay.bias"]

    def run(self, flow: Packed | Array) -> Packed | Array:
        """Map steps (N, 2 I + 1 + S) to steps (N, H)."""
        rows, batch_sizes = flow
        state, said = self.start(int(batch_sizes[0])), []
        for step in np.split(rows, np.cumsum(batch_sizes)[:-1]):
            state = self._step({name: part[: len(step)] for name, part in state.items()}, step)
            said.append(state["h"][:, 0])
        return Packed(np.concatenate(said), batch_sizes)

    def start(self, streams: int) -> State:
        """Return the means as what was last seen, and zeros."""
        last = np.repeat(self.means[None], streams, axis=0)
        h = np.zeros((streams, 1, self.hidden), self.input.dtype)
        return {"last": last, "since": np.zeros_like(last), "h": h}

    def push(self, state: State, rows: Array) -> tuple[State, Array]:
        """Map steps (T, n, 2 I + 1 + S) to steps (T, n, H)."""
        said = np.empty((*rows.shape[:2], self.hidden), self.input.dtype)
        for step, row in enumerate(rows):
            state = self._step(state, row)
            said[step] = state["h"][:, 0]
        return state, said

    def _step(self, state: State, row: Array) -> State:
        """Return the state after one step (n, 2 I + 1 + S)."""
        values, masks, time, descriptors = np.split(
            row, [self.size, 2 * self.size, 2 * self.size + 1], axis=1
        )
        since = state["since"] + time
        left = _fading(since * self.input_decay[0] + self.input_decay[1])
        faded = left * state["last"] + (1 - left) * self.means
        seen = masks * values + (1 - masks) * faded
        kept = _fading(since @ self.hidden_decay[0] + self.hidden_decay[1])
        gates = np.concatenate([seen, masks, descriptors], axis=1) @ self.input + self.cell.bias
        (h,) = self.cell.step(gates, (kept * state["h"][:, 0],))
        there = masks > 0
        last = np.where(there, values, state["last"])
        return {"last": last, "since": np.where(there, 0, since).astype(last.dtype), "h": h[:, None]}


def _fading(x: Array) -> Array:
    """Return exp(-max(0, x))."""
    left: Array = np.exp(-np.maximum(x, 0))
    return left
