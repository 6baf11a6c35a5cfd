"""--init-from for transcribers: what listens is kept, and scores go to the same letters."""

import numpy as np
import pytest
import torch

from ostinato.archive.model import load
from ostinato.nn.network import Network, export_tensors
from ostinato.read.utterances import Utterances
from ostinato.tasks.transcribe import TRANSCRIBE
from ostinato.train.fit import fit
from ostinato.train.transfer import transfer
from utterances import options, utterances


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    fit(TRANSCRIBE, utterances(8), options(epochs=1), out=path)
    return load(path)


def transferred(saved, **changed):
    """Return a problem with one letter more, the weights that it begins with, and what was said of them."""
    data = utterances(8)
    data = Utterances("memory", data.sounds, [text.replace("b", "é", 1) for text in data.texts])
    new = TRANSCRIBE.problem(data, None, TRANSCRIBE.resolve(data, options(network=changed)))
    torch.manual_seed(0)
    network = Network(new.network)
    said = transfer(network, new, saved)
    return new, export_tensors(network), said


def test_scores_go_to_the_same_letters(saved):
    new, after, said = transferred(saved)
    old = saved.model.answer.symbols()
    assert "head: 5 of 6 labels kept; new: 'é'" in said
    for symbol in ("", " ", "a", "b", "c"):
        row = after["head.weight"][new.labels.index(symbol)]
        np.testing.assert_array_equal(row, saved.tensors["head.weight"][old.index(symbol)])
    for name in ("front_1.weight", "recurrent.weight_hh_l0"):
        np.testing.assert_array_equal(after[name], saved.tensors[name])


def test_a_convolution_of_another_stride_stays_fresh(saved):
    _, _, said = transferred(saved, stride=4)
    assert "front_2: fresh, since its stride is 2 and the model's 1" in said
