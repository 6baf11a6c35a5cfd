"""The common checks for language models: saved, loaded and run step by step, they say what training said."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

import ostinato
from networks import WHOLE_MODEL
from ostinato.errors import StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.read.corpus import Corpus
from ostinato.spec.language import LanguageData, LanguageNetwork, LanguageOptions, LanguageTraining
from ostinato.spec.sampling import Sampling
from ostinato.tasks.language import LANGUAGE
from ostinato.train.fit import fit

DOCUMENTS = [
    *("one potato", "two potatoes", "three or four", "five"),
    *("six and seven", "eight, nine", "ten", "so it ends."),
]
SHAPES = {
    "gru": {"cell": "gru"},
    "lstm, tied": {"cell": "lstm", "layers": 2, "tie_weights": True},
    "rnn": {"cell": "rnn"},
}


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def trained(request, tmp_path_factory):
    """Return what training ended with, and the same model saved and loaded."""
    options = LanguageOptions(
        data=LanguageData(valid_fraction=0.0),
        network=LanguageNetwork(
            **{"hidden_size": 24, "embedding_size": 16, "dropout": 0.0, **SHAPES[request.param]}
        ),
        training=LanguageTraining(
            epochs=150, batch_size=4, bptt=16, learning_rate=1e-2, patience=0, schedule="constant", threads=1
        ),
    )
    path = tmp_path_factory.mktemp("models") / "model"
    corpus = Corpus(DOCUMENTS, [str(i) for i in range(len(DOCUMENTS))])
    return fit(LANGUAGE, corpus, options, out=path), ostinato.load(path)


def test_it_overfits_eight_documents(trained):
    _, model = trained
    assert model.score(DOCUMENTS).named()["nats_per_token"] < 0.5
    assert model.generate("three o", 30, Sampling(temperature=0.0)) == ["r four"]


def test_the_saved_model_says_what_training_said(trained):
    result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    for text, losses in zip(DOCUMENTS, model.score(DOCUMENTS).losses, strict=True):
        tokens = torch.from_numpy(result.preprocessor.tokenizer.encode(text))
        read = torch.cat([torch.tensor([model.boundary]), tokens[:-1]])
        with torch.inference_mode():
            scores = network(torch.nn.utils.rnn.pack_sequence([read])).data
        expected = F.cross_entropy(scores, tokens, reduction="none").numpy()
        np.testing.assert_allclose(losses, expected, rtol=0, atol=WHOLE_MODEL * 10)


def test_alone_is_as_in_a_batch(trained):
    _, model = trained
    together = model.score(DOCUMENTS).losses
    for text, losses in zip(DOCUMENTS, together, strict=True):
        np.testing.assert_allclose(model.score([text]).losses[0], losses, rtol=0, atol=WHOLE_MODEL)


@pytest.mark.parametrize("kernels", ["native", "numpy"])
def test_step_by_step_is_as_the_whole(trained, kernels):
    result, model = trained
    tokens = np.array([model.boundary, *model.tokenizer.encode(" ".join(DOCUMENTS))])[:, None]
    network = type(model.network)(result.model.network, result.tensors, kernels=kernels)
    _, whole = model.network.push(model.network.start(1), tokens)
    state, said = network.start(1), []
    for step in tokens:
        state, scores = network.push(state, step[None])
        said.append(scores[0])
    np.testing.assert_allclose(np.stack(said), whole, rtol=0, atol=WHOLE_MODEL * 10)


def test_a_stream_says_of_a_text_what_its_whole_says(trained):
    _, model = trained
    for text, losses in zip(DOCUMENTS, model.score(DOCUMENTS).losses, strict=True):
        stream, heard = model.stream(), []
        for letter in text:
            heard.append(stream.push(letter).nats)
            stream = model.restore(stream.state())
        heard.append(stream.finish().nats)
        np.testing.assert_allclose(np.concatenate(heard), losses, rtol=0, atol=WHOLE_MODEL * 10)


def test_a_text_goes_on_from_a_stream_as_from_a_prompt(trained):
    _, model = trained
    greedy, stream = Sampling(temperature=0.0), model.stream()
    stream.push("three")
    state = stream.state()
    assert model.generate(" o", 30, greedy, after=stream) == model.generate("three o", 30, greedy)
    assert model.generate("", 30, greedy, after=stream) == model.generate("three", 30, greedy)
    assert stream.state() == state
    with pytest.raises(StreamError, match="expected a stream of this model"):
        model.generate("", 3, greedy, after=state)
