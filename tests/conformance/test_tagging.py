"""The common checks of a task, for taggers: a saved and loaded one gives training's own answers."""

import numpy as np
import pytest
import torch

import ostinato
import taggers
from networks import WHOLE_MODEL
from ostinato.archive.model import save
from ostinato.data.examples import Examples
from ostinato.errors import StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling, unpacked
from ostinato.read.iob import check
from ostinato.tasks.tag import TAG
from ostinato.train.fit import fit
from taggers import entities, options, plain

SHAPES = {
    "crf": {"cell": "lstm", "output": "crf"},
    "softmax, two layers": {"cell": "gru", "layers": 2, "output": "softmax"},
    "one way": {"cell": "gru", "bidirectional": False, "output": "crf"},
    "rnn": {"cell": "rnn", "output": "softmax"},
}
CASES = {
    f"{kind}: {shape}": (make, SHAPES[shape])
    for kind, make in {"joint entities": entities, "plain tags": plain}.items()
    for shape in SHAPES
}


@pytest.fixture(scope="module", params=CASES, ids=str)
def trained(request, tmp_path_factory):
    """Return eight sentences, what training on them ended with, and the same model saved and loaded."""
    make, shape = CASES[request.param]
    data = make(8, seed=3)
    path = tmp_path_factory.mktemp("models") / "model"
    result = fit(TAG, data, options(network=shape, epochs=60, batch_size=4, patience=0), out=path)
    return data, result, ostinato.load(path)


def test_it_overfits_eight_sentences(trained):
    data, _, model = trained
    answer = model.predict(data.words)
    assert answer.tags == data.tags
    assert answer.labels == data.labels


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples([result.preprocessor.encode(words) for words in data.words])
    order = falling(examples.lengths)
    with torch.inference_mode():
        steps, branches = network.answers(examples.batch(order))
    ((indices, tags, labels),) = model.scores(data.words)
    assert indices.tolist() == order.tolist()
    np.testing.assert_allclose(tags.data, steps.data.numpy(), rtol=0, atol=WHOLE_MODEL * 10)
    assert (labels is None) == (data.labels is None) == (not branches)
    if labels is not None:
        np.testing.assert_allclose(labels, branches["label"].numpy(), rtol=0, atol=WHOLE_MODEL * 10)


def test_a_sentence_alone_gets_the_answer_that_it_gets_in_a_batch(trained):
    data, _, model = trained
    together = model.marginals(data.words, batch_size=3)
    for words, rows in zip(data.words, together, strict=True):
        (alone,) = model.marginals([words])
        np.testing.assert_allclose(alone, rows, rtol=0, atol=WHOLE_MODEL)
        np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    labels = model.label_probabilities(data.words)
    if labels is not None:
        alone = [model.label_probabilities([words])[0] for words in data.words]
        np.testing.assert_allclose(labels, alone, rtol=0, atol=WHOLE_MODEL)


def test_numpy_and_native_kernels_tag_alike(trained, tmp_path):
    data, result, _ = trained
    path = tmp_path / "model"
    save(path, result.model, result.tensors, result.preprocessor.tokenizer_json(), "# tagger")
    numpy, native = (ostinato.load(path, kernels=kernels) for kernels in ("numpy", "native"))
    assert numpy.predict(data.words) == native.predict(data.words)
    for one, other in zip(numpy.marginals(data.words), native.marginals(data.words), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=WHOLE_MODEL)


def test_no_answer_ever_breaks_the_scheme(trained):
    _, _, model = trained
    if model.spec.answer.scheme == "none":
        return
    random = np.random.default_rng(0)
    words = [[*map(str, random.choice(["x", "York", "New", "☃", "to"], size=7))] for _ in range(20)]
    check(taggers.sentences(words, model.predict(words).tags), model.spec.answer.scheme)


def test_a_network_of_one_way_says_of_a_prefix_what_it_says_step_by_step(trained):
    data, _, model = trained
    if model.network.spec.why_not_stream():
        with pytest.raises(StreamError, match="bidirectional"):
            model.network.start(1)
        return
    longest = max(data.words, key=len)
    rows = model.words.encode(longest)
    _, said = model.network.push(model.network.start(1), rows[:, None])
    ((_, tags, _),) = model.scores([longest])
    np.testing.assert_allclose(said[:, 0], unpacked(tags.data, tags.batch_sizes)[0], rtol=0, atol=WHOLE_MODEL)


def test_a_stream_says_of_a_prefix_what_the_whole_says(trained):
    data, _, model = trained
    if model.why_not_stream():
        with pytest.raises(StreamError, match=r"some words late: chunks\(look_ahead"):
            model.stream()
        chunks = model.chunks(look_ahead=20)
        assert [tag for word in data.words[0] for tag in chunks.push(word)] == []
        assert chunks.finish() == model.predict(data.words).tags[0]
        return
    for words in data.words:
        stream = model.stream()
        for count, word in enumerate(words, start=1):
            expected = model.marginals([words[:count]])[0][-1]
            np.testing.assert_allclose(stream.push(word), expected, rtol=0, atol=WHOLE_MODEL)
        labels = model.label_probabilities([words])
        if labels is not None:
            np.testing.assert_allclose(stream.finish(), labels[0], rtol=0, atol=WHOLE_MODEL)
