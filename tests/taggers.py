"""Tagged sentences for tests, and what learns them in seconds."""

import numpy as np

from ostinato.read.sentences import TaggedSentences
from ostinato.spec.tag import TagData, TagNetwork, TagOptions, TagTraining

CITIES = (("Vienna",), ("New", "York"), ("Graz",), ("Linz",))
FILLERS = ("to", "from", "please", "now", "on")
SMALL = {"hidden_size": 8, "embedding_size": 8, "letter_size": 4, "letter_hidden_size": 4, "dropout": 0.0}
QUICK = {"epochs": 2, "batch_size": 8, "learning_rate": 0.02, "threads": 1, "schedule": "constant"}


def entities(count=24, seed=0, labels=True):
    """Return sentences in which cities are marked, and whose label says whether there is one."""
    random = np.random.default_rng(seed)
    words, tags = [], []
    for _ in range(count):
        sentence = [_part(random) for _ in range(int(random.integers(1, 5)))]
        words.append([word for part, _ in sentence for word in part])
        tags.append([tag for _, part in sentence for tag in part])
    told = ["place" if any(tag != "O" for tag in one) else "none" for one in tags]
    return sentences(words, tags, told if labels else None)


def plain(count=24, seed=0):
    """Return sentences whose tags mark nothing."""
    found = entities(count, seed, labels=False)
    tags = [["NAME" if word[0].isupper() else "WORD" for word in one] for one in found.words]
    return sentences(found.words, tags)


def sentences(words, tags, labels=None):
    """Return lists as a reader returns them."""
    names = [f"s{number}" for number in range(1, len(words) + 1)]
    return TaggedSentences("memory", words, tags, labels, names, [f"memory, {name}" for name in names])


def options(*, data=None, network=None, **training):
    """Return options of a small tagger."""
    return TagOptions(
        data=TagData(**({"valid_fraction": 0.0} | (data or {}))),
        network=TagNetwork(**(SMALL | (network or {}))),
        training=TagTraining(**(QUICK | training)),
    )


def _part(random):
    if random.random() < 0.5:
        return [str(random.choice(FILLERS))], ["O"]
    city = CITIES[int(random.integers(len(CITIES)))]
    return list(city), ["B-city", "I-city"][: len(city)]
