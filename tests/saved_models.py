"""A small saved model of every task, with random weights, for tests of what is made of model directories."""

import functools
from dataclasses import replace

import numpy as np

import forecasters
import language_models
import model_files
import note_models
import pair_models
import piano_rolls
import utterances
from ostinato.archive import model as archive
from ostinato.preprocess.observed import scaled_mean
from ostinato.preprocess.words import WordVocabulary
from ostinato.spec.answers import Classes, Labels, Letters, Quantity, Tags
from ostinato.spec.audio import Audio
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.columns import SpokenColumns, TaggedColumns
from ostinato.spec.model import LabelsModel, RegressModel, TagModel, TranscribeModel
from ostinato.spec.network import Embedding, FrameConvolution, GruD, Head, Network, Pool, Recurrent
from ostinato.spec.preprocessing import Static
from ostinato.spec.regress import RegressOptions
from ostinato.spec.tag import TagNetwork, TagOptions
from ostinato.spec.transcribe import TranscribeNetwork, TranscribeOptions
from ostinato.spec.video import Video
from ostinato.tasks.forecast import FORECAST
from ostinato.tasks.tag_network import network as tag_network
from ostinato.tasks.transcribe_network import network as transcribe_network
from ostinato.train.fit import fit
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


def series(missing="forbid", *, head=2, pool=("last", "mean"), cell="gru", **observed):
    """Return what reads three channels, and a network that says so many numbers; without a pool at each step.

    Args:
        observed: ``unit`` and ``static`` of the preprocessing.
    """
    read = model_files.SERIES.preprocessing.model_copy(
        update={"missing": missing, "mean": None if missing == "forbid" else (0.2, 1.0, -0.5), **observed}
    )
    first = Recurrent(cell=cell, hidden_size=5)
    if missing == "decay":
        first = GruD(hidden_size=5, means=tuple(scaled_mean(read).tolist()))
    ops = (first, *([Pool(kinds=pool)] if pool else []), Head(size=head))
    return read, Network(input="steps", input_size=read.flow().size, ops=ops)


def observed(missing, threshold=None, **given):
    """Return a classifier of series with gaps."""
    read, network = series(missing, **given)
    answer = Classes(labels=("no", "yes"), threshold=threshold)
    update = {"preprocessing": read, "network": network, "answer": answer}
    return model_files.SERIES.model_copy(update=update), None


def labeler(*parts):
    """Return a model of three labels with thresholds of their own."""
    read, network = series(*parts, head=3)
    spec = LabelsModel(
        columns=model_files.SERIES.columns,
        preprocessing=read,
        network=network,
        answer=Labels(labels=("a", "b", "c"), thresholds=(0.5, 0.2, 0.9)),
        recipe=ClassifyOptions(),
        training=model_files.RECORD,
    )
    return spec, None


def regressor(missing="forbid", *, per_step=False):
    """Return a model that tells a number of a sequence, or of each step."""
    read, network = series(missing, head=1, pool=() if per_step else ("last",))
    spec = RegressModel(
        columns=model_files.SERIES.columns,
        preprocessing=read,
        network=network,
        answer=Quantity(name="hours", center=120.0, spread=40.0, per_step=per_step),
        recipe=RegressOptions(),
        training=model_files.RECORD,
    )
    return spec, None


def watcher():
    """Return a classifier of each frame of a film of 8 by 8 pixels."""
    read = Video(height=8, width=8, channels=1, frame_rate=None, center=(0.4,), spread=(0.2,))
    ops = (
        FrameConvolution(channels=4, height=8, width=8, kernel_size=3, stride=2),
        Recurrent(cell="gru", hidden_size=5),
        Head(size=3),
    )
    network = Network(input="steps", input_size=read.flow().size, ops=ops)
    answer = Classes(labels=("left", "right", "still"))
    update = {"preprocessing": read, "network": network, "answer": answer, "per_step": True}
    return model_files.SERIES.model_copy(update=update), None


@functools.cache
def forecaster(*, network=(), training=(), series=(), counts=False, **data):
    """Return a model that says all steps ahead at once, unless ``network`` names another decoder."""
    given = forecasters.options(network=dict(network), training=dict(training), **data)
    panel = forecasters.panel(**dict(series))
    if counts:
        panel = replace(panel, values=[np.maximum(rows.round(), 0) for rows in panel.values])
    return fit(FORECAST, panel, given).model, None


STATIC = Static(names=("age", "weight"), center=(50.0, 70.0), spread=(10.0, 5.0))

CASES = {
    "classify, series": lambda: (model_files.SERIES, None),
    "classify, series, every pool": pooled_series,
    "classify, series, threshold": lambda: observed("forbid", threshold=0.3),
    "classify, series, described": lambda: observed("forbid", static=STATIC),
    "classify, series, forward-fill": lambda: observed("forward-fill", cell="lstm"),
    "classify, series, mask": lambda: observed("mask"),
    "classify, series, mask, odd times, described": lambda: observed("mask", unit=2.5, static=STATIC),
    "classify, series, decay": lambda: observed("decay"),
    "classify, series, decay, odd times, described": lambda: observed("decay", unit=2.5, static=STATIC),
    "classify, video, every frame": watcher,
    "labels": labeler,
    "labels, mask": lambda: labeler("mask"),
    "regress": regressor,
    "regress, every step": lambda: regressor(per_step=True),
    "regress, every step, forward-fill": lambda: regressor("forward-fill", per_step=True),
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
    "forecast": lambda: forecaster(transform="none"),
    "forecast, single steps, no linear": lambda: forecaster(network=(("segment", 1), ("linear", False))),
    "forecast, quantiles, logarithms": lambda: forecaster(
        training=(("quantiles", (0.1, 0.5, 0.9)),), transform="log"
    ),
    "forecast, normal": lambda: forecaster(training=(("distribution", "normal"),)),
    "forecast, normal, logarithms": lambda: forecaster(
        training=(("distribution", "normal"),), transform="log"
    ),
    "forecast, student-t": lambda: forecaster(training=(("distribution", "student-t"),)),
    "forecast, counts": lambda: forecaster(training=(("distribution", "negative-binomial"),), counts=True),
    "forecast, together": lambda: forecaster(network=(("together", True),), series=(("targets", 2),)),
    "forecast, with everything": lambda: forecaster(
        series=(("past", 1), ("known", 2), ("static", 1), ("gaps", 5))
    ),
    "chat": lambda: _made(pair_models.chatter()),
}
"""What describes a model of each kind, and its vocabulary."""


def saved(place, name):
    """Save the model of this name, and return its directory."""
    return save(place / "model", *CASES[name]())
