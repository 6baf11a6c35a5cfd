"""A network built from its spec, in torch: what training trains."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.nn.convolution import Convolution
from ostinato.nn.dropout import Dropout
from ostinato.nn.embedding import Embedding
from ostinato.nn.head import Head
from ostinato.nn.init import forget_gate_bias_, orthogonal_recurrence_
from ostinato.nn.pool import Pool
from ostinato.nn.recurrent import recurrent
from ostinato.spec import network as spec
from ostinato.spec.options import NetworkOptions

EXECUTORS: Final[Mapping[type[spec.Op], Callable[[Any, Any], nn.Module]]] = {
    spec.Embedding: Embedding,
    spec.Dropout: Dropout,
    spec.Convolution: Convolution,
    spec.Recurrent: recurrent,
    spec.Pool: Pool,
    spec.Head: Head,
}
"""What makes the module of each op, from the op and the flow that it is given."""


class Network(nn.Module):
    """A chain of ops, each a submodule under its own name.

    The names in ``state_dict()`` are those of ``spec.tensors()``.

    Args:
        spec: the network as data.

    Example:
        >>> network = Network(spec.Network(input="steps", input_size=2, ops=(
        ...     spec.Recurrent(cell="gru", hidden_size=4), spec.Pool(kinds=("last",)), spec.Head(size=3))))
        >>> batch = nn.utils.rnn.pack_sequence([torch.zeros(5, 2), torch.zeros(2, 2)])
        >>> tuple(network(batch).shape)
        (2, 3)
    """

    def __init__(self, spec: spec.Network) -> None:
        super().__init__()
        self.spec = spec
        for op, into in zip(spec.ops, spec.flows(), strict=False):
            if op.name in dir(self):
                raise ArgumentError(f"op {op.name!r} has a name that torch keeps for itself; rename the op.")
            self.add_module(op.name, EXECUTORS[type(op)](op, into))

    @property
    def ops(self) -> dict[str, nn.Module]:
        """Return the ops' modules by name, first to last."""
        return dict(self.named_children())

    def forward(self, input: PackedSequence) -> PackedSequence | Tensor:
        """Map tokens (N,) or steps (N, I) to steps (N, F), or to a summary (B, F), as the spec says.

        Sequences stand in order of falling length, and the answers stand in the same order.
        """
        flow: Any = input
        for module in self.children():
            flow = module(flow)
            if isinstance(module, nn.RNNBase):
                flow, _ = flow  # the output at every step, and the last state
        answer: PackedSequence | Tensor = flow
        return answer


def export_tensors(module: Network) -> dict[str, NDArray[np.float32]]:
    """Return a copy of every weight as float32, under the names of ``spec.tensors()``."""
    found = module.state_dict()
    return {name: found[name].detach().cpu().numpy().astype(np.float32) for name in module.spec.tensors()}


def import_tensors(module: Network, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Copy weights into a network; names and shapes must be exactly those of ``spec.tensors()``."""
    expected = module.spec.tensors()
    if differing := sorted(expected.keys() ^ tensors.keys()):
        raise ArgumentError(
            f"weights differ by name: {', '.join(differing[:10])}; expected {len(expected)} weights."
        )
    for name, shape in expected.items():
        checks.shape(name, tensors[name], shape)
    with torch.no_grad():
        for name, values in module.state_dict().items():
            values.copy_(torch.from_numpy(np.ascontiguousarray(tensors[name])))


def initialise(network: Network, options: NetworkOptions) -> None:
    """Apply the initialisation that the options name; without any, torch's own stays.

    Args:
        network: a new network.
        options: ``recurrent_init`` and ``forget_bias`` are read.

    Raises:
        ArgumentError: a forget bias is asked for where no cell is an LSTM.
    """
    for layer in network.children():
        if not isinstance(layer, nn.RNNBase):
            continue
        if options.recurrent_init == "orthogonal":
            orthogonal_recurrence_(layer)
        if options.forget_bias is not None:
            forget_gate_bias_(layer, options.forget_bias)
