"""--init-from for taggers: vectors go to the same words, scores and transitions to the same tags."""

import numpy as np
import pytest
import torch

from ostinato.archive.model import load
from ostinato.nn.network import Network, export_tensors
from ostinato.preprocess.words import WordVocabulary
from ostinato.tasks.tag import TAG
from ostinato.train.fit import fit
from ostinato.train.transfer import transfer
from taggers import entities, options, sentences


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    fit(TAG, entities(), options(epochs=1), out=path)
    return load(path)


def problem(labels=None):
    """Return a problem whose words and tags are partly those of the saved model, in another order."""
    data = sentences(
        [["aa", "Vienna"], ["to", "aa", "bb"]], [["A-new", "B-city"], ["O", "A-new", "I-city"]], labels
    )
    return TAG.problem(
        data, None, TAG.resolve(data, options(data={"scheme": "none"}, network={"output": "crf"}))
    )


def words_of(model):
    return WordVocabulary.from_json(model.model.preprocessing, model.tokenizer_json)


def test_what_means_the_same_is_copied(saved):
    new = problem(["place", "other"])
    torch.manual_seed(0)
    network = Network(new.network)
    before = export_tensors(network)
    said = transfer(network, new, saved)
    after, old = export_tensors(network), saved.tensors
    mine, its = new.preprocessor, words_of(saved)

    for word in ("to", "vienna"):
        row = after["word_characters.words.weight"][mine.number(word)]
        np.testing.assert_array_equal(row, old["word_characters.words.weight"][its.number(word)])
    unknown = mine.number("aa")
    np.testing.assert_array_equal(
        after["word_characters.words.weight"][unknown], before["word_characters.words.weight"][unknown]
    )
    tags, known = list(new.labels), list(saved.model.answer.labels)
    for a in known:
        np.testing.assert_array_equal(after["head.weight"][tags.index(a)], old["head.weight"][known.index(a)])
        for b in known:
            assert (
                after["crf.transitions"][tags.index(a), tags.index(b)]
                == old["crf.transitions"][known.index(a), known.index(b)]
            )
    labels = list(saved.model.sentence.labels)
    row = after["label.head.weight"][new.sentence_labels.index("place")]
    np.testing.assert_array_equal(row, old["label.head.weight"][labels.index("place")])
    assert "crf: 3 of 4 labels kept; new: 'A-new'" in said
    assert "label.head: 1 of 2 labels kept; new: 'other'" in said


def test_a_model_without_the_branch_leaves_it_fresh(saved, tmp_path):
    alone = fit(TAG, entities(labels=False), options(epochs=1), out=tmp_path / "alone")
    assert not alone.model.network.branches
    new = problem(["place", "other"])
    said = transfer(Network(new.network), new, load(tmp_path / "alone"))
    assert "label: fresh, since the model has no such branch" in said
