"""The common checks of every task: a trained, saved and loaded model gives training's own answers."""

import itertools

import numpy as np
import pytest
import torch

import ostinato
from networks import WHOLE_MODEL
from ostinato.data.examples import Examples
from ostinato.errors import StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit

SHAPES = {
    "gru": ClassifyNetwork(cell="gru", hidden_size=12),
    "lstm, two layers, no front": ClassifyNetwork(cell="lstm", hidden_size=12, layers=2, front="none"),
    "rnn, every pool": ClassifyNetwork(cell="rnn", hidden_size=12, pool=("last", "mean", "max", "attention")),
    "gru both ways": ClassifyNetwork(cell="gru", hidden_size=12, bidirectional=True, pool=("last", "max")),
}
WORDS = ["red", "green", "blue", "black", "white", "grey"]


def series():
    """Return eight examples of two kinds, 3 to 10 steps."""
    generator = np.random.default_rng(0)
    values = [generator.normal(size=(3 + i, 3)).astype(np.float32) * 5 + 20 for i in range(8)]
    return Sequences("series", values, [f"s{i}" for i in range(8)], list("abbabaab"), ("x", "y", "z"))


def texts():
    """Return eight texts of one to eight words, of two kinds."""
    generator = np.random.default_rng(1)
    values = [" ".join(generator.choice(WORDS, size=1 + i)) for i in range(8)]
    return Sequences("text", values, [f"t{i}" for i in range(8)], list("abbabaab"))


CASES = {
    f"{kind}: {shape}": (make, SHAPES[shape])
    for (kind, make), shape in itertools.product({"series": series, "text": texts}.items(), SHAPES)
}


@pytest.fixture(scope="module", params=CASES, ids=str)
def trained(request, tmp_path_factory):
    """Return the data, what training ended with, and the same model saved and loaded."""
    make, shape = CASES[request.param]
    options = ClassifyOptions(
        data=SequenceData(folds=0, valid_fraction=0.0),
        network=shape.model_copy(update={"dropout": 0.0}),
        training=ClassifyTraining(
            epochs=60, batch_size=4, learning_rate=1e-2, patience=0, schedule="constant"
        ),
    )
    path = tmp_path_factory.mktemp("models") / "model"
    return make(), fit(CLASSIFY, make(), options, out=path), ostinato.load(path)


def test_it_overfits_eight_examples(trained):
    data, _, model = trained
    assert model.predict(data).best() == data.labels


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples(result.preprocessor.apply(data))
    order = falling(examples.lengths)
    with torch.inference_mode():
        expected = network(examples.batch(order)).numpy()
    np.testing.assert_allclose(model.scores(data)[order], expected, rtol=0, atol=WHOLE_MODEL * 10)
    answer = torch.from_numpy(expected).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(data)[order], answer, rtol=0, atol=WHOLE_MODEL)


def test_a_sequence_alone_gets_the_answer_that_it_gets_in_a_batch(trained):
    data, _, model = trained
    together = model.probabilities(data)
    alone = [model.probabilities(data.select(np.array([i])))[0] for i in range(len(data))]
    np.testing.assert_allclose(alone, together, rtol=0, atol=WHOLE_MODEL)


def test_what_is_said_after_a_step_is_the_answer_for_the_prefix(trained):
    data, _, model = trained
    if model.why_not_stream():
        with pytest.raises(StreamError):
            model.stream()
        return
    stream = model.stream()
    if data.kind == "text":
        stream.push(data.values[7])
        np.testing.assert_allclose(stream.finish(), model.probabilities(data)[7], rtol=0, atol=WHOLE_MODEL)
        return
    for t, row in enumerate(data.values[7], start=1):
        prefix = model.probabilities([data.values[7][:t]])[0]
        np.testing.assert_allclose(stream.push(row), prefix, rtol=0, atol=WHOLE_MODEL)
