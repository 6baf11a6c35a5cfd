"""The packed weights of a frozen layer, kept from call to call.

Frozen is a layer none of whose weights requires a gradient. A change in place shows in torch's version
counters, another tensor in its address. What is written past the counters (through ``.data``, from NumPy)
shows in neither: optimisers and searches do that to weights that may be trained, so those are packed anew
every time, under ``no_grad`` too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from ostinato.kernels.dispatch import Kept, Weights
from ostinato.kernels.native_calls import Inputs, Layer, pack


class Made(NamedTuple):
    """What is kept.

    Args:
        state: of the weights when they were packed.
        held: their memory, which nobody else is given as long as an address stands for it.
        packed: as the native kernels read them.
    """

    state: tuple[Any, ...]
    held: list[Tensor]
    packed: Any


def packed_of(layer: Layer, inputs: Inputs, weights: Sequence[Weights]) -> Any | None:
    """Return the packed weights of a frozen layer, or None where they are packed for this call alone."""
    if not isinstance(weights, Kept):
        return None
    flat = [weight for weight in inputs.weights if weight is not None]
    if not all(_frozen(weight) for weight in flat):
        weights.made = None
        return None
    state = (layer.cell, *[(x.data_ptr(), x._version, x.shape) for x in flat])
    made = weights.made  # once: another thread may put its own there
    if made is None or made.state != state:
        made = Made(state, [weight.detach() for weight in flat], pack(layer, inputs))
        weights.made = None if any(weight.is_shared() for weight in flat) else made  # type: ignore[no-untyped-call]
    return made.packed


def _frozen(weight: Tensor) -> bool:
    """Return whether a weight is not trained, and torch would tell of a change."""
    return not (weight.requires_grad or weight.is_inference()) and weight.is_contiguous()
