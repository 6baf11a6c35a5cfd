"""Recurrent layers in torch.nn's place, and the network spec executed in torch."""

from ostinato.kernels.dispatch import backend
from ostinato.nn import init
from ostinato.nn.accelerate import Acceleration, accelerate
from ostinato.nn.cells import GRUCell, LSTMCell, RNNCell
from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Acceleration",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "accelerate",
    "backend",
    "init",
]
