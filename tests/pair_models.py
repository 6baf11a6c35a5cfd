"""Small models of translation and dialogue for tests, made in memory."""

import numpy as np

from model_files import RECORD, weights
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.read.dialogues import Dialogues, Turn
from ostinato.read.parallel import Pairs
from ostinato.runtime.chat import Chatter
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.translate import Translator
from ostinato.spec.chat import ChatOptions
from ostinato.spec.columns import PairColumns
from ostinato.spec.model import ChatModel, TranslateModel
from ostinato.spec.preprocessing import Columns
from ostinato.spec.translate import PairNetwork, TranslateOptions
from ostinato.tasks.pair_network import network

WORDS = {"one": "eins", "two": "zwei", "dog": "hund", "cat": "katze", "red": "rot", "sees": "sieht"}
SOURCES = [
    "one dog",
    "two cat",
    "red dog sees cat",
    "cat",
    "dog sees two cat",
    "one red",
    "two",
    "red cat sees",
]
TARGETS = [" ".join(WORDS[word] for word in text.split()) for text in SOURCES]
SHAPE = {"hidden_size": 8, "embedding_size": 6, "layers": 1, "dropout": 0.0, "attention_size": 5}


def pairs_of(sources=SOURCES, targets=TARGETS):
    """Return texts as pairs."""
    names = [str(number) for number in range(1, len(sources) + 1)]
    return Pairs(
        list(sources), None if targets is None else list(targets), names, [f"line {n}" for n in names]
    )


def dialogues_of(*dialogues):
    """Return dialogues of texts."""
    names = [str(number) for number in range(1, len(dialogues) + 1)]
    turns = [[Turn(None, text) for text in texts] for texts in dialogues]
    return Dialogues(turns, names, [f"line {n}" for n in names])


def _parts(method, shared, **shape):
    pair = PairPreprocessor.fit(
        SOURCES, TARGETS, method, 300, shared=shared, lowercase=False, minimum_count=1
    )
    return pair, network(pair.spec, PairNetwork(**(SHAPE | shape)))


def _loud(model):
    """Return random weights that are large enough for answers to differ."""
    return {name: 4 * array for name, array in weights(model).items()}


def translator(method="word", shared=False, kernels="auto", **shape):
    """Return a translation model with random weights over the words of ``SOURCES`` and ``TARGETS``."""
    pair, chain = _parts(method, shared, **shape)
    spec = TranslateModel(
        columns=PairColumns(),
        preprocessing=pair.spec,
        network=chain,
        recipe=TranslateOptions(),
        training=RECORD,
    )
    both = EncoderDecoder(chain, _loud(spec), kernels=kernels)
    return Translator(spec, both, pair)


def chatter(**shape):
    """Return a dialogue model with random weights over the same words."""
    pair, chain = _parts("word", True, **shape)
    spec = ChatModel(
        columns=Columns(), preprocessing=pair.spec, network=chain, recipe=ChatOptions(), training=RECORD
    )
    return Chatter(spec, EncoderDecoder(chain, _loud(spec)), pair)


def scores_of(model, source, target):
    """Return the scores before every token of a target and its end, (T + 1, W + 1), computed in one go."""
    from ostinato.runtime.search import remembered

    memory, one = remembered(model.network, [source]), np.zeros(1, np.int64)
    rows = np.array([model.boundary, *target], np.int64)[:, None]
    return model.network.read(model.network.begin(memory, one), rows, memory, one).rows[:, 0]
