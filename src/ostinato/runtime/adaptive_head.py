"""The adaptive head op in NumPy."""

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.runtime.base import Array, RowWise, Weights
from ostinato.spec.flow import Flow
from ostinato.spec.network import AdaptiveHead as Spec


class AdaptiveHead(RowWise):
    """Log-probabilities over a large vocabulary, where rare words cost little (``spec.AdaptiveHead``)."""

    def __init__(self, spec: Spec, into: Flow, weights: Weights) -> None:
        self.shortlist, self.clusters = spec.cutoffs[0], spec.clusters()
        self.size = spec.size
        self.weight, self.bias = weights["softmax.head.weight"].T, weights["softmax.head.bias"]
        self.tails = [
            (weights[f"softmax.tail.{k}.0.weight"].T, weights[f"softmax.tail.{k}.1.weight"].T)
            for k in range(len(self.clusters))
        ]

    def rows(self, rows: Array) -> Array:
        """Map rows (…, F) to the log-probabilities of all words, (…, V)."""
        head = self._head(rows)
        parts = [head[..., : self.shortlist]]
        for k in range(len(self.clusters)):
            parts.append(head[..., self.shortlist + k, None] + self._tail(k, rows))
        return np.concatenate(parts, axis=-1)

    def log_likelihood(self, rows: Array, targets: Array) -> Array:
        """Return the log-probability of each row's target, (N,); of clusters those alone that are needed.

        Args:
            rows: (N, F), what stands before this op: ``until`` in ``Network.run`` and ``push`` gives it.
            targets: (N,) whole numbers from 0 to V - 1.

        Raises:
            ArgumentError: the shapes do not fit, or a target is no word.
        """
        checks.shape("rows", rows, ("N", self.weight.shape[0]))
        checks.shape("targets", targets, (len(rows),))
        if targets.dtype.kind not in "iu" or (targets < 0).any() or (targets >= self.size).any():
            raise ArgumentError(
                f"targets holds something that is no word; expected whole numbers from 0 to {self.size - 1}."
            )
        head = self._head(rows)
        found: Array = head[np.arange(len(rows)), np.minimum(targets, self.shortlist - 1)]
        for k, (first, end) in enumerate(self.clusters):
            (here,) = np.nonzero((targets >= first) & (targets < end))
            inside = self._tail(k, rows[here])[np.arange(len(here)), targets[here] - first]
            found[here] = head[here, self.shortlist + k] + inside
        return found

    def _head(self, rows: Array) -> Array:
        """Return the log-probabilities of the frequent words and of the clusters, (…, c_1 + K)."""
        return _log_softmax(rows @ self.weight + self.bias)

    def _tail(self, k: int, rows: Array) -> Array:
        """Return the log-probabilities of a cluster's words, given the cluster."""
        narrow, wide = self.tails[k]
        return _log_softmax(rows @ narrow @ wide)


def _log_softmax(scores: Array) -> Array:
    shifted: Array = scores - scores.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted
