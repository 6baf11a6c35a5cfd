"""The network of a forecasting model, from the options."""

from typing import Literal

from ostinato.checks import given
from ostinato.spec import network as spec
from ostinato.spec.forecast import ForecastNetwork
from ostinato.spec.windows import Outlook, Windows

LINEAR = "linear"
"""The branch of the linear model."""


def network(windows: Windows, outlook: Outlook, options: ForecastNetwork) -> spec.Network:
    """Return the network for such windows; options are resolved.

    Args:
        windows: what is read, and how many steps are said at once.
        outlook: how many numbers are said of each.
        options: shape and dropout.
    """
    numbers = windows.width * outlook.parameters
    reading = (spec.Dropout(name="input", rate=0.0), _recurrent(options), _dropout("output_dropout", options))
    linear = spec.Branch(
        name=LINEAR,
        after="input",
        ops=(
            spec.Convolution(
                channels=windows.said * windows.width,
                kernel_size=windows.segments,
                normalization="none",
                activation="none",
            ),
        ),
    )
    taken = windows.flow().size
    if options.decoder != "seq2seq":
        ops = (*reading, spec.Head(size=windows.said * numbers))
        return spec.Network(input="steps", input_size=taken, ops=ops, branches=(linear,))
    return spec.Network(
        input="steps",
        input_size=windows.ahead().size,
        ops=(*_decoder(options), spec.Head(size=numbers)),
        encoder=spec.Network(input="steps", input_size=taken, ops=reading, branches=(linear,)),
    )


def _decoder(options: ForecastNetwork) -> tuple[spec.AnyOp, ...]:
    hidden, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    bridge = spec.Bridge(
        to="recurrent",
        memory_size=hidden,
        states=2 if options.cell == "lstm" else 1,
        layers=layers,
        hidden_size=hidden,
    )
    ops: tuple[spec.AnyOp, ...] = (bridge, _recurrent(options), _dropout("state_dropout", options))
    if options.attention:
        ops = (*ops, spec.Attention(size=hidden, memory_size=hidden))
    return ops


def _recurrent(options: ForecastNetwork) -> spec.Recurrent:
    layers = given("layers", options.layers)
    return spec.Recurrent(
        cell=_cell(options),
        hidden_size=given("hidden_size", options.hidden_size),
        layers=layers,
        dropout=given("dropout", options.dropout) if layers > 1 else 0.0,
    )


def _cell(options: ForecastNetwork) -> Literal["rnn_tanh", "lstm", "gru"]:
    return "rnn_tanh" if options.cell == "rnn" else options.cell


def _dropout(name: str, options: ForecastNetwork) -> spec.Dropout:
    return spec.Dropout(name=name, rate=given("dropout", options.dropout))
