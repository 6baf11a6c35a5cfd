"""Dynamic evaluation: a language model that goes on learning from the text that it is scored on.

Every chunk of a text is scored before anything is learnt from it. Then each weight w takes a step, by the
gradient g of the chunk's mean loss and the running mean of its squares over the text so far:

    m <- 0.99 m + 0.01 g^2,   m' = m / (1 - 0.99^n) after n chunks
    w <- w - rate * g / (sqrt(m') + 0.0001) + 0.003 (w_0 - w)

w_0 is the weight as it was trained: what was learnt from a text long ago fades. Source: Krause et al. 2018,
Dynamic evaluation of neural sequence models (arXiv:1709.07432, section 4), where the mean of the squares is
that of the training data, which a model directory does not hold.
"""

import os
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.answers.language import LossesOf, Nats
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.nn.carried import States
from ostinato.nn.network import Network, restored
from ostinato.preprocess.pack import Integers
from ostinato.spec.model import LanguageModel

CHUNK = 64
"""Tokens that are scored between two steps of learning."""

KEPT, FLOOR, BACK = 0.99, 1e-4, 3e-3
"""Of the equations: how slowly the mean forgets, what is added to its root, and the pull towards w_0."""


def learner(path: str | os.PathLike[str], rate: float) -> LossesOf:
    """Return what scores documents in their order and learns from each: the nats (T,) of every token of each.

    The weights that were learnt go from one document to the next, the state does not. Every call begins with
    the weights as they were trained.

    Args:
        path: the model's directory.
        rate: how far a step goes; 0: nothing is learnt, and the scores are the model's own.

    Raises:
        ModelFileError: there is no sound model.
        ArgumentError: it is no language model of tokens, or the rate is no finite number from 0 on; when
            called, the rate is so high that a loss is not finite.
    """
    if not (isinstance(rate, int | float) and 0.0 <= rate < float("inf")):
        raise ArgumentError(
            f"rate is {checks.shown(rate)}; expected a finite number from 0 on, such as 0.0003."
        )
    saved = archive.load(path)
    if not isinstance(saved.model, LanguageModel):
        raise ArgumentError(f"{path} is a {saved.model.task} model; only language models of tokens learn on.")
    network, boundary = saved.model.network, saved.model.preprocessing.boundary

    def losses(documents: Sequence[Integers]) -> list[Nats]:
        """Score and learn, from the weights as they were trained on."""
        learning = _Learning(restored(network, saved.tensors), rate)
        return [learning.read(tokens, boundary) for tokens in documents]

    return losses


class _Learning:
    """A network whose weights move from chunk to chunk."""

    def __init__(self, network: Network, rate: float) -> None:
        self.network, self.rate, self.steps = network, rate, 0
        self.weights = [*network.parameters()]
        self.begun = [weight.detach().clone() for weight in self.weights]
        self.squares = [torch.zeros_like(weight) for weight in self.weights]

    def read(self, tokens: Integers, boundary: int) -> Nats:
        """Return the nats of each token of a document, (T,), given all before it."""
        given = torch.from_numpy(np.concatenate([[boundary], tokens])[: len(tokens)])
        wanted = torch.from_numpy(np.ascontiguousarray(tokens))
        states: States | None = None
        found = np.empty(len(tokens))
        for first in range(0, len(tokens), CHUNK):
            chunk = slice(first, first + CHUNK)
            losses, states = self._score(given[chunk], wanted[chunk], states)
            found[chunk] = losses.detach().numpy()
            if self.rate > 0:
                self._learn(losses.mean())
        return found

    def _score(self, inputs: Tensor, targets: Tensor, states: States | None) -> tuple[Tensor, States]:
        ones = torch.ones(len(inputs), dtype=torch.int64, device="cpu")
        said, after = self.network.advance(PackedSequence(inputs, ones), states)
        losses = F.cross_entropy(said.data, targets, reduction="none")
        if not losses.isfinite().all():
            raise ArgumentError(
                f"rate is {self.rate:g}, and after {self.steps} steps a loss is not finite; choose a smaller "
                "one."
            )
        return losses, after

    def _learn(self, loss: Tensor) -> None:
        """Take one step."""
        gradients = torch.autograd.grad(loss, self.weights, allow_unused=True)
        self.steps += 1
        full = 1 - KEPT**self.steps
        with torch.no_grad():
            for weight, begun, square, gradient in zip(
                self.weights, self.begun, self.squares, gradients, strict=True
            ):
                if gradient is not None:
                    square.mul_(KEPT).addcmul_(gradient, gradient, value=1 - KEPT)
                    weight.sub_(self.rate * gradient / ((square / full).sqrt() + FLOOR))
                weight.lerp_(begun, BACK)
