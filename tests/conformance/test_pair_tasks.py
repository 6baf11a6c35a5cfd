"""The common checks of translation and dialogue: a saved and loaded model gives training's own answers."""

import numpy as np
import pytest
import torch

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import ostinato
from networks import WHOLE_MODEL
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network, import_tensors
from ostinato.spec.chat import ChatData, ChatOptions
from ostinato.spec.sampling import Sampling
from ostinato.spec.translate import PairNetwork, PairTraining, TranslateData, TranslateOptions
from ostinato.tasks.chat import CHAT
from ostinato.tasks.translate import TRANSLATE
from ostinato.train.fit import fit
from pair_models import SOURCES, TARGETS, dialogues_of, pairs_of

SHAPES = {
    "luong, gru": {"attention_score": "general"},
    "luong, lstm, two layers, untied": {
        "cell": "lstm",
        "layers": 2,
        "attention_score": "dot",
        "tie_weights": False,
    },
    "luong, rnn, additive, one way": {"cell": "rnn", "attention_score": "additive", "bidirectional": False},
    "bahdanau, gru, mean": {"attention": "bahdanau", "bridge": "mean"},
    "bahdanau, lstm, two layers, no bridge": {
        "attention": "bahdanau",
        "cell": "lstm",
        "layers": 2,
        "bridge": "none",
    },
}
TRAINING = PairTraining(
    epochs=160,
    batch_size=4,
    learning_rate=1e-2,
    patience=0,
    schedule="constant",
    label_smoothing=0.0,
    threads=1,
)


def shaped(shape):
    sizes = {"hidden_size": 24, "embedding_size": 12, "layers": 1, "dropout": 0.0, "attention_size": 12}
    return PairNetwork(**(sizes | shape))


@pytest.fixture(scope="module", params=SHAPES)
def trained(request, tmp_path_factory):
    """Return what training ended with, and the same model saved and loaded."""
    options = TranslateOptions(
        data=TranslateData(tokens="word", valid_fraction=0.0),
        network=shaped(SHAPES[request.param]),
        training=TRAINING,
    )
    path = tmp_path_factory.mktemp("models") / "model"
    return fit(TRANSLATE, pairs_of(), options, out=path), ostinato.load(path)


def test_it_overfits_eight_examples(trained):
    _, model = trained
    assert model.translate(SOURCES) == TARGETS


def test_the_saved_model_gives_the_losses_of_training(trained):
    result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    problem = TRANSLATE.problem(pairs_of(), pairs_of(), result.model.recipe)
    with torch.inference_mode():
        expected = problem.validate(network)["loss"]
    assert np.concatenate(model.score(SOURCES, TARGETS)).mean() == pytest.approx(expected, abs=WHOLE_MODEL)


def test_a_pair_alone_has_the_losses_that_it_has_in_a_batch(trained):
    _, model = trained
    together = model.score(SOURCES, TARGETS)
    for source, target, beside in zip(SOURCES, TARGETS, together, strict=True):
        [alone] = model.score([source], [target])
        np.testing.assert_allclose(alone, beside, rtol=0, atol=WHOLE_MODEL * 10)


def test_a_dialogue_model_overfits_and_is_loaded_as_it_was(tmp_path):
    talk = dialogues_of(
        ["hi", "hello you", "how are you ?", "fine"],
        ["who are you ?", "guess", "a cat ?", "no"],
        ["bye", "so long"],
    )
    longer = TRAINING.model_copy(update={"epochs": 400})  # after 160 one answer in seven depends on the seed
    options = ChatOptions(
        data=ChatData(tokens="word", valid_fraction=0.0), network=shaped({}), training=longer
    )
    fit(CHAT, talk, options, out=tmp_path / "model")
    model = ostinato.load(tmp_path / "model")
    likeliest = Sampling(temperature=0.0)
    for turns in talk.dialogues:
        texts = [turn.text for turn in turns]
        for place in range(1, len(texts)):
            said = model.answer(texts[:place], likeliest)
            assert said.replace(" ", "") == texts[place].replace(" ", "")


def test_weights_of_a_model_with_an_encoder_are_not_started_from(trained, tmp_path):
    result, model = trained
    archive.save(
        tmp_path / "old", model.spec, result.tensors, model.preprocessor.tokenizer_json(), "# A model"
    )
    with pytest.raises(ArgumentError, match="with an encoder"):
        fit(TRANSLATE, pairs_of(), result.model.recipe, init_from=tmp_path / "old")
