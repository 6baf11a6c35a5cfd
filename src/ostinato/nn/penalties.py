"""What training may add to the loss for activations that are large, or that change fast from step to step.

Source: Merity et al. 2017, "Revisiting activation regularization for language RNNs" (arXiv:1708.01009), and
section 4.4 of Merity et al. 2018 (arXiv:1708.02182). The papers write L2 norms; their programs and these
functions take means of squares, which do not grow with the batch. ``Network.activations`` gives what is read.
"""

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.preprocess.pack import shift_index


def activation_penalty(dropped: PackedSequence, alpha: float) -> Tensor:
    """Return AR: alpha times the mean of the squares of what the last recurrent layer says, after dropout.

    Args:
        dropped: steps (N, H), as the op behind its dropout is given them.
        alpha: its weight; 2 in the paper.

    Example:
        >>> float(activation_penalty(PackedSequence(torch.ones(3, 4), torch.tensor([2, 1])), alpha=2.0))
        2.0
    """
    return alpha * dropped.data.square().mean()


def temporal_penalty(raw: PackedSequence, beta: float, resets: Tensor | None = None) -> Tensor:
    """Return TAR: beta times the mean of the squares of h_t - h_(t-1), before dropout.

    A difference is taken inside a sequence only, and none across a restart; where there is none at all, the
    penalty is zero.

    Args:
        raw: steps (N, H), as the last recurrent op hands them on.
        beta: its weight; 1 in the paper.
        resets: (N,) boolean, True where the state restarted at zero before the row's step; None for nowhere.

    Example:
        >>> raw = PackedSequence(torch.tensor([[1.0], [5.0], [4.0]]), torch.tensor([2, 1]))
        >>> float(temporal_penalty(raw, beta=0.5))  # (4 - 1)^2 / 2
        4.5
    """
    rows, sizes = raw.data, raw.batch_sizes.numpy()
    later = torch.arange(int(sizes[0]), len(rows), device=rows.device)
    if resets is not None:
        later = later[~resets[later]]
    if not len(later):
        return rows.new_zeros(())
    before = torch.from_numpy(shift_index(sizes, 1)).to(rows.device)[later]
    return beta * (rows[later] - rows[before]).square().mean()
