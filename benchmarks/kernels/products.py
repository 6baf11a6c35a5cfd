"""The machine's rate beside a row: torch.mm on a square, and on the very products that the row performs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

import torch
from torch import Tensor

from benchmarks.kernels.shapes import GATES, Shape
from ostinato.runtime import native

SQUARE: Final = 1024
SAMPLE_SECONDS: Final = 0.01

Operands = tuple[Tensor, Tensor, Tensor]
"""Two factors and where their product goes."""


@dataclass(frozen=True)
class Rates:
    """Operations a second of torch.mm, sampled at one moment.

    Args:
        square: on 1024 x 1024 matrices.
        products: on the row's products, called one by one from Python.
        free: the same, without the time that so many calls take on matrices of one element.
        fma: of multiply-adds in registers by the native kernels' own loop, or None without them.
    """

    square: float
    products: float
    free: float
    fma: float | None


class Beside:
    """Samples the rates that belong to one row.

    Args:
        cell: a key of ``GATES``.
        shape: of the row.
        mode: ``"training"`` adds the products of the backward.
        dtype: of all matrices.
    """

    def __init__(self, cell: str, shape: Shape, mode: str, dtype: torch.dtype) -> None:
        self.products = products(cell, shape, mode, dtype)
        self.operations = sum(2 * a.shape[0] * a.shape[1] * b.shape[1] for a, b, _ in self.products)
        self.square = _operands(SQUARE, SQUARE, SQUARE, dtype)
        self.empty = _operands(1, 1, 1, dtype)
        self.dtype = dtype

    def sample(self) -> Rates:
        """Return the rates of this moment."""
        square = _seconds([self.square])
        row, empty = _seconds(self.products), _seconds([self.empty] * 100) / 100
        bare = max(row - len(self.products) * empty, 0.01 * row)
        return Rates(
            square=2 * SQUARE**3 / square,
            products=self.operations / row,
            free=self.operations / bare,
            fma=fma_rate(torch.get_num_threads()) if self.dtype == torch.float32 else None,
        )


def fma_rate(threads: int) -> float | None:
    """Return the operations a second of pure float32 multiply-adds, or None where nothing can tell.

    ``peak`` of the native module, if it has one, maps a number of threads to operations a second.
    """
    peak: Callable[[int], float] | None = getattr(native.module(), "peak", None)
    return None if peak is None else peak(threads)


def products(cell: str, shape: Shape, mode: str, dtype: torch.dtype) -> list[Operands]:
    """Return the products of all layers and directions, weights laid out as torch.nn's.

    Forward: every step's input at once, (N, I) x (I, G*H), then (b, H) x (H, G*H) a step. Backward: the
    gradients of all inputs and of both weights at once, then (b, G*H) x (G*H, H) a step.
    """
    columns, sizes = GATES[cell] * shape.hidden_size, shape.batch_sizes
    found = []
    for width in shape.widths:
        found += _at_once(sum(sizes), width, columns, mode, dtype)
        found += _by_step(sizes, shape.state_size, columns, mode, dtype)
        if shape.proj_size:
            found += _by_step(sizes, shape.hidden_size, shape.proj_size, mode, dtype)
    return found


def _at_once(rows: int, width: int, columns: int, mode: str, dtype: torch.dtype) -> list[Operands]:
    forward, grad_weight, grad_input = _three(rows, width, columns, dtype)
    return [forward, grad_weight, grad_input] if mode == "training" else [forward]


def _by_step(sizes: list[int], width: int, columns: int, mode: str, dtype: torch.dtype) -> list[Operands]:
    step, _, step_back = _three(sizes[0], width, columns, dtype)
    forward = [_rows(step, size) for size in sizes]
    if mode != "training":
        return forward
    _, grad_weight, _ = _three(sum(sizes), width, columns, dtype)
    return [*forward, *(_rows(step_back, size) for size in sizes), grad_weight]


def _three(rows: int, width: int, columns: int, dtype: torch.dtype) -> tuple[Operands, Operands, Operands]:
    """Return x W^T, its gradient by W, and that by x."""
    x, weight = torch.randn(rows, width, dtype=dtype), torch.randn(columns, width, dtype=dtype)
    grad = torch.randn(rows, columns, dtype=dtype)
    return (
        (x, weight.t(), torch.empty_like(grad)),
        (grad.t(), x, torch.empty_like(weight)),
        (grad, weight, torch.empty_like(x)),
    )


def _rows(operands: Operands, count: int) -> Operands:
    first, second, out = operands
    return first[:count], second, out[:count]


def _operands(rows: int, inner: int, columns: int, dtype: torch.dtype) -> Operands:
    return _three(rows, inner, columns, dtype)[0]


def _seconds(work: list[Operands]) -> float:
    """Return the median seconds of going through all products once; the first time does not count."""
    _once(work)
    spent: list[float] = []
    while sum(spent) < SAMPLE_SECONDS:
        spent.append(_once(work))
    return median(spent)


def _once(work: list[Operands]) -> float:
    began = time.perf_counter()
    for first, second, out in work:
        torch.mm(first, second, out=out)
    return time.perf_counter() - began
