"""What a forecasting network is trained by: errors, quantiles, likelihoods; what is missing counts 0."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ostinato.spec.windows import Outlook


class Answers(NamedTuple):
    """What came after B windows, and how it is measured.

    Args:
        truth: (…, B, h, C), as the series have it; NaN where missing.
        scaled: (…, B, h, C), as the network says it: over the scale, from the level.
        level: (…, B, 1, C), the last value before.
        scale: (B, 1, C), the spread of the context.
        weight: (B, 1, C), the scale over the spread of the whole series: what an error of 1 counts.
    """

    truth: Tensor
    scaled: Tensor
    level: Tensor
    scale: Tensor
    weight: Tensor


def losses(outlook: Outlook, kind: str, raw: Tensor, answers: Answers) -> tuple[Tensor, Tensor]:
    """Return the loss of every value, (…, B, h, C), 0 where the truth is missing, and where it is not.

    Args:
        outlook: what the network says.
        kind: of points, ``"squared"`` or ``"absolute"``.
        raw: (…, B, h, C, P), what it says.
        answers: what came.
    """
    there = answers.truth.isfinite()
    if outlook.says == "negative-binomial":
        lost = _negative_binomial(raw, answers, torch.where(there, answers.truth, 0.0))
        return torch.where(there, lost, 0.0), there
    target = torch.where(there, answers.scaled, 0.0)
    if outlook.says == "point":
        error = (raw[..., 0] - target) * answers.weight
        lost = error.square() if kind == "squared" else error.abs()
    elif outlook.says == "quantiles":
        lost = _pinball(outlook.quantiles, raw, target) * answers.weight
    elif outlook.says == "normal":
        lost = _normal(raw, target)
    else:
        lost = _student(raw, target)
    return torch.where(there, lost, 0.0), there


def point(outlook: Outlook, raw: Tensor) -> Tensor:
    """Return the point among what is said, (…, h, C): of quantiles, the one nearest to the median."""
    if outlook.says != "quantiles":
        return raw[..., 0]
    return raw[..., min(range(len(outlook.quantiles)), key=lambda i: abs(outlook.quantiles[i] - 0.5))]


def _pinball(quantiles: tuple[float, ...], raw: Tensor, target: Tensor) -> Tensor:
    """Return the mean over quantiles of max(q (y - f), (q - 1) (y - f)) (Koenker & Bassett 1978)."""
    share = raw.new_tensor(quantiles)
    error = target[..., None] - raw
    return torch.maximum(share * error, (share - 1) * error).mean(dim=-1) * 2


def _normal(raw: Tensor, target: Tensor) -> Tensor:
    deviation = F.softplus(raw[..., 1]) + 1e-4
    return ((target - raw[..., 0]) / deviation).square() / 2 + deviation.log() + math.log(2 * math.pi) / 2


def _student(raw: Tensor, target: Tensor) -> Tensor:
    deviation, freedom = F.softplus(raw[..., 1]) + 1e-4, 2 + F.softplus(raw[..., 2])
    error = ((target - raw[..., 0]) / deviation).square()
    return (
        (freedom + 1) / 2 * torch.log1p(error / freedom)
        + deviation.log()
        + torch.lgamma(freedom / 2)
        - torch.lgamma((freedom + 1) / 2)
        + (freedom * math.pi).log() / 2
    )


def _negative_binomial(raw: Tensor, answers: Answers, counts: Tensor) -> Tensor:
    """Return -log p of counts with mean m and variance m + a m^2 (Salinas et al. 2020, section 3.1)."""
    mean = answers.scale * F.softplus(answers.level / answers.scale + raw[..., 0]) + 1e-6
    size = 1 / (F.softplus(raw[..., 1]) + 1e-4)
    return (
        torch.lgamma(size)
        + torch.lgamma(counts + 1)
        - torch.lgamma(counts + size)
        - size * (size / (size + mean)).log()
        - counts * (mean / (size + mean)).log()
    )
