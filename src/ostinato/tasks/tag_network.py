"""The network of a tagger: words and their letters, recurrent stack, head, chain; a branch for the label."""

from ostinato.checks import given
from ostinato.spec import network as spec
from ostinato.spec.preprocessing import Words
from ostinato.spec.tag import TagNetwork


def network(words: Words, tags: int, labels: int, options: TagNetwork) -> spec.Network:
    """Return the network of a tagger; options are resolved.

    Args:
        words: what it reads.
        tags: how many tags there are.
        labels: how many labels of sentences; 0: none is told.
        options: its shape.
    """
    rate = given("dropout", options.dropout)
    cell = "rnn_tanh" if options.cell == "rnn" else options.cell
    layers = given("layers", options.layers)
    recurrent = spec.Recurrent(
        cell=cell,
        hidden_size=given("hidden_size", options.hidden_size),
        layers=layers,
        bidirectional=options.bidirectional,
        dropout=rate if layers > 1 else 0.0,
    )
    reader = spec.WordCharacters(
        words=words.words,
        letters=words.letters,
        size=given("embedding_size", options.embedding_size),
        letter_size=given("letter_size", options.letter_size),
        letter_hidden_size=given("letter_hidden_size", options.letter_hidden_size),
        cell=cell,
        word_dropout=given("word_dropout", options.word_dropout),
    )
    ops: list[spec.AnyOp] = [
        reader,
        spec.Dropout(name="input_dropout", rate=rate),
        recurrent,
        spec.Dropout(name="output_dropout", rate=rate),
        spec.Head(size=tags),
    ]
    if options.output == "crf":
        ops.append(spec.Crf())
    branches = (_label(labels, recurrent.directions),) if labels else ()
    return spec.Network(input="words", input_size=words.flow().size, ops=tuple(ops), branches=branches)


def _label(labels: int, directions: int) -> spec.Branch:
    """Return the branch that tells a sentence's label."""
    pool = spec.Pool(kinds=("attention", "max"), directions=2 if directions == 2 else 1)
    return spec.Branch(name="label", after="output_dropout", ops=(pool, spec.Head(size=labels)))
