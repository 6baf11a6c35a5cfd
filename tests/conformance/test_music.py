"""The common checks for models of music: saved, loaded and run step by step, they say what training said."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_sequence

pytest.importorskip("miditok", reason="music needs ostinato[music]")

import note_models
import ostinato
import piano_rolls
from networks import WHOLE_MODEL
from ostinato.answers.rolls import probabilities
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.rolls import before
from ostinato.spec.language import LanguageData, LanguageNetwork, LanguageOptions, LanguageTraining
from ostinato.spec.options import DataOptions
from ostinato.spec.rolls import RollNetwork, RollOptions, RollTraining
from ostinato.spec.sampling import Sampling
from ostinato.tasks.language import LANGUAGE
from ostinato.tasks.rolls import ROLLS
from ostinato.train.fit import fit

PIECES = note_models.pieces(
    *((60, 62, 64, 65), (67, 65), (72, 71, 69), (50, 52), (40, 60, 40), (80,), (33, 34, 35), (90, 88))
)
FRAMES = piano_rolls.melodies(8)
TRAINING = {"batch_size": 4, "patience": 0, "schedule": "constant", "threads": 1}
NONE = {"dropout": 0.0, "input_dropout": 0.0, "weight_dropout": 0.0}


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Return what training on notes ended with, and the same model saved and loaded."""
    options = LanguageOptions(
        data=LanguageData(valid_fraction=0.0),
        network=LanguageNetwork(hidden_size=24, embedding_size=16, **NONE),
        training=LanguageTraining(epochs=500, bptt=16, learning_rate=2e-2, **TRAINING),
    )
    path = tmp_path_factory.mktemp("models") / "notes"
    return fit(LANGUAGE, PIECES, options, out=path), ostinato.load(path)


@pytest.fixture(scope="module", params=["gru", "lstm", "rnn"])
def rolls(request, tmp_path_factory):
    """Return what training on rolls ended with, and the same model saved and loaded."""
    options = RollOptions(
        data=DataOptions(valid_fraction=0.0),
        network=RollNetwork(cell=request.param, hidden_size=48, layers=1, **NONE),
        training=RollTraining(epochs=500, transpose=0, learning_rate=1e-2, **TRAINING),
    )
    path = tmp_path_factory.mktemp("models") / "rolls"
    return fit(ROLLS, FRAMES, options, out=path), ostinato.load(path)


def test_it_overfits_eight_pieces(notes):
    _, model = notes
    assert model.score(PIECES).named()["nats_per_token"] < 0.6
    ((score, skipped),) = model.generate(note_models.piece(72, 71), 30, Sampling(temperature=0.0))
    assert (note_models.heard(score), skipped) == (note_models.heard(PIECES.scores[2]), 0)


def test_the_saved_model_of_notes_says_what_training_said(notes):
    result, model = notes
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    for tokens, losses in zip(model.encode(PIECES), model.score(PIECES).losses, strict=True):
        with torch.inference_mode():
            scores = network(pack_sequence([torch.tensor([model.boundary, *tokens[:-1]])])).data
        expected = F.cross_entropy(scores, torch.from_numpy(tokens), reduction="none").numpy()
        np.testing.assert_allclose(losses, expected, rtol=0, atol=WHOLE_MODEL * 10)


def test_it_overfits_eight_rolls(rolls):
    _, model = rolls
    assert model.score(FRAMES.values).nats_per_frame < 1.5  # 4 without memory; first frames remain a surprise


def test_the_saved_model_of_rolls_says_what_training_said(rolls):
    result, model = rolls
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    for roll, logits in zip(FRAMES.values, model.logits(FRAMES.values), strict=True):
        with torch.inference_mode():
            expected = network(pack_sequence([torch.from_numpy(before(roll))])).data.numpy()
        np.testing.assert_allclose(logits, expected, rtol=0, atol=WHOLE_MODEL * 10)


@pytest.mark.parametrize("kernels", ["native", "numpy"])
def test_step_by_step_is_as_the_whole(rolls, kernels):
    result, model = rolls
    network = type(model.network)(result.model.network, result.tensors, kernels=kernels)
    steps = np.concatenate([before(roll) for roll in FRAMES.values])[:, None]
    _, whole = network.push(network.start(1), steps)
    state, said = network.start(1), []
    for step in steps:
        state, logits = network.push(state, step[None])
        said.append(logits[0])
    np.testing.assert_allclose(np.stack(said), whole, rtol=0, atol=WHOLE_MODEL * 10)


def test_streams_say_of_music_what_the_whole_says_and_go_on_from_there(notes, rolls):
    _, model = notes
    for tokens, losses in zip(model.encode(PIECES), model.score(PIECES).losses, strict=True):
        stream = model.stream()
        heard = [stream.push(token).nats for token in tokens]
        np.testing.assert_allclose(np.concatenate(heard), losses, rtol=0, atol=WHOLE_MODEL * 10)
    ((score, _),) = model.generate(None, 5, Sampling(temperature=0.0), after=model.stream())
    assert note_models.heard(score) == note_models.heard(
        model.generate(None, 5, Sampling(temperature=0.0))[0].score
    )
    _, model = rolls
    roll = FRAMES.values[-1]
    stream = model.stream()
    heard = np.stack([stream.push(frame) for frame in roll[:-1]])
    np.testing.assert_allclose(heard, probabilities(model.logits([roll])[0][1:]), rtol=0, atol=WHOLE_MODEL)
    begun = model.generate(4, temperature=0, prompt=roll[:-1])[0][-4:]
    np.testing.assert_array_equal(model.generate(4, temperature=0, after=stream)[0], begun)
