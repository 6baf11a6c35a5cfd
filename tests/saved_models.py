"""A small saved model of every task, with random weights, for tests of what is made of model directories."""

import numpy as np

import language_models
import model_files
import note_models
import pair_models
import piano_rolls
import utterances
from ostinato.archive import model as archive
from ostinato.preprocess.words import WordVocabulary
from ostinato.spec.answers import Classes, Letters, Tags
from ostinato.spec.audio import Audio
from ostinato.spec.columns import SpokenColumns, TaggedColumns
from ostinato.spec.model import TagModel, TranscribeModel
from ostinato.spec.network import Embedding, Head, Network, Pool, Recurrent
from ostinato.spec.tag import TagNetwork, TagOptions
from ostinato.spec.transcribe import TranscribeNetwork, TranscribeOptions
from ostinato.tasks.tag_network import network as tag_network
from ostinato.tasks.transcribe_network import network as transcribe_network
from taggers import SMALL, entities


def save(place, spec, tokenizer_json=None, loud=3.0):
    """Save a model with random weights that are large enough for answers to differ."""
    random = np.random.default_rng(0)
    tensors = {name: (loud * array).astype(np.float32) for name, array in model_files.weights(spec).items()}
    for name, array in tensors.items():
        if not name.endswith("running_var"):
            array += random.normal(scale=0.2, size=array.shape)
    archive.save(place, spec, tensors, tokenizer_json, "# A model\n")
    return place


def _made(model):
    return model.spec, model.preprocessor.tokenizer_json()


def pooled_series():
    """Return a classifier of series with every kind of summary."""
    ops = (Recurrent(cell="lstm", hidden_size=4, layers=2), Pool(kinds=("max", "attention", "mean", "last")))
    network = Network(input="steps", input_size=3, ops=(*ops, Head(size=2)))
    return model_files.SERIES.model_copy(update={"network": network}), None


def texts(one_way=False):
    """Return a classifier of texts, which reads both ways."""
    from ostinato.preprocess.tokens import Tokenizer

    six = ["no so", "yes it is so good"]
    tokenizer = Tokenizer.fit(six, "word", vocabulary_size=7, lowercase=True)
    network = model_files.TEXT.network
    if one_way:
        ops = (Embedding(size=4), Recurrent(cell="gru", hidden_size=3), Pool(kinds=("last",)), Head(size=3))
        network = Network(input="tokens", input_size=7, ops=ops)
    update = {"preprocessing": tokenizer.spec, "network": network}
    return model_files.TEXT.model_copy(update=update), tokenizer.to_json()


def tagger(labels=True, scheme="IOB2", **shape):
    """Return a tagger of cities."""
    data = entities(8)
    words = WordVocabulary.fit(data.words, word_length=5)
    tags = ("O", "B-city", "I-city")
    told = ("none", "place") if labels else ()
    options = TagNetwork(**(SMALL | {"layers": 1, "word_dropout": 0.1} | shape))
    spec = TagModel(
        columns=TaggedColumns(),
        preprocessing=words.spec,
        network=tag_network(words.spec, len(tags), len(told), options),
        answer=Tags(labels=tags, scheme=scheme),
        sentence=Classes(labels=told) if told else None,
        recipe=TagOptions(),
        training=model_files.RECORD,
    )
    return spec, words.tokenizer_json()


def transcriber(**shape):
    """Return a model that writes down three letters."""
    bands, letters = 16, ("a", "b", " ")
    spec = TranscribeModel(
        columns=SpokenColumns(),
        preprocessing=Audio(
            sample_rate=4_000, bands=bands, high=2_000.0, center=(0.0,) * bands, spread=(1.0,) * bands
        ),
        network=transcribe_network(bands, len(letters) + 1, TranscribeNetwork(**(utterances.SMALL | shape))),
        answer=Letters(letters=letters),
        recipe=TranscribeOptions(),
        training=model_files.RECORD,
    )
    return spec, None


CASES = {
    "classify, series": lambda: (model_files.SERIES, None),
    "classify, series, every pool": pooled_series,
    "classify, texts both ways": texts,
    "classify, texts one way": lambda: texts(one_way=True),
    "language": lambda: _made(language_models.model()),
    "language, music": lambda: _made(note_models.model()),
    "rolls": lambda: _made(piano_rolls.model()),
    "tag, crf": lambda: tagger(output="crf"),
    "tag, crf one way": lambda: tagger(output="crf", bidirectional=False, cell="gru"),
    "tag, softmax one way": lambda: tagger(labels=False, output="softmax", bidirectional=False, cell="rnn"),
    "tag, softmax, no scheme": lambda: tagger(labels=False, scheme="none", output="softmax"),
    "transcribe, both ways": transcriber,
    "transcribe, live": lambda: transcriber(live=True, stride=4),
    "transcribe, live, every frame": lambda: transcriber(live=True, stride=1, cell="lstm"),
    "translate, luong": lambda: _made(pair_models.translator(attention_score="general")),
    "translate, additive": lambda: _made(pair_models.translator(cell="lstm", attention_score="additive")),
    "translate, dot, no bridge": lambda: _made(
        pair_models.translator(attention_score="dot", bridge="none", bidirectional=False)
    ),
    "translate, bahdanau": lambda: _made(
        pair_models.translator(attention="bahdanau", cell="lstm", bridge="mean")
    ),
    "chat": lambda: _made(pair_models.chatter()),
}
"""What describes a model of each kind, and its vocabulary."""


def saved(place, name):
    """Save the model of this name, and return its directory."""
    return save(place / "model", *CASES[name]())
