"""Choosing a backend, in sight of the user.

Each op has a table from backend name to ``Backend``. ``"auto"`` takes the first that can run the call; a
backend asked for by name runs or raises with its reason. Nothing is tried and caught.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ostinato.errors import ArgumentError, BackendError

_asked_for: ContextVar[str] = ContextVar("backend", default="auto")


class _Choices:
    """How many ``backend`` blocks are open in the process.

    While none is, nothing reads the context variable, which torch.compile cannot trace.
    """

    def __init__(self) -> None:
        self.open = 0
        self.lock = Lock()

    def change(self, by: int) -> None:
        with self.lock:
            self.open += by


_choices = _Choices()


class Weights(NamedTuple):
    """The weights of one layer in one direction, G gates stacked as torch.nn stacks them.

    Args:
        weight_ih: (G*H, I).
        weight_hh: (G*H, H), or (G*H, P) with a projection.
        bias_ih: (G*H,) or None.
        bias_hh: (G*H,) or None.
        weight_hr: (P, H) or None, an LSTM's projection.
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    weight_hr: Tensor | None = None


class Kept(tuple[Weights, ...]):
    """The weights of a layer that stays, by direction, and what a backend made of them for the next call.

    Args:
        made: the backend's own; it must hold what tells whether the weights are still the same.
    """

    made: Any = None


class Call(NamedTuple):
    """All that a backend may need to know to say whether it can run.

    Args:
        op: ``"elman"``, ``"gru"`` or ``"lstm"``.
        steps: T, of the longest sequence.
        batch: B.
        rows: N, the sum of all lengths.
        input_size: I.
        hidden_size: H.
        projection: P, or 0 for none.
        directions: D.
        bias: whether there are biases.
        dtype: of the input.
        device: of the input.
        derivatives: the highest order that may be asked for: 0 where autograd is off or nothing wants a
            gradient, else 2, for autograd does not say beforehand that it will be asked to go on.
        resets: whether states restart inside a sequence.
    """

    op: str
    steps: int
    batch: int
    rows: int
    input_size: int
    hidden_size: int
    projection: int
    directions: int
    bias: bool
    dtype: torch.dtype
    device: torch.device
    derivatives: int
    resets: bool = False

    @property
    def full(self) -> bool:
        """Whether all sequences have the same length."""
        return self.rows == self.steps * self.batch


@dataclass(frozen=True)
class Backend:
    """One implementation of a recurrence.

    Args:
        run: takes the op's arguments, the input as rows (N, I), and gives rows (N, ·) back.
        why_not: says in words why it cannot run a call, or None if it can.
        by_steps: whether ``run`` takes (T, B, I) too and then gives (T, B, ·) back.
    """

    run: Callable[..., Any]
    why_not: Callable[[Call], str | None]
    by_steps: bool = False

    def __call__(self, input: Tensor, *arguments: Any, **options: Any) -> tuple[Tensor, Any]:
        """Return the outputs, in the input's form, and the last states.

        Args:
            input: (N, I), or (T, B, I): a view of it as rows, and one back, would be two nodes of the graph.
            arguments: the op's others.
            options: of this op alone.
        """
        if self.by_steps or input.dim() == 2:
            return self.run(input, *arguments, **options)  # type: ignore[no-any-return]
        output, last = by_rows(input, lambda rows: self.run(rows, *arguments, **options))
        return output, last


def by_rows(input: Tensor, run: Callable[[Tensor], Sequence[Any]]) -> tuple[Any, ...]:
    """Return what ``run`` makes of the input as rows (N, I), its first result in the form of the input.

    Args:
        input: (N, I) or (T, B, I).
        run: from rows to outputs (N, ·) and whatever else.
    """
    output, *others = run(input.flatten(0, -2))
    return output.view(*input.shape[:-1], output.shape[-1]), *others


def describe(
    op: str,
    input: Tensor,
    batch_sizes: Tensor,
    state: Sequence[Tensor],
    weights: Sequence[Weights],
    resets: Tensor | None = None,
) -> Call:
    """Return the description of a call.

    Args:
        op: its name.
        input: (N, I) or (T, B, I).
        batch_sizes: (T,).
        state: each (D, B, ·).
        weights: one for each direction.
        resets: (N,) or None.
    """
    first = weights[0]
    return Call(
        op=op,
        steps=batch_sizes.shape[0],
        batch=state[0].shape[1],
        rows=math.prod(input.shape[:-1]),
        input_size=input.shape[-1],
        hidden_size=state[-1].shape[2],
        projection=0 if first.weight_hr is None else first.weight_hr.shape[0],
        directions=len(weights),
        bias=first.bias_ih is not None,
        dtype=input.dtype,
        device=input.device,
        derivatives=2 if wants_gradients(input, *state, *(w for d in weights for w in d)) else 0,
        resets=resets is not None,
    )


def wants_gradients(*tensors: Tensor | None) -> bool:
    """Return whether autograd is to record what is done with these tensors."""
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors)


def always(call: Call) -> str | None:
    """Return None: the ``why_not`` of a backend that can run every call."""
    return None


def choose(backends: Mapping[str, Backend], name: str, call: Call) -> Backend:
    """Return the backend called ``name``; for ``"auto"`` the one set by ``backend``, or the first that can.

    Raises:
        ArgumentError: there is no backend of that name.
        BackendError: it, or every one, cannot run the call; the message gives each reason.
    """
    if name == "auto" and _choices.open > 0:
        name = _asked_for.get()
    if name == "auto":
        return _first(backends, call)
    if name not in backends:
        raise ArgumentError(
            f"{call.op}: unknown backend {name!r}; choose one of {', '.join(['auto', *backends])}."
        )
    reason = backends[name].why_not(call)
    if reason is not None:
        raise BackendError(f"{call.op}: backend {name!r} cannot run here: {reason}.")
    return backends[name]


def _first(backends: Mapping[str, Backend], call: Call) -> Backend:
    reasons = []
    for name, candidate in backends.items():
        reason = candidate.why_not(call)
        if reason is None:
            return candidate
        reasons.append(f"{name}: {reason}")
    raise BackendError(f"{call.op}: no backend can run here: {'; '.join(reasons)}.")


@contextmanager
def backend(name: str) -> Iterator[None]:
    """Run every layer inside the ``with`` on the backend called ``name``, unless its call names another.

    The choice holds for the current thread or task only.

    Example:
        >>> import torch
        >>> from ostinato import nn
        >>> with nn.backend("reference"):
        ...     output, state = nn.GRU(3, 4)(torch.ones(5, 2, 3))
    """
    token = _asked_for.set(name)
    _choices.change(+1)
    try:
        yield
    finally:
        _choices.change(-1)
        _asked_for.reset(token)
