"""The loss of a language model on one chunk: cross-entropy, and the penalties of its recurrent outputs."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from ostinato.data.lanes import Chunk
from ostinato.nn.network import Network
from ostinato.tasks.base import Carried


@dataclass(frozen=True)
class Penalties:
    """Weights of the two penalties of Merity et al. 2017 (arXiv:1708.01009).

    Args:
        activation: AR, of large outputs of the last recurrent layer.
        change: TAR, of their changes from step to step.
    """

    activation: float
    change: float


def next_token_loss(
    network: Network, chunk: Chunk, carried: Carried, penalties: Penalties
) -> tuple[Tensor, Carried]:
    """Return the summed loss of a chunk in nats, and the states at its end."""
    output, states = network.advance(chunk.input, carried or None, chunk.resets)
    return F.cross_entropy(output.data, chunk.targets, reduction="sum"), states
