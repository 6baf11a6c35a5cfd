"""The recurrent layers against torch.nn, onnxruntime and JAX, in one process; see ``__main__``."""
