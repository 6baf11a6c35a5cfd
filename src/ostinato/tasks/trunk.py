"""The network of tasks on sequences, and what of it goes together."""

from collections.abc import Iterable
from typing import Literal

from ostinato.checks import given
from ostinato.errors import ArgumentError
from ostinato.preprocess.observed import scaled_mean
from ostinato.spec import network as spec
from ostinato.spec.classify import ClassifyNetwork
from ostinato.spec.options import InputData
from ostinato.spec.preprocessing import Preprocessing, Series
from ostinato.spec.video import Video
from ostinato.tasks.video import frame_front

CONVOLUTIONS = (8, 5)
"""Kernel sizes of the ``conv`` front."""


def network(
    preprocessing: Preprocessing, size: int, options: ClassifyNetwork, *, per_step: bool = False
) -> spec.Network:
    """Return trunk, pool unless every step is answered, dropout, head.

    Args:
        preprocessing: what it reads.
        size: how many numbers it answers with.
        options: resolved.
        per_step: whether it answers every step, and not a whole sequence.
    """
    into, rate = preprocessing.flow(), given("dropout", options.dropout)
    directions: Literal[1, 2] = 2 if options.bidirectional else 1
    summary = () if per_step else (spec.Pool(kinds=given("pool", options.pool), directions=directions),)
    ops: tuple[spec.AnyOp, ...] = (
        *_trunk(preprocessing, options),
        *summary,
        spec.Dropout(name="output_dropout" if per_step else "summary_dropout", rate=rate),
        spec.Head(size=size),
    )
    read: Literal["tokens", "steps"] = "tokens" if into.kind == "tokens" else "steps"
    return spec.Network(input=read, input_size=into.size, ops=ops)


def _trunk(preprocessing: Preprocessing, options: ClassifyNetwork) -> tuple[spec.AnyOp, ...]:
    """Return embedding, front and recurrent stack; options are resolved."""
    rate, size = given("dropout", options.dropout), given("hidden_size", options.hidden_size)
    text = preprocessing.flow().kind == "tokens"
    return (
        *(_embedding(given("embedding_size", options.embedding_size), rate) if text else ()),
        *(_front(preprocessing, size, rate) if options.front == "conv" else ()),
        *_recurrent(preprocessing, options),
    )


def _embedding(size: int, rate: float) -> tuple[spec.AnyOp, ...]:
    return spec.Embedding(size=size), spec.Dropout(name="embedding_dropout", rate=rate)


def _front(read: Preprocessing, channels: int, rate: float) -> Iterable[spec.AnyOp]:
    return frame_front(read, channels, rate) if isinstance(read, Video) else _convolutions(channels, rate)


def _convolutions(channels: int, rate: float) -> tuple[spec.AnyOp, ...]:
    return (
        *(
            spec.Convolution(name=f"convolution_{i}", channels=channels, kernel_size=size)
            for i, size in enumerate(CONVOLUTIONS, start=1)
        ),
        spec.Dropout(name="convolution_dropout", rate=rate),
    )


def _recurrent(preprocessing: Preprocessing, options: ClassifyNetwork) -> tuple[spec.AnyOp, ...]:
    """Return the recurrent stack: layers of one cell, the first of which is GRU-D where values decay."""
    size, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    rate = given("dropout", options.dropout)
    decays = isinstance(preprocessing, Series) and preprocessing.missing == "decay"
    above = layers - decays
    stack = spec.Recurrent(
        cell="rnn_tanh" if options.cell == "rnn" else options.cell,
        hidden_size=size,
        layers=max(above, 1),
        bidirectional=options.bidirectional,
        dropout=rate if above > 1 else 0.0,
    )
    if not isinstance(preprocessing, Series) or not decays:
        return (stack,)
    first = spec.GruD(hidden_size=size, means=tuple(scaled_mean(preprocessing).tolist()))
    return (first, spec.Dropout(name="gru_d_dropout", rate=rate), stack) if above else (first,)


def check_missing(options: InputData, network: ClassifyNetwork) -> None:
    """Refuse what does not go together with missing values.

    Raises:
        ArgumentError: decay with another cell, in both directions or behind a convolution.
    """
    if options.missing != "decay":
        return
    wrong = {
        "cell": network.cell if network.cell != "gru" else None,
        "bidirectional": "true" if network.bidirectional else None,
        "front": network.front if network.front == "conv" else None,
    }
    for name, value in wrong.items():
        if value is not None:
            raise ArgumentError(
                f"missing is 'decay' and {name} is {value!r}; GRU-D reads the values themselves, in one "
                f"direction, by gates of its own: leave {name} out."
            )
