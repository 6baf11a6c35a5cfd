"""What a task on series makes of missing values: its recurrent ops, and what goes together."""

from ostinato.checks import given
from ostinato.errors import ArgumentError
from ostinato.preprocess.observed import scaled_mean
from ostinato.read.sequences import Sequences
from ostinato.spec import network as spec
from ostinato.spec.options import NetworkOptions, SequenceData
from ostinato.spec.preprocessing import Preprocessing, Series


def recurrent(
    preprocessing: Preprocessing, options: NetworkOptions, bidirectional: bool
) -> tuple[spec.AnyOp, ...]:
    """Return the recurrent stack: layers of one cell, the first of which is GRU-D where values decay.

    Args:
        preprocessing: what the network is given.
        options: resolved.
        bidirectional: whether it reads in both directions.
    """
    size, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    rate = given("dropout", options.dropout)
    decays = isinstance(preprocessing, Series) and preprocessing.missing == "decay"
    above = layers - decays
    stack = spec.Recurrent(
        cell="rnn_tanh" if options.cell == "rnn" else options.cell,
        hidden_size=size,
        layers=max(above, 1),
        bidirectional=bidirectional,
        dropout=rate if above > 1 else 0.0,
    )
    if not isinstance(preprocessing, Series) or not decays:
        return (stack,)
    first = spec.GruD(hidden_size=size, means=tuple(scaled_mean(preprocessing).tolist()))
    return (first, spec.Dropout(name="gru_d_dropout", rate=rate), stack) if above else (first,)


def check_missing(
    data: Sequences, options: SequenceData, network: NetworkOptions, *, bidirectional: bool, front: str | None
) -> None:
    """Refuse what does not go together with missing values.

    Raises:
        ArgumentError: texts, or decay with another cell, in both directions or behind a convolution.
    """
    if options.missing == "forbid":
        return
    if data.kind != "series":
        raise ArgumentError(
            f"missing is {options.missing!r}, and the data is text, in which nothing is missing."
        )
    if options.missing != "decay":
        return
    wrong = {
        "cell": network.cell if network.cell != "gru" else None,
        "bidirectional": "true" if bidirectional else None,
        "front": front if front == "conv" else None,
    }
    for name, value in wrong.items():
        if value is not None:
            raise ArgumentError(
                f"missing is 'decay' and {name} is {value!r}; GRU-D reads the values themselves, in one "
                f"direction, by gates of its own: leave {name} out."
            )
