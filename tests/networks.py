"""Small networks of every kind, ragged batches for them, and the executors with the same weights."""

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from ostinato.nn import network as torch_network
from ostinato.preprocess.pack import Packed, pack_index
from ostinato.runtime import network as runtime_network
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.spec.network import (
    AdaptiveHead,
    Attention,
    AttentiveRecurrent,
    Branch,
    Bridge,
    Convolution,
    Crf,
    Dropout,
    Embedding,
    FrameConvolution,
    GruD,
    Head,
    Network,
    Pool,
    Recurrent,
    WordCharacters,
)

WHOLE_MODEL = 1e-5
ONE_LAYER = 1e-6

CELLS = ("rnn_tanh", "rnn_relu", "lstm", "gru")
KINDS = ("last", "mean", "max", "attention")


def _steps(*ops):
    return Network(input="steps", input_size=3, ops=ops)


def _tokens(*ops):
    return Network(input="tokens", input_size=11, ops=(Embedding(size=4), *ops))


def _observed(*ops, size=7):
    """Return a network whose steps are values, masks, a time and descriptors."""
    return Network(input="steps", input_size=size, ops=ops)


WORDS, LETTERS = 11, 7


def _words(*ops, branches=()):
    reader = WordCharacters(
        words=WORDS, letters=LETTERS, size=4, letter_size=3, letter_hidden_size=2, word_dropout=0.3
    )
    return Network(input="words", input_size=6, ops=(reader, *ops), branches=branches)


def _pooled(*kinds, both=False):
    recurrent = Recurrent(cell="gru", hidden_size=5, bidirectional=both)
    return _steps(recurrent, Pool(kinds=kinds, attention_size=6, directions=2 if both else 1), Head(size=4))


def _frames(*ops):
    first = FrameConvolution(height=5, width=4, channels=4, kernel_size=3, stride=2)
    return Network(input="steps", input_size=5 * 4 * 3, ops=(first, *ops))


ONE_WAY = {
    **{f"one {cell}": _steps(Recurrent(cell=cell, hidden_size=5)) for cell in CELLS},
    **{f"three {cell}": _steps(Recurrent(cell=cell, hidden_size=5, layers=3, dropout=0.5)) for cell in CELLS},
    **{f"pool {kind}": _pooled(kind) for kind in KINDS},
    "pool all": _pooled(*KINDS),
    "embedding": _tokens(),
    "head on steps": _steps(Recurrent(cell="lstm", hidden_size=4), Head(size=2)),
    "head on tokens": _tokens(Dropout(rate=0.5), Recurrent(cell="gru", hidden_size=4), Head(size=11)),
    "convolution": _steps(Convolution(channels=4, kernel_size=3)),
    "convolution of one tap": _steps(Convolution(channels=4, kernel_size=1, normalization="none")),
    "convolution without a rectifier": _steps(
        Convolution(channels=4, kernel_size=3, normalization="none", activation="none"),
        Recurrent(cell="gru", hidden_size=3),
    ),
    "convolution longer than the sequences": _steps(Convolution(channels=2, kernel_size=70)),
    "frames": _frames(),
    "frames, strides and even windows": _frames(
        FrameConvolution(
            name="second", height=3, width=2, channels=3, kernel_size=2, stride=2, normalization="none"
        ),
    ),
    "classifier of video": _frames(
        Convolution(channels=5, kernel_size=3),
        Recurrent(cell="gru", hidden_size=5),
        Pool(kinds=("attention", "max")),
        Head(size=4),
    ),
    "convolution with a stride": _steps(Convolution(channels=4, kernel_size=5, stride=3)),
    "convolution of one tap with a stride": _steps(Convolution(channels=4, kernel_size=1, stride=2)),
    "listener": _steps(
        Convolution(name="front_1", channels=5, kernel_size=4, stride=2),
        Convolution(name="front_2", channels=6, kernel_size=3, stride=2, normalization="none"),
        Recurrent(cell="gru", hidden_size=5, layers=2),
        Dropout(rate=0.5),
        Head(size=4),
    ),
    "summary of every second step": _steps(
        Convolution(channels=4, kernel_size=2, stride=2), Pool(kinds=("max", "mean")), Head(size=2)
    ),
    "summary of the input itself": _steps(
        Pool(kinds=("last", "mean", "max")), Dropout(rate=0.1), Head(size=2)
    ),
    "classifier of series": _steps(
        Convolution(name="front_1", channels=5, kernel_size=4),
        Convolution(name="front_2", channels=6, kernel_size=2, normalization="none"),
        Dropout(rate=0.5, whole_steps=True),
        Recurrent(cell="gru", hidden_size=5, layers=2),
        Pool(kinds=("attention", "max")),
        Head(size=4),
    ),
    "classifier of text": _tokens(
        Dropout(rate=0.5),
        Recurrent(cell="lstm", hidden_size=5),
        Pool(kinds=("attention", "max", "last")),
        Head(size=3),
    ),
    "language model": Network(
        input="tokens",
        input_size=11,
        ops=(
            Embedding(size=4, dropout=0.1),
            Dropout(name="input_dropout", rate=0.3, locked=True),
            Recurrent(cell="lstm", hidden_size=6, layers=2, dropout=0.3, locked=True, weight_dropout=0.5),
            Recurrent(name="last", cell="lstm", hidden_size=4, weight_dropout=0.5),
            Dropout(name="output_dropout", rate=0.3, locked=True),
            Head(size=11, tied="embedding"),
        ),
    ),
    "adaptive head": _tokens(
        Recurrent(cell="gru", hidden_size=9), AdaptiveHead(size=11, cutoffs=(3, 6, 7), factor=2.0)
    ),
    "adaptive head on a summary": _steps(
        Pool(kinds=("mean",)), AdaptiveHead(size=5, cutoffs=(2,), factor=1.0)
    ),
    "crf": _steps(Recurrent(cell="gru", hidden_size=5), Head(size=4), Crf()),
    "gru-d": _observed(GruD(hidden_size=5, means=(0.5, -1.0))),
    "gru-d under a gru": _observed(
        GruD(hidden_size=4, means=(0.0, 0.0)), Recurrent(cell="gru", hidden_size=3), size=5
    ),
    "classifier of patients": _observed(
        GruD(hidden_size=5, means=(0.0,)), Pool(kinds=("last", "mean")), Head(size=2), size=6
    ),
    "words and letters": _words(),
    "tagger one way": _words(
        Dropout(rate=0.3),
        Recurrent(cell="lstm", hidden_size=4),
        Head(size=3),
        Crf(),
        branches=(
            Branch(name="label", after="recurrent", ops=(Pool(kinds=("max", "last")), Head(size=2))),
            Branch(name="more", after="head", ops=(Recurrent(cell="gru", hidden_size=2), Head(size=2))),
        ),
    ),
}
BOTH_WAYS = {
    **{f"both ways {c}": _steps(Recurrent(cell=c, hidden_size=3, bidirectional=True)) for c in CELLS},
    "both ways, two layers": _steps(Recurrent(cell="lstm", hidden_size=3, layers=2, bidirectional=True)),
    "both ways, pool all": _pooled(*KINDS, both=True),
    "both ways, text": _tokens(
        Recurrent(cell="gru", hidden_size=4, layers=2, bidirectional=True, dropout=0.3),
        Pool(kinds=("last", "attention"), directions=2),
        Head(size=3),
    ),
    "both ways, joint tagger": _words(
        Recurrent(cell="gru", hidden_size=4, bidirectional=True),
        Head(size=3),
        branches=(
            Branch(
                name="label",
                after="recurrent",
                ops=(Pool(kinds=("attention", "last"), directions=2), Head(size=2)),
            ),
        ),
    ),
    "both ways, listener": _steps(
        Convolution(channels=5, kernel_size=4, stride=3),
        Recurrent(cell="lstm", hidden_size=4, layers=2, bidirectional=True),
        Head(size=4),
    ),
    "both ways, tagger": _tokens(
        Recurrent(cell="lstm", hidden_size=4, bidirectional=True, weight_dropout=0.2), Head(size=3), Crf()
    ),
}
SIDES = {
    "both ways": Network(
        input="tokens",
        input_size=7,
        ops=(Embedding(size=4), Recurrent(cell="gru", hidden_size=3, layers=2, bidirectional=True)),
    ),
    "one way, series": Network(input="steps", input_size=3, ops=(Recurrent(cell="lstm", hidden_size=6),)),
}


def _decoder(encoder, *ops):
    ops = (Embedding(size=4), *ops, Dropout(rate=0.5), Head(size=9))
    return Network(input="tokens", input_size=9, encoder=SIDES[encoder], ops=ops)


def _luong(encoder, score, cell="gru", layers=1, hidden_size=6, **bridge):
    states = 2 if cell == "lstm" else 1
    sizes = {"memory_size": 6, "hidden_size": hidden_size, "layers": layers, "states": states}
    return _decoder(
        encoder,
        Bridge(to="recurrent", **sizes, **bridge),
        Recurrent(cell=cell, hidden_size=hidden_size, layers=layers),
        Attention(size=5, memory_size=6, score=score, attention_size=7),
    )


def _bahdanau(cell):
    looking = AttentiveRecurrent(cell=cell, hidden_size=5, memory_size=6, attention_size=7)
    states = 2 if cell == "lstm" else 1
    begun = Bridge(to="attentive_recurrent", memory_size=6, hidden_size=5, states=states, directions=2)
    return _decoder("both ways", begun, looking)


ENCODED = {
    "dot": _luong("both ways", "dot", directions=2),
    "general": _luong("both ways", "general", "lstm", layers=2, hidden_size=4, kind="mean"),
    "additive": _luong("one way, series", "additive", "rnn_tanh", hidden_size=4),
    "no bridge": _decoder(
        "one way, series", Recurrent(cell="lstm", hidden_size=4), Attention(size=3, memory_size=6)
    ),
    "bridge alone": _decoder(
        "both ways",
        Bridge(to="recurrent", memory_size=6, hidden_size=5, directions=2),
        Recurrent(cell="gru", hidden_size=5),
    ),
    **{f"attentive {cell}": _bahdanau(cell) for cell in CELLS},
}
ALL = ONE_WAY | BOTH_WAYS
KERNELS = ("numpy", "native")
"""What the runtime's recurrent ops run on to the precision of floats."""


def executors(spec, seed=0, kernels="auto"):
    """Return a torch network, ready to answer, and one of the runtime with the same random weights."""
    made = runtime_network.Network if spec.encoder is None else EncoderDecoder
    torch.manual_seed(seed)
    network = torch_network.Network(spec).eval()
    for name, values in network.state_dict().items():
        if name.endswith("running_var"):
            values.uniform_(0.5, 2.0)
        elif "norm." in name or "crf." in name:
            values.normal_()
    return network, made(spec, torch_network.export_tensors(network), kernels=kernels)


def sequences(spec, lengths, seed=0):
    """Return one array a length: tokens (T,), words (T, 1 + K) or steps (T, I)."""
    generator = np.random.default_rng(seed)
    if spec.input == "words":
        return [_word_rows(generator, length, spec.input_size - 1) for length in lengths]
    if spec.input == "tokens":
        return [generator.integers(0, spec.input_size, length) for length in lengths]
    rows = [generator.normal(size=(length, spec.input_size)).astype(np.float32) for length in lengths]
    return [_masked(row, spec.ops[0].values) if isinstance(spec.ops[0], GruD) else row for row in rows]


def _masked(rows, values):
    """Return rows as GRU-D reads them: values, masks of 0 and 1, times that are not negative, descriptors."""
    rows[:, values : 2 * values] = rows[:, values : 2 * values] > 0
    rows[:, 2 * values] = abs(rows[:, 2 * values])
    return rows


def _word_rows(generator, length, most):
    """Return words of one letter to the most, (T, 1 + K)."""
    letters = generator.integers(1, LETTERS, (length, most))
    letters[np.arange(most) >= generator.integers(1, most + 1, (length, 1))] = 0
    return np.concatenate([generator.integers(0, WORDS, (length, 1)), letters], axis=1)


def pack(arrays):
    """Return arrays that stand in order of falling length as a packed batch."""
    lengths = np.array([len(array) for array in arrays])
    rows, batch_sizes = pack_index(np.cumsum(lengths) - lengths, lengths)
    return Packed(np.concatenate(arrays)[rows], batch_sizes)


def run_torch(network, packed):
    """Return what the torch network says of a NumPy batch, as an array."""
    with torch.no_grad():
        answer = network(_batch(packed))
    return (answer.data if isinstance(answer, PackedSequence) else answer).numpy()


def run_numpy(network, packed):
    """Return what a network of the runtime says of a batch, as an array."""
    answer = network.run(packed)
    return answer.data if isinstance(answer, Packed) else answer


def branches_torch(network, packed):
    """Return what the torch network says of a NumPy batch by branch; its chain has the name ``""``."""
    with torch.no_grad():
        answer, branches = network.answers(_batch(packed))
    every = {"": answer, **branches}
    return {
        name: (said.data if isinstance(said, PackedSequence) else said).numpy()
        for name, said in every.items()
    }


def _batch(packed):
    return PackedSequence(torch.from_numpy(packed.data), torch.from_numpy(packed.batch_sizes))


def branches_numpy(network, packed):
    """Return the same of a network of the runtime."""
    answer, branches = network.answers(packed)
    every = {"": answer, **branches}
    return {name: said.data if isinstance(said, Packed) else said for name, said in every.items()}


def alone(network, array):
    """Return what a network of the runtime says of one sequence: (T, F), or (1, C) of a summary."""
    return run_numpy(network, pack([array]))


def spoil(tensors, change):
    """Take a weight away, add one, or give one another shape, so that the weights fit no longer."""
    if change == "missing":
        del tensors["head.bias"]
    elif change == "extra":
        tensors["more.weight"] = np.zeros(1, np.float32)
    else:
        tensors["head.bias"] = np.zeros(5, np.float32)
