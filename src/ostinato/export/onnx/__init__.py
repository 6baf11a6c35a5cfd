"""Models as ONNX graphs: standard operators, batch and time open, states as inputs and outputs."""

from ostinato.export.onnx.export import to_onnx

__all__ = ["to_onnx"]
