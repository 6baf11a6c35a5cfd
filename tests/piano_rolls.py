"""Small piano rolls and models of them for tests, made in memory."""

import numpy as np

from model_files import RECORD, weights
from ostinato.preprocess.rolls import RollPreprocessor
from ostinato.read.rolls import Rolls
from ostinato.runtime.network import Network
from ostinato.runtime.rolls import FrameModel
from ostinato.spec.model import RollModel
from ostinato.spec.network import Head, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Columns, PianoRoll
from ostinato.spec.rolls import RollOptions


def roll(frames, seed=0, low=30, high=50):
    """Return a roll (T, 88) of chance chords between two keys."""
    found = np.zeros((frames, 88), np.uint8)
    found[:, low:high] = np.random.default_rng(seed).random((frames, high - low)) < 0.2
    return found


def rolls(*lengths, parts=None):
    """Return rolls of these lengths, all different."""
    values = [roll(length, seed) for seed, length in enumerate(lengths)]
    ids = [str(number) for number in range(len(lengths))]
    return Rolls(values, ids, parts, [f"roll {name}" for name in ids])


def melodies(count):
    """Return rolls in which one key follows the other, upwards; each begins elsewhere."""
    found = rolls(*range(3, 3 + count))
    for number, one in enumerate(found.values):
        one[:] = 0
        one[np.arange(len(one)), 30 + 4 * number + np.arange(len(one))] = 1
    return found


def model(cell="gru", kernels="auto"):
    """Return a model with weights that differ everywhere."""
    ops = (Recurrent(cell=cell, hidden_size=6, layers=2), Head(size=88))
    spec = RollModel(
        columns=Columns(),
        preprocessing=PianoRoll(),
        network=Spec(input="steps", input_size=89, ops=ops),
        recipe=RollOptions(),
        training=RECORD,
    )
    tensors = {name: 3 * array for name, array in weights(spec).items()}
    network = Network(spec.network, tensors, kernels=kernels)
    return FrameModel(spec, network, RollPreprocessor(spec.preprocessing))
