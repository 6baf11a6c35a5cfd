"""Beam search with an encoder and a decoder: from sources to the likeliest targets."""

from collections.abc import Sequence

import numpy as np

from ostinato.decode import beam
from ostinato.decode.beam import Beam, Hypothesis
from ostinato.decode.logs import log_softmax
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers, falling
from ostinato.runtime.base import Array, State
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.memory import Memory
from ostinato.runtime.model import batches, packed

LONGEST_FACTOR, LONGEST_MORE = 2.0, 10
"""An answer has at most so many times the tokens of its source, and so many more."""

SIDE_BY_SIDE = 32
"""Sources that are searched at the same time at most."""


def likeliest(
    network: EncoderDecoder,
    sources: Sequence[Integers],
    options: Beam,
    *,
    boundary: int,
    banned: Sequence[int],
    longest_factor: float = LONGEST_FACTOR,
) -> list[list[Hypothesis]]:
    """Return the best targets of each source, best first.

    A source's answers do not depend on what stands beside it, up to the rounding of matrix products.

    Args:
        network: the model.
        sources: one (S,) array of tokens each.
        options: how wide to search.
        boundary: the token that begins and ends a target.
        banned: tokens that no target holds.
        longest_factor: a target has at most ``longest_factor * S + LONGEST_MORE`` tokens.

    Raises:
        DataError: the model's scores overflow.
    """
    found: list[list[Hypothesis]] = [[] for _ in sources]
    lengths = np.array([len(source) for source in sources], np.int64)
    for indices in batches(lengths, SIDE_BY_SIDE):
        memory = network.remember(packed([sources[i] for i in indices]))
        longest = (longest_factor * lengths[indices]).astype(np.int64) + LONGEST_MORE
        for index, answers in zip(
            indices, _search(network, memory, longest, options, boundary, banned), strict=True
        ):
            found[index] = answers
    return found


def remembered(network: EncoderDecoder, sources: Sequence[Integers]) -> Memory:
    """Return the memory of sources in their own order."""
    order = falling(np.array([len(source) for source in sources]))
    return network.remember(packed([sources[i] for i in order])).in_order(np.argsort(order))


def finite(rows: Array) -> Array:
    """Return scores, all of which must be finite numbers."""
    if not np.isfinite(rows).all():
        raise DataError("the model's scores overflow; train the model again.")
    return rows


def _search(
    network: EncoderDecoder,
    memory: Memory,
    longest: Integers,
    options: Beam,
    boundary: int,
    banned: Sequence[int],
) -> list[list[Hypothesis]]:
    """Search for one batch; a stream's state holds the number of its source, and never the source itself."""

    def step(state: State, tokens: Integers) -> beam.Said:
        sources = state["source"]
        kept = {name: array for name, array in state.items() if name != "source"}
        said = network.read(kept, tokens[None], memory, sources)
        attention = None if said.attention is None else said.attention[0]
        return beam.Said(said.state | {"source": sources}, log_softmax(finite(said.rows[0])), attention)

    sources = np.arange(len(longest))
    state = network.begin(memory, sources) | {"source": sources}
    return beam.search(step, state, boundary, boundary, longest, options, memory.lengths, banned)
