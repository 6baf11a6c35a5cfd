"""The recurrent op in torch: the drop-in layers themselves."""

from torch import nn

from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.rnn import RNN
from ostinato.spec.flow import Flow
from ostinato.spec.network import Recurrent as Spec


def recurrent(spec: Spec, into: Flow) -> nn.RNNBase:
    """Return the layer that the op describes; its weights have the names of ``spec.tensors(into)``.

    Args:
        spec: the op.
        into: what it is given: steps of I features.
    """
    sizes = (into.size, spec.hidden_size, spec.layers)
    if spec.cell == "gru":
        return GRU(*sizes, dropout=spec.dropout, bidirectional=spec.bidirectional)
    if spec.cell == "lstm":
        return LSTM(*sizes, dropout=spec.dropout, bidirectional=spec.bidirectional)
    return RNN(
        *sizes,
        nonlinearity=spec.cell.removeprefix("rnn_"),
        dropout=spec.dropout,
        bidirectional=spec.bidirectional,
    )
