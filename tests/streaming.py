"""A model of every task that can stream, a sequence for it, and what whole sequences say of each prefix."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import language_models
import model_files
import note_models
import piano_rolls
from ostinato.answers.classify import softmax
from ostinato.answers.rolls import probabilities
from ostinato.answers.transcribe import Heard
from ostinato.preprocess.audio import AudioPreprocessor, fit_audio, unscaled
from ostinato.preprocess.prepare import from_spec
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.words import WordVocabulary
from ostinato.runtime import Classifier, Tagger, Transcriber
from ostinato.runtime.model import packed
from ostinato.runtime.network import Network
from ostinato.spec.answers import Classes, Letters, Tags
from ostinato.spec.audio_options import AudioOptions
from ostinato.spec.columns import SpokenColumns, TaggedColumns
from ostinato.spec.model import TagModel, TranscribeModel
from ostinato.spec.network import Branch, Convolution, Crf, Embedding, Head, Pool, Recurrent, WordCharacters
from ostinato.spec.network import Network as NetworkSpec
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions

KINDS = ("attention", "max", "last", "mean")
TEXT = (
    "Whether 'tis  nobler\tin the mind,\nto suffer e\u0301\u0327ven \u1112\u1161\u11ab slings & arrows\u2026 "
    "na\u00efve \U0001f600!\n"
)
SENTENCE = ["now", "from", "New", "York", "to", "Graz", "please", "Vienna", "now"]


class Case(NamedTuple):
    """One task.

    Args:
        make: the model, on these kernels.
        given: a whole sequence; what a slice of it holds can be pushed.
        rows: from what a push answered to one row a step, (T, F).
        expected: from the model to the rows for the whole sequence.
        last: from the model to what ``finish`` returns for the whole sequence.
    """

    make: Callable[..., Any]
    given: Any
    rows: Callable[[Any], np.ndarray]
    expected: Callable[[Any], np.ndarray]
    last: Callable[[Any], np.ndarray]


def classifier(*ops, kernels="auto", tokenizer=None, audio=None):
    """Return a classifier of these ops and a head, of three channels or bands, or of a tokenizer's tokens."""
    tokens = tokenizer and tokenizer.spec.vocabulary_size
    network = NetworkSpec(
        input="tokens" if tokens else "steps",
        input_size=tokens or 3,
        ops=(*((Embedding(size=5),) if tokens else ()), *ops, Head(size=2)),
    )
    read = tokenizer.spec if tokenizer else audio or model_files.SERIES.preprocessing
    spec = model_files.SERIES.model_copy(update={"network": network, "preprocessing": read})
    tensors = {name: 2 * array for name, array in model_files.weights(spec).items()}
    preprocessor = from_spec(read, tokenizer and tokenizer.to_json())
    return Classifier(spec, Network(network, tensors, kernels=kernels), preprocessor)


def tagger(output="crf", kernels="auto"):
    """Return a joint tagger that reads one way."""
    words = WordVocabulary.fit([SENTENCE], word_length=5)
    tags = ("O", "B-city", "I-city")
    reader = WordCharacters(
        words=words.spec.words, letters=words.spec.letters, size=4, letter_size=3, letter_hidden_size=2
    )
    ops = (
        reader,
        Recurrent(cell="lstm", hidden_size=5),
        Head(size=3),
        *((Crf(),) if output == "crf" else ()),
    )
    label = Branch(name="label", after="recurrent", ops=(Pool(kinds=("max", "last")), Head(size=2)))
    spec = TagModel(
        columns=TaggedColumns(),
        preprocessing=words.spec,
        network=NetworkSpec(input="words", input_size=6, ops=ops, branches=(label,)),
        answer=Tags(labels=tags, scheme="IOB2"),
        sentence=Classes(labels=("none", "place")),
        recipe=TagOptions(),
        training=model_files.RECORD,
    )
    tensors = {name: 3 * array for name, array in model_files.weights(spec).items()}
    return Tagger(spec, Network(spec.network, tensors, kernels=kernels), words)


def _series(name, *ops):
    steps = np.random.default_rng(len(name)).normal(size=(30, 3)).astype(np.float32)
    return Case(
        make=lambda kernels="auto": classifier(*ops, kernels=kernels),
        given=steps,
        rows=np.asarray,
        expected=lambda model: np.concatenate([model.probabilities([steps[:t]]) for t in range(1, 31)]),
        last=lambda model: model.probabilities([steps])[0],
    )


def _sound():
    samples = np.random.default_rng(0).uniform(-1, 1, 95).astype(np.float32)
    audio = fit_audio([samples], 1_000, AudioOptions(mel_bands=3))
    ops = (Convolution(channels=4, kernel_size=3), Recurrent(cell="gru", hidden_size=5), Pool(kinds=KINDS))
    ends = range(audio.width, len(samples) + 1, audio.hop)
    return Case(
        make=lambda kernels="auto": classifier(*ops, kernels=kernels, audio=audio),
        given=samples,
        rows=np.asarray,
        expected=lambda model: np.concatenate([model.probabilities([samples[:end]]) for end in ends]),
        last=lambda model: model.probabilities([samples])[0],
    )


def _texts(method):
    tokenizer = Tokenizer.fit([TEXT[:40], TEXT[50:]], method, 400, lowercase=method == "word")

    def prefixes(model):
        tokens = tokenizer.encode(TEXT)
        said = [model.network.run(packed([tokens[:t]])) for t in range(1, len(tokens) + 1)]
        return softmax(np.concatenate(said))

    ops = (Recurrent(cell="gru", hidden_size=5), Pool(kinds=("attention", "max")))
    return Case(
        make=lambda kernels="auto": classifier(*ops, kernels=kernels, tokenizer=tokenizer),
        given=TEXT,
        rows=np.asarray,
        expected=prefixes,
        last=lambda model: model.probabilities([TEXT])[0],
    )


def _language(method):
    return Case(
        make=lambda kernels="auto": language_models.model(method, TEXT, kernels),
        given=TEXT,
        rows=lambda answer: answer.nats[:, None],
        expected=lambda model: model.score([TEXT]).losses[0][:, None],
        last=lambda model: softmax(
            model.network.push(
                model.network.start(1), np.array([model.boundary, *model.tokenizer.encode(TEXT)])[:, None]
            )[1][-1, 0]
        ),
    )


def _notes():
    model = note_models.model()
    tokens = model.encode(note_models.pieces((60, 62, 64, 65), (67, 65)))[0]
    return Case(
        make=note_models.model,
        given=tokens,
        rows=lambda answer: answer.nats[:, None],
        expected=lambda model: model.losses([tokens])[0][:, None],
        last=lambda model: softmax(
            model.network.push(model.network.start(1), np.array([model.boundary, *tokens])[:, None])[1][-1, 0]
        ),
    )


def _frames():
    roll = piano_rolls.roll(20)
    extended = np.concatenate([roll, roll[:1]])

    def foretold(model):
        return probabilities(model.logits([extended])[0][1:])

    return Case(
        make=lambda kernels="auto": piano_rolls.model(kernels=kernels),
        given=roll,
        rows=np.asarray,
        expected=foretold,
        last=lambda model: foretold(model)[-1],
    )


def _tags(output):
    return Case(
        make=lambda kernels="auto": tagger(output, kernels),
        given=SENTENCE,
        rows=np.asarray,
        expected=lambda model: np.stack(
            [model.marginals([SENTENCE[:t]])[0][-1] for t in range(1, len(SENTENCE) + 1)]
        ),
        last=lambda model: model.label_probabilities([SENTENCE])[0],
    )


def listener(kernels="auto"):
    """Return a transcriber that listens forwards alone."""
    ops = (
        Convolution(channels=4, kernel_size=3, stride=2),
        Recurrent(cell="gru", hidden_size=6),
        Head(size=4),
    )
    spec = TranscribeModel(
        columns=SpokenColumns(),
        preprocessing=unscaled(4_000, AudioOptions(mel_bands=8)),
        network=NetworkSpec(input="steps", input_size=8, ops=ops),
        answer=Letters(letters=(" ", "a", "b")),
        recipe=TranscribeOptions(),
        training=model_files.RECORD,
    )
    tensors = {name: 3 * array for name, array in model_files.weights(spec).items()}
    return Transcriber(
        spec, Network(spec.network, tensors, kernels=kernels), AudioPreprocessor(spec.preprocessing)
    )


def _sounds():
    samples = np.random.default_rng(0).normal(size=900).astype(np.float32)

    def letters(heard):
        return np.array([[ord(letter), *time] for letter, time in zip(*heard, strict=True)]).reshape(-1, 3)

    return Case(
        make=listener,
        given=samples,
        rows=letters,
        expected=lambda model: letters(model.hear(samples)),
        last=lambda model: np.zeros(0),
    )


CASES = {
    "series, every pool": _series(
        "every pool",
        Convolution(channels=4, kernel_size=3),
        Recurrent(cell="lstm", hidden_size=5, layers=2),
        Pool(kinds=KINDS),
    ),
    "series, last": _series("last", Recurrent(cell="lstm", hidden_size=8, layers=2), Pool(kinds=("last",))),
    "series, gru": _series("gru", Recurrent(cell="gru", hidden_size=9), Pool(kinds=("attention", "max"))),
    "series, rectified": _series("relu", Recurrent(cell="rnn_relu", hidden_size=3), Pool(kinds=("mean",))),
    "sound, labels": _sound(),
    **{f"texts, {method}": _texts(method) for method in ("word", "spaced", "char", "bpe")},
    **{f"language, {method}": _language(method) for method in ("word", "spaced", "char", "bpe")},
    "notes": _notes(),
    "frames": _frames(),
    "tags, crf": _tags("crf"),
    "tags, softmax": _tags("softmax"),
    "sounds": _sounds(),
}
"""The tasks, by name."""


def finishing(answer):
    """Return what ``finish`` answered as probabilities; of letters that were left to say, their codes."""
    if isinstance(answer, Heard):
        return np.array([*map(ord, answer.text)], float)
    return np.exp(answer.log_probabilities) if hasattr(answer, "nats") else answer


def chunks(given, cuts):
    """Cut a sequence at places, which may be equal."""
    places = [0, *sorted(cuts), len(given)]
    return [given[a:b] for a, b in pairwise(places) if a < b]
