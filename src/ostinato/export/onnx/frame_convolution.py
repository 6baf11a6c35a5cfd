"""The frame convolution op in ONNX."""

from ostinato.export.onnx.convolution import folded
from ostinato.export.onnx.parts import Place, Steps, concat, cut, numbers, transpose
from ostinato.spec.network import FrameConvolution as Spec


def frame_convolution(place: Place, op: Spec, flow: Steps) -> Steps:
    """A convolution over each frame by itself, its normalisation folded into the weights, and a rectifier."""
    graph = place.graph
    frames = numbers(graph, -1, op.height, op.width, op.features(place.into))
    pixels = transpose(graph, graph.node("Reshape", [flow.value, frames]), 0, 3, 1, 2)
    weights = [graph.constant(array) for array in folded(place.weights, op.normalization)]
    pads = {"pads": [op.kernel_size // 2] * 4, "strides": [op.stride] * 2}
    said = graph.node("Relu", [graph.node("Conv", [pixels, *weights], pads)])
    both = cut(graph, graph.node("Shape", [flow.value]), 0, 0, 2)  # T and B
    shape = concat(graph, [both, numbers(graph, op.flow(place.into).size)], 0)
    return flow._replace(value=graph.node("Reshape", [transpose(graph, said, 0, 2, 3, 1), shape]))
