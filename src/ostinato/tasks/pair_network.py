"""The network of an encoder and a decoder, from the options."""

from typing import Literal

from ostinato.checks import given
from ostinato.errors import ArgumentError
from ostinato.spec import network as spec
from ostinato.spec.preprocessing import TokenPair
from ostinato.spec.translate import PairNetwork


def network(pair: TokenPair, options: PairNetwork) -> spec.Network:
    """Return the network for texts of these vocabularies; options are resolved.

    Args:
        pair: the vocabularies of both sides; the network reads, of each side, one token more.
        options: shape and dropout.

    Raises:
        ArgumentError: the score ``dot`` is asked for where the two sides have different sizes.
    """
    encoder = _encoder(pair.source.vocabulary_size + 1, options)
    memory = encoder.flows()[-1].size
    tokens = pair.target.vocabulary_size + 1
    looking = _luong if options.attention == "luong" else _bahdanau
    ops = (
        *_bridge(memory, options),
        *_read(options),
        *looking(memory, options),
        spec.Head(size=tokens, tied="embedding" if options.tie_weights else None),
    )
    return spec.Network(input="tokens", input_size=tokens, ops=ops, encoder=encoder)


def _encoder(tokens: int, options: PairNetwork) -> spec.Network:
    hidden = given("hidden_size", options.hidden_size)
    each = -(-hidden // 2) if options.bidirectional else hidden
    recurrent = _recurrent(options, each, given("layers", options.layers), both=options.bidirectional)
    ops = (*_read(options), recurrent, _dropout("memory_dropout", options))
    return spec.Network(input="tokens", input_size=tokens, ops=ops)


def _read(options: PairNetwork) -> tuple[spec.AnyOp, ...]:
    size = given("embedding_size", options.embedding_size)
    return spec.Embedding(size=size), _dropout("embedding_dropout", options)


def _bridge(memory: int, options: PairNetwork) -> tuple[spec.AnyOp, ...]:
    if options.bridge == "none":
        return ()
    layers = given("layers", options.layers)
    return (
        spec.Bridge(
            to="recurrent" if options.attention == "luong" else "attentive_recurrent",
            memory_size=memory,
            kind=options.bridge,
            directions=2 if options.bidirectional else 1,
            states=2 if options.cell == "lstm" else 1,
            layers=layers if options.attention == "luong" else 1,
            hidden_size=given("hidden_size", options.hidden_size),
        ),
    )


def _luong(memory: int, options: PairNetwork) -> tuple[spec.AnyOp, ...]:
    """Return the recurrent layers, and what looks back after each of their steps."""
    hidden = given("hidden_size", options.hidden_size)
    if options.attention_score == "dot" and memory != hidden:
        raise ArgumentError(
            f"attention_score is 'dot', hidden_size is {hidden} and the encoder's steps have {memory} "
            "features; choose an even hidden_size, or 'general'."
        )
    attention = spec.Attention(
        size=_scored(options),
        memory_size=memory,
        score=options.attention_score,
        attention_size=options.attention_size,
    )
    return (
        _recurrent(options, hidden, given("layers", options.layers), both=False),
        _dropout("state_dropout", options),
        attention,
        _dropout("output_dropout", options),
    )


def _bahdanau(memory: int, options: PairNetwork) -> tuple[spec.AnyOp, ...]:
    """Return the layer that looks back before each step, the layers above it, and a narrowing."""
    hidden, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    first = spec.AttentiveRecurrent(
        cell=_cell(options), hidden_size=hidden, memory_size=memory, attention_size=options.attention_size
    )
    above: tuple[spec.AnyOp, ...] = ()
    if layers > 1:
        above = (_dropout("state_dropout", options), _recurrent(options, hidden, layers - 1, both=False))
    return (
        first,
        *above,
        spec.Head(name="projection", size=_scored(options)),
        _dropout("output_dropout", options),
    )


def _scored(options: PairNetwork) -> int:
    """Return how many features the head is given: with tied weights, those of a token."""
    if options.tie_weights:
        return given("embedding_size", options.embedding_size)
    return given("hidden_size", options.hidden_size)


def _recurrent(options: PairNetwork, hidden: int, layers: int, *, both: bool) -> spec.Recurrent:
    return spec.Recurrent(
        cell=_cell(options),
        hidden_size=hidden,
        layers=layers,
        bidirectional=both,
        dropout=given("dropout", options.dropout) if layers > 1 else 0.0,
        locked=options.locked_dropout,
    )


def _cell(options: PairNetwork) -> Literal["rnn_tanh", "lstm", "gru"]:
    return "rnn_tanh" if options.cell == "rnn" else options.cell


def _dropout(name: str, options: PairNetwork) -> spec.Dropout:
    return spec.Dropout(name=name, rate=given("dropout", options.dropout), locked=options.locked_dropout)
