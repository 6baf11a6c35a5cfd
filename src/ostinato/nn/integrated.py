"""What every value of a sequence gives to an answer: integrated gradients, over time and channels.

    a_tc = (x_tc - b_tc) * integral over s from 0 to 1 of dF(b + s (x - b)) / dx_tc

F is the probability of a class. The baseline b is the same sequence, measured at the same times, in which
every value is its channel's mean in training, and every descriptor its mean; so the a sum to F(x) - F(b). The
integral is the mean over the middles of equal parts. Source: Sundararajan et al. 2017, section 3
(arXiv:1703.01365).
"""

import os
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import PackedSequence

from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network, restored
from ostinato.preprocess.observed import mean_rows
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.read.sequences import Sequences
from ostinato.spec.model import ClassifyModel
from ostinato.spec.preprocessing import Series

STEPS = 32
"""Into so many parts the way from the baseline is cut."""

Explainer = Callable[[Sequences, int], NDArray[np.float64]]


def explainer(path: str | os.PathLike[str], steps: int = STEPS) -> Explainer:
    """Return what explains a classifier's answers: from one sequence and a class to (T, I).

    Args:
        path: the model's directory.
        steps: parts of the way; the more, the nearer the sum is to what all values give together.

    Raises:
        ModelFileError: there is no sound model.
        ArgumentError: it is no classifier of series.
    """
    saved = archive.load(path)
    series = saved.model.preprocessing
    if not isinstance(saved.model, ClassifyModel) or not isinstance(series, Series):
        raise ArgumentError(
            f"integrated gradients explain classifiers of series; {path} is a {saved.model.task} model that "
            f"reads {saved.model.preprocessing.kind}."
        )
    preprocessor = SeriesPreprocessor(series)
    network = restored(saved.model.network, saved.tensors).requires_grad_(False)

    def explain(sequence: Sequences, answer: int) -> NDArray[np.float64]:
        (rows,) = preprocessor.apply(sequence)
        found = integrated_gradients(network, rows, mean_rows(preprocessor.spec, rows), answer, steps)
        order = [preprocessor.spec.channels.index(name) for name in sequence.channels]
        return found[:, order]

    return explain


def integrated_gradients(
    network: Network,
    rows: NDArray[np.float32],
    baseline: NDArray[np.float32],
    answer: int,
    steps: int = STEPS,
) -> NDArray[np.float64]:
    """Return what each number of one sequence gives to the probability of a class, (T, F).

    Args:
        network: in evaluation mode; its answer is a summary of scores.
        rows: (T, F) what it is given.
        baseline: (T, F) what it is compared with.
        answer: the class, by its number.
        steps: parts of the way.
    """
    way = (torch.arange(steps, device="cpu") + 0.5) / steps
    difference = torch.from_numpy(rows - baseline)
    points = torch.from_numpy(baseline)[:, None] + way[:, None] * difference[:, None]  # (T, steps, F)
    points.requires_grad_(True)
    sizes = torch.full((len(rows),), steps, dtype=torch.int64, device="cpu")
    scores = network(PackedSequence(points.flatten(0, 1), sizes))
    if not isinstance(scores, torch.Tensor):
        raise ArgumentError("the network answers at every step; expected one that makes a summary.")
    (gradient,) = torch.autograd.grad(scores.softmax(dim=1)[:, answer].sum(), points)
    return (difference * gradient.mean(dim=1)).double().numpy()
