"""Bytes to requests and back: the Open Inference Protocol v2, with binary tensors and Triton's sequences."""
