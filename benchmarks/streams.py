"""Live streams of a whole classifier: scaling, two LSTM layers of 64, softmax; beside torch and onnxruntime.

    python -m benchmarks.streams [--streams 10000] [--seconds 1.0] [--starts 20] [--threads 1]

Prints, from one run: a push of one step of one stream, from Python; one step of many streams together, and
what the recurrent kernels alone take for it; the same with 8-bit weights; the time from `python` to the
first answer; and the size of what has to be installed for it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import ostinato
from benchmarks.kernels.machine import native_level, processor, versions
from benchmarks.kernels.onnx_peer import IR_VERSION, OPSET
from benchmarks.kernels.timing import Side, middle, ratios, take_turns
from ostinato import runtime
from ostinato.export import int8
from ostinato.runtime.stack import Stack

Array = NDArray[Any]
Step = Callable[[], Any]
Shapes = dict[str, list[str | int | None]]

CHANNELS, CLASSES, HIDDEN = 12, 9, 64
REST = 0.01
BASE = ("numpy", "pydantic", "safetensors", "typer")
"""What `pip install .` brings; what these need in turn is counted too."""

START = "import ostinato.runtime as r; r.load({path!r}).stream().push([0.1] * {channels})"


def trained(folder: Path) -> Path:
    """Train a small classifier of that shape, and return where it is saved."""
    random = np.random.default_rng(0)
    y = [f"class {number % CLASSES}" for number in range(90)]
    X = [random.normal(size=(20, CHANNELS)) + number % CLASSES for number in range(90)]
    shape = {"cell": "lstm", "hidden_size": HIDDEN, "layers": 2, "front": "none", "pool": ("last",)}
    estimator = ostinato.SequenceClassifier(**shape, epochs=1, valid_fraction=0.0, folds=0, threads=1)
    estimator.fit(X, y).save(folder / "model")
    return folder / "model"


class Peer(nn.Module):
    """The same classifier in torch, a step at a time."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        series, tensors = model.preprocessor.spec, model.network.tensors
        self.lstm = nn.LSTM(CHANNELS, HIDDEN, 2)
        self.head = nn.Linear(HIDDEN, CLASSES)
        prefix = "recurrent."
        own = {n.removeprefix(prefix): torch.tensor(t) for n, t in tensors.items() if n.startswith(prefix)}
        self.lstm.load_state_dict(own)
        self.head.load_state_dict({n: torch.tensor(tensors[f"head.{n}"]) for n in ("weight", "bias")})
        self.center = torch.tensor(series.center, dtype=torch.float32)
        self.spread = torch.tensor(series.spread, dtype=torch.float32)

    def forward(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Map one step (n, I) and the state to probabilities (n, C) and the next state."""
        h, state = self.lstm(((x - self.center) / self.spread)[None], state)
        return self.head(h[0]).softmax(dim=1), state


def torch_step(model: Any, rows: Array) -> Step:
    """Return torch's step of all streams at once."""
    peer, state = Peer(model).eval(), None

    def step() -> Any:
        nonlocal state
        said, state = peer(torch.from_numpy(rows), state)
        return said.numpy()

    return step


def onnx_step(model: Any, rows: Array, threads: int) -> Step:
    """Return onnxruntime's step of all streams at once: one graph, with the states going in and out."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        onnx_model(model).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = ["h0", "c0", "h1", "c1"]
    states = [np.zeros((1, len(rows), HIDDEN), np.float32) for _ in names]

    def step() -> Any:
        nonlocal states
        said, *states = session.run(None, {"x": rows[None], **dict(zip(names, states, strict=True))})
        return said

    return step


def onnx_model(model: Any) -> Any:
    """Return the classifier as an ONNX graph of one step."""
    from onnx import TensorProto, helper, numpy_helper

    series, tensors = model.preprocessor.spec, model.network.tensors
    constants = {
        "center": np.array(series.center, np.float32),
        "spread": np.array(series.spread, np.float32),
        "one": np.array([0, 1], np.int64),
        "weight": tensors["head.weight"].T.copy(),
        "bias": tensors["head.bias"],
    }
    nodes = [
        helper.make_node("Sub", ["x", "center"], ["s"]),
        helper.make_node("Div", ["s", "spread"], ["y0"]),
    ]
    for layer in range(2):
        parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        w, r, *bias = (in_onnx_order(tensors[f"recurrent.{part}_l{layer}"]) for part in parts)
        constants |= {f"W{layer}": w[None], f"R{layer}": r[None], f"B{layer}": np.concatenate(bias)[None]}
        inputs = [f"y{layer}", f"W{layer}", f"R{layer}", f"B{layer}", "", f"h{layer}", f"c{layer}"]
        outputs = [f"z{layer}", f"h{layer}_n", f"c{layer}_n"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=HIDDEN))
        squeezed = ("last", "one") if layer else ("y1", "direction")
        axes = np.array([0, 1] if layer else [1], np.int64)
        constants[squeezed[1]] = axes
        nodes.append(helper.make_node("Squeeze", [f"z{layer}", squeezed[1]], [squeezed[0]]))
    nodes.append(helper.make_node("Gemm", ["last", "weight", "bias"], ["scores"]))
    nodes.append(helper.make_node("Softmax", ["scores"], ["said"]))
    real = TensorProto.FLOAT
    states = [f"{kind}{layer}" for layer in range(2) for kind in "hc"]
    taken: Shapes = {"x": [1, "n", CHANNELS], **{name: [1, "n", HIDDEN] for name in states}}
    given: Shapes = {"said": ["n", CLASSES], **{f"{name}_n": [1, "n", HIDDEN] for name in states}}
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info(name, real, shape) for name, shape in taken.items()],
        [helper.make_tensor_value_info(name, real, shape) for name, shape in given.items()],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def in_onnx_order(weight: Array) -> Array:
    """Return a weight's or bias's gates i, f, g, o as i, o, f, g."""
    i, f, g, o = np.split(weight, 4)
    return np.concatenate([i, o, f, g])


def one_stream(model: Any, rounded: Any) -> dict[str, Step]:
    """Return every contender's step of one stream, from Python."""
    x = np.random.default_rng(1).normal(size=CHANNELS).astype(np.float32)
    push, push8 = model.stream().push, rounded.stream().push
    return {
        "ostinato": lambda: push(x),
        "ostinato, int8": lambda: push8(x),
        "torch": torch_step(model, x[None]),
        "onnxruntime": onnx_step(model, x[None], 1),
    }


def many_streams(model: Any, rounded: Any, count: int, threads: int) -> dict[str, Step]:
    """Return every contender's step of many streams, and the recurrent kernels alone."""
    rows = np.random.default_rng(2).normal(size=(count, CHANNELS)).astype(np.float32)
    streams, streams8 = model.streams(count), rounded.streams(count)
    prefix = "recurrent."
    tensors = {n.removeprefix(prefix): t for n, t in model.network.tensors.items() if n.startswith(prefix)}
    stack = Stack("lstm", tensors, streams=count)
    return {
        "ostinato": lambda: streams.push(rows),
        "its kernels alone": lambda: stack.push(rows),
        "ostinato, int8": lambda: streams8.push(rows),
        "torch": torch_step(model, rows),
        "onnxruntime": onnx_step(model, rows, threads),
    }


def check(steps: Mapping[str, Step]) -> None:
    """Refuse to time contenders that say different things."""
    said = {name: [np.asarray(step()).ravel() for _ in range(3)][-1] for name, step in steps.items()}
    for name, answer in said.items():
        if name == "its kernels alone":
            continue
        close = 0.02 if "int8" in name else 1e-5
        if np.abs(answer - said["torch"]).max() > close:
            raise SystemExit(f"{name} and torch differ by {np.abs(answer - said['torch']).max():.2g}")


def table(title: str, steps: Mapping[str, Step], seconds: float, unit: float, calls: int) -> None:
    """Time all contenders in turns and print a row each."""
    with torch.inference_mode():
        check(steps)
        turns = take_turns({name: Side(step) for name, step in steps.items()}, calls, seconds, 5, REST)
    name_of_unit = "microseconds" if unit == 1e6 else "milliseconds"
    print(f"\n{title}\n\n| | {name_of_unit} | times ostinato's |\n| --- | --- | --- |")
    for name in steps:
        ratio = median(ratios(turns, name, "ostinato"))
        print(f"| {name} | {middle(turns, name) * unit:.2f} | {ratio:.2f} |", flush=True)


def start(path: Path, count: int) -> list[float]:
    """Return the seconds from the start of `python` to the end of it, with one answer, of so many runs.

    One more run, which is not counted, comes first: it writes the byte code, even where the environment says
    that programs should not.
    """
    code = START.format(path=str(path), channels=CHANNELS)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds = []
    for _ in range(count + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def needed() -> dict[str, int]:
    """Return the bytes of every distribution that running a model needs, Ostinato's own among them."""
    found: dict[str, int] = {}
    waiting = list(BASE)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = installed(one)
        needs = (line for line in one.requires or () if not {"extra", "platform_system"} & {*line.split()})
        waiting += [requirement(line) for line in needs]
    package = Path(ostinato.__file__).parent
    return found | {"ostinato": sum(file.stat().st_size for file in package.rglob("*") if is_shipped(file))}


def installed(one: Distribution) -> int:
    """Return the bytes of a distribution's files."""
    places = (Path(str(one.locate_file(file))) for file in one.files or ())
    return sum(place.stat().st_size for place in places if place.is_file())


def is_shipped(file: Path) -> bool:
    """Return whether a file of the package is installed."""
    return file.is_file() and "__pycache__" not in file.parts


def requirement(line: str) -> str:
    """Return the name in a line such as ``annotated-types>=0.6.0``."""
    return "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in line).split()[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    os.environ["OSTINATO_NUM_THREADS"] = str(options.threads)
    torch.set_num_threads(options.threads)
    print(f"{processor()}; {versions()}; kernels: {native_level()}; {options.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        path = trained(Path(folder))
        int8.export(path, Path(folder) / "rounded")
        model, rounded = runtime.load(path), runtime.load(Path(folder) / "rounded")
        table("One step of one stream, from Python", one_stream(model, rounded), options.seconds, 1e6, 100)
        many = many_streams(model, rounded, options.streams, options.threads)
        table(f"One step of {options.streams:,} streams together", many, options.seconds, 1e3, 2)
        seconds = start(path, options.starts)
    print(f"\nFrom `python` to the first answer: {median(seconds):.3f} s (median of {options.starts})")
    sizes = needed()
    print(f"\nInstalled: {sum(sizes.values()) / 2**20:.1f} MiB: ", end="")
    print(
        ", ".join(f"{name} {size / 2**20:.1f}" for name, size in sorted(sizes.items(), key=lambda x: -x[1]))
    )


if __name__ == "__main__":
    main()
