"""A small problem that a small network learns in seconds, for the tests of training."""

import numpy as np

from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData


def sequences(count=30, seed=0, channels=2):
    """Return sequences of 3 to 8 steps, whose class is told by the sign of their drift."""
    generator = np.random.default_rng(seed)
    labels = ["up" if i % 2 else "down" for i in range(count)]
    values = [
        generator.normal(0.6 if label == "up" else -0.6, 1.0, (generator.integers(3, 9), channels)).astype(
            np.float32
        )
        for label in labels
    ]
    ids = [f"s{i}" for i in range(count)]
    return Sequences("series", values, ids, labels, tuple("abcdef"[:channels]))


def options(*, data=None, network=None, **training):
    """Return small options: 3 epochs of batches of 8 with a small network with dropout and a convolution."""
    chosen = {
        "epochs": 3,
        "batch_size": 8,
        "threads": 1,
        "patience": 0,
        "learning_rate": 0.01,
        "schedule": "constant",
        **training,
    }
    data = data or {"folds": 0, "valid_fraction": 0.2}
    shape = {"hidden_size": 4, "layers": 2, "dropout": 0.3, "front": "conv", "pool": ("attention", "max")}
    return ClassifyOptions(
        data=SequenceData(**data),
        network=ClassifyNetwork(**(shape | (network or {}))),
        training=ClassifyTraining(**chosen),
    )
