"""One recurrent layer as an ONNX model, run by onnxruntime; import of either waits until it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import RNNBase

Array = NDArray[np.float32]

GATE_ORDER: Final = {"RNN": (0,), "GRU": (1, 0, 2), "LSTM": (0, 3, 1, 2)}
"""Where ONNX's gates stand among torch.nn's: GRU z, r, n in r, z, n; LSTM i, o, f, g in i, f, g, o."""

OPSET: Final = 17
IR_VERSION: Final = (
    8  # of that opset's time: onnx writes its newest by default, which an older runtime refuses
)


def session(cell: str, layer: RNNBase, threads: int) -> Any:
    """Return a session of one layer in one direction: X (T, B, I) and states (1, B, H) in and out."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    return runtime.InferenceSession(
        model(cell, layer).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def session_side(cell: str, layer: RNNBase, input: Tensor, threads: int) -> Callable[[], list[Array]]:
    """Return what runs a whole sequence from zero states and gives [output (T, B, H), last states]."""
    run = session(cell, layer, threads).run
    states = {name: np.zeros((1, input.shape[1], layer.hidden_size), np.float32) for name in _states(cell)}
    feed = {"X": input.numpy(), **{f"{name}_0": array for name, array in states.items()}}

    def call() -> list[Array]:
        output, *last = run(None, feed)
        return [output[:, 0], *last]

    return call


def model(cell: str, layer: RNNBase) -> Any:
    """Return the ONNX model: the cell's own op, with weights as initialisers."""
    onnx = import_module("onnx")
    states = _states(cell)
    node = onnx.helper.make_node(
        cell,
        ["X", "W", "R", "B", "", *(f"{name}_0" for name in states)],
        ["Y", *(f"{name}_n" for name in states)],
        hidden_size=layer.hidden_size,
        # torch's GRU multiplies by r after the product with W_hn, not before.
        **({"linear_before_reset": 1} if cell == "GRU" else {}),
    )
    real = onnx.TensorProto.FLOAT
    inputs = {
        "X": ["T", "B", layer.input_size],
        **{f"{name}_0": [1, "B", layer.hidden_size] for name in states},
    }
    outputs = {
        "Y": ["T", 1, "B", layer.hidden_size],
        **{f"{n}_n": [1, "B", layer.hidden_size] for n in states},
    }
    graph = onnx.helper.make_graph(
        [node],
        cell,
        [onnx.helper.make_tensor_value_info(name, real, shape) for name, shape in inputs.items()],
        [onnx.helper.make_tensor_value_info(name, real, shape) for name, shape in outputs.items()],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights(cell, layer).items()],
    )
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def weights(cell: str, layer: RNNBase) -> dict[str, Array]:
    """Return W (1, G*H, I), R (1, G*H, H) and B (1, 2*G*H), gates in ONNX's order."""
    parameters = {name: parameter.detach().numpy() for name, parameter in layer.named_parameters()}
    reordered = {name: _reordered(cell, array) for name, array in parameters.items()}
    bias = np.concatenate([reordered["bias_ih_l0"], reordered["bias_hh_l0"]])
    return {"W": reordered["weight_ih_l0"][None], "R": reordered["weight_hh_l0"][None], "B": bias[None]}


def _reordered(cell: str, array: Array) -> Array:
    order = GATE_ORDER[cell]
    gates = np.split(array, len(order))
    return np.concatenate([gates[gate] for gate in order])


def _states(cell: str) -> tuple[str, ...]:
    return ("h", "c") if cell == "LSTM" else ("h",)
