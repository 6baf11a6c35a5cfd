"""How many requests a model has answered, as Triton's clients ask for it."""

import threading
import time
from typing import Any


class Statistics:
    """Counts the answers of one model.

    Args:
        name: the model's.
    """

    def __init__(self, name: str) -> None:
        self.version = "1"
        self._name = name
        self._lock = threading.Lock()
        self._counts = {True: [0, 0], False: [0, 0]}  # right: [times, nanoseconds]
        self._last = 0

    def note(self, right: bool, nanoseconds: int) -> None:
        """Count a request that was answered, or refused."""
        with self._lock:
            self._counts[right][0] += 1
            self._counts[right][1] += nanoseconds
            self._last = int(time.time() * 1000)

    def told(self) -> dict[str, Any]:
        """Return the counts in Triton's shape; what is not measured apart is 0."""
        with self._lock:
            (right, right_time), (wrong, wrong_time) = self._counts[True], self._counts[False]
            last = self._last
        parts = ("queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss")
        return {
            "name": self._name,
            "version": self.version,
            "last_inference": last,
            "inference_count": right,
            "execution_count": right,
            "inference_stats": {
                "success": {"count": right, "ns": right_time},
                "fail": {"count": wrong, "ns": wrong_time},
                **{part: {"count": 0, "ns": 0} for part in parts},
            },
            "batch_stats": [],
        }
