"""A graph at work in onnxruntime."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ostinato import checks
from ostinato.runtime.base import Array

TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
}


class Session:
    """A graph in onnxruntime, on one thread.

    Args:
        content: the bytes of a file.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, content: bytes) -> None:
        runtime = checks.extra("onnxruntime", "onnx", "checking an export")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        facts = self._session.get_modelmeta().custom_metadata_map
        self.states: dict[str, str] = json.loads(facts["ostinato.states"])
        self.inputs: dict[str, Any] = {one.name: one for one in self._session.get_inputs()}
        self.outputs: dict[str, Any] = {one.name: one for one in self._session.get_outputs()}

    def start(self, streams: int) -> dict[str, Array]:
        """Return the states of streams that nothing was heard of: zeros."""
        described = {name: self.inputs[name] for name in self.states}
        return {name: np.zeros((streams, *one.shape[1:]), TYPES[one.type]) for name, one in described.items()}

    def run(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        """Return the answers and the states after them, by name; what the graph does not read is left out."""
        given = {name: array for name, array in feed.items() if name in self.inputs}
        names = [*self.outputs]
        return dict(zip(names, self._session.run(names, given), strict=True))

    def next(self, answers: Mapping[str, Array]) -> dict[str, Array]:
        """Return the states that the next call begins with."""
        return {name: answers[output] for name, output in self.states.items()}
