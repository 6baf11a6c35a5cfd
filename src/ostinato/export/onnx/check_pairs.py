"""The check of an encoder's and a decoder's export: both say what the runtime says, step by step."""

import numpy as np

from ostinato.decode.logs import log_softmax
from ostinato.export.onnx.compare import SIZES, lengths_of, padded, same
from ostinato.export.onnx.inputs import LENGTHS
from ostinato.export.onnx.pairs import KEYS, MEMORY
from ostinato.export.onnx.session import Session
from ostinato.runtime.base import Array
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.memory import Memory
from ostinato.runtime.search import remembered
from ostinato.spec.network import Network

MOST_STEPS = 6
"""Steps of a target that are compared at most."""


def check_pairs(network: EncoderDecoder, encoder: bytes, decoder: bytes) -> None:
    """Compare two graphs with the network that they were made of.

    Raises:
        ExportError: they differ; the message says where.
        MissingExtraError: onnxruntime is not installed.
    """
    reader, writer = Session(encoder), Session(decoder)
    for steps, sequences in SIZES:
        lengths = lengths_of(steps, sequences)
        sources = _drawn(network.encoder.spec, lengths)
        (name,) = reader.inputs.keys() - {LENGTHS}
        said = reader.run({name: padded(sources), LENGTHS: lengths})
        memory = remembered(network, sources)
        where = f"{steps} steps of {sequences} sources"
        _check_memory(said, memory, where)
        _check_steps(network, writer, said | {LENGTHS: lengths}, memory, min(steps, MOST_STEPS), where)


def _drawn(network: Network, lengths: Array) -> list[Array]:
    random = np.random.default_rng(len(lengths))
    if network.input == "tokens":
        return [random.integers(0, network.input_size, length) for length in lengths]
    return [random.normal(size=(length, network.input_size)).astype(np.float32) for length in lengths]


def _check_memory(said: dict[str, Array], memory: Memory, where: str) -> None:
    same(MEMORY, said[MEMORY], memory.values, where)
    for name, given in said.items():
        if name.startswith(KEYS):
            same(name, given, memory.keys[name.removeprefix(KEYS)], where)


def _check_steps(
    network: EncoderDecoder,
    writer: Session,
    encoded: dict[str, Array],
    memory: Memory,
    steps: int,
    where: str,
) -> None:
    """Compare the states at the beginning and what is said after each step; random tokens are read."""
    sources = np.arange(len(memory.lengths))
    state, feed = network.begin(memory, sources), dict(encoded)
    tokens = np.random.default_rng(steps).integers(0, network.spec.input_size, (steps, len(sources)))
    for number, row in enumerate(tokens):
        for name, array in state.items():
            same(f"state {name}", feed[name], array, f"{where}, before step {number + 1}")
        said = network.read(state, row[None], memory, sources)
        answers = writer.run(feed | {network.spec.input: row})
        state, feed = said.state, feed | writer.next(answers)
        here = f"{where}, step {number + 1}"
        same("log_probabilities", answers["log_probabilities"], log_softmax(said.rows[0]), here)
        if said.attention is not None:
            same("attention", answers["attention"], said.attention[0], here)
