"""One step at a time, as a live stream runs: of one stream, and of many streams at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from statistics import median
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import RNNBase

from benchmarks.kernels.layers import Setting, build, check
from benchmarks.kernels.onnx_peer import session
from benchmarks.kernels.peers import REST, why_not
from benchmarks.kernels.shapes import Shape
from benchmarks.kernels.timing import MOST_CALLS, Pace, Side, middle, ratios, take_turns
from ostinato import nn

Array = NDArray[Any]
Step = Callable[[], Any]
"""Advances all streams by one step and returns the output, S*H numbers; the state stays inside."""

INPUT_SIZE: Final = 32
HIDDEN_SIZE: Final = 64
PEERS: Final = ("torch.nn", "onnxruntime")
OURS: Final = ("ostinato.nn", "Stack")
STREAMS: Final = (1, 16, 256, 4096)
CHECKED_STEPS: Final = 3
THREADS_FROM: Final = 64
"""Streams from which onnxruntime is given threads: with fewer it is faster on one."""
STACK: Final = "ostinato.runtime.stack"


@dataclass(frozen=True)
class Steps:
    """One cell with so many streams, every contender.

    Args:
        cell: RNN, GRU or LSTM.
        streams: at once.
        seconds: of one step of all streams, by contender: the median over blocks of up to 100 calls.
        ratios: "onnxruntime / Stack" and the like: how many times longer, the median turn by turn.
        blocks: how many.
        missing: why a contender is not there, by name.
    """

    cell: str
    streams: int
    seconds: dict[str, float]
    ratios: dict[str, float]
    blocks: int
    missing: dict[str, str]


def measure(cell: str, streams: int, setting: Setting, pace: Pace) -> Steps:
    """Check that all contenders give torch.nn's third output, and time them in turns."""
    torch.manual_seed(0)
    shape = Shape(streams, 1, INPUT_SIZE, HIDDEN_SIZE)
    layer = build(getattr(torch.nn, cell), shape, setting.dtype).requires_grad_(False)
    x = torch.randn(1, streams, INPUT_SIZE, dtype=setting.dtype)
    with torch.inference_mode():
        present, missing = contenders(cell, layer, x, setting)
        _check(cell, streams, present)
        calls = max(1, min(MOST_CALLS, STREAMS[-1] // streams))
        turns = take_turns({name: Side(step) for name, step in present.items()}, calls, pace.steps, 5, REST)
    return Steps(
        cell=cell,
        streams=streams,
        seconds={name: middle(turns, name) for name in present},
        ratios={
            f"{slow} / {fast}": median(ratios(turns, slow, fast))
            for slow, fast in product(PEERS, OURS)
            if slow in present and fast in present
        },
        blocks=len(turns),
        missing=missing,
    )


def contenders(
    cell: str, layer: RNNBase, x: Tensor, setting: Setting
) -> tuple[dict[str, Step], dict[str, str]]:
    """Return all that can run here, torch.nn first, and why the others cannot."""
    ours = build(getattr(nn, cell), Shape(x.shape[1], 1, INPUT_SIZE, HIDDEN_SIZE), setting.dtype)
    ours.requires_grad_(False).load_state_dict(layer.state_dict())
    options = {} if setting.backend == "auto" else {"backend": setting.backend}
    present, missing = {"torch.nn": _layer_step(layer, x), "ostinato.nn": _layer_step(ours, x, **options)}, {}
    stack = stack_step(cell, layer, x.numpy()[0])
    if stack is None:
        missing["Stack"] = "this version of Ostinato has no ostinato.runtime.stack"
    else:
        present["Stack"] = stack
    reason = why_not("onnxruntime", setting)
    if reason is None:
        threads = setting.threads if x.shape[1] >= THREADS_FROM else 1
        present["onnxruntime"] = _session_step(session(cell, layer, threads), x.numpy(), _zeros(cell, x))
    else:
        missing["onnxruntime"] = reason
    return present, missing


def stack_step(cell: str, layer: RNNBase, x: Array) -> Step | None:
    """Return the step API at work on x (S, I), or None where this version of Ostinato has none.

    The one place that knows the API: a stack is built from a cell's name and weights under torch.nn's names
    for so many streams, and ``push`` takes (S, I) and gives (S, H) in a new array.
    """
    if find_spec(STACK) is None:
        return None
    weights = {name: parameter.detach().numpy() for name, parameter in layer.named_parameters()}
    stack = import_module(STACK).Stack("rnn_tanh" if cell == "RNN" else cell.lower(), weights, streams=len(x))

    def step() -> Any:
        return stack.push(x)

    return step


def _layer_step(layer: RNNBase, x: Tensor, **options: str) -> Step:
    state: Any = None

    def step() -> Any:
        nonlocal state
        output, state = layer(x, state, **options)
        return output

    return step


def _session_step(running: Any, x: Array, zeros: Mapping[str, Array]) -> Step:
    states = list(zeros.values())
    names, run = list(zeros), running.run

    def step() -> Any:
        nonlocal states
        output, *states = run(None, {"X": x, **dict(zip(names, states, strict=True))})
        return output

    return step


def _zeros(cell: str, x: Tensor) -> dict[str, Array]:
    names = ("h_0", "c_0") if cell == "LSTM" else ("h_0",)
    return {name: np.zeros((1, x.shape[1], HIDDEN_SIZE), np.float32) for name in names}


def _check(cell: str, streams: int, present: Mapping[str, Step]) -> None:
    """Run a few steps, so that a state lost on the way shows, and compare the last outputs."""
    outputs = {}
    for name, step in present.items():
        for _ in range(CHECKED_STEPS):
            output = step()
        outputs[name] = torch.as_tensor(output).clone().reshape(streams, HIDDEN_SIZE)
    for name, output in outputs.items():
        check(output, outputs["torch.nn"], f"{cell}, {streams} streams: {name}'s output")
