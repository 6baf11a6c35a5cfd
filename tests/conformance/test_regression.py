"""The common checks of models that tell a number: one a sequence, or one a step."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

import ostinato
from networks import WHOLE_MODEL
from ostinato.data.examples import Examples
from ostinato.errors import StreamError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import by_sequence, falling
from ostinato.spec.classify import ClassifyNetwork
from ostinato.spec.regress import RegressData, RegressOptions, RegressTraining
from ostinato.tasks.regress import REGRESS
from ostinato.train.fit import fit
from patients import engines

CASES = {
    "a step, gru": (True, ClassifyNetwork(hidden_size=16)),
    "a step, lstm, no front": (True, ClassifyNetwork(cell="lstm", hidden_size=16, layers=2, front="none")),
    "a step, both ways": (True, ClassifyNetwork(hidden_size=16, bidirectional=True)),
    "a sequence, gru": (False, ClassifyNetwork(hidden_size=16)),
    "a sequence, last step": (False, ClassifyNetwork(hidden_size=16, pool=("last",), front="none")),
}


@pytest.fixture(scope="module", params=CASES)
def trained(request, tmp_path_factory):
    """Return the engines, what training ended with, and the same model saved and loaded."""
    per_step, shape = CASES[request.param]
    options = RegressOptions(
        data=RegressData(valid_fraction=0.0, per_step=per_step),
        network=shape.model_copy(update={"dropout": 0.0}),
        training=RegressTraining(epochs=150, batch_size=4, learning_rate=1e-2),
    )
    path, data = tmp_path_factory.mktemp("models") / "model", engines(per_step=per_step)
    return data, fit(REGRESS, data, options, out=path), ostinato.load(path)


def test_it_overfits_eight_engines(trained):
    data, _, model = trained
    for told, true in zip(model.predict(data).values, data.targets, strict=True):
        np.testing.assert_allclose(told, true, atol=1.5)


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples(result.preprocessor.apply(data))
    order = falling(examples.lengths)
    batch = examples.batch(order)
    with torch.inference_mode():
        said = network(batch)
    rows = said.data[by_sequence(batch.batch_sizes.numpy())] if isinstance(said, PackedSequence) else said
    answer = result.model.answer
    expected = answer.center + answer.spread * rows[:, 0].double().numpy()
    found = model.predict(data).values
    actual = np.concatenate([found[index] for index in order])
    np.testing.assert_allclose(actual, expected, rtol=0, atol=WHOLE_MODEL * answer.spread * 3)


def test_a_sequence_alone_gets_the_answer_that_it_gets_in_a_batch(trained):
    data, _, model = trained
    for index, together in enumerate(model.predict(data).values):
        (alone,) = model.predict(data.select(np.array([index]))).values
        np.testing.assert_allclose(alone, together, rtol=0, atol=WHOLE_MODEL * 10)


def test_a_stream_says_what_the_whole_says(trained):
    data, _, model = trained
    if model.spec.network.why_not_stream():
        with pytest.raises(StreamError):
            model.stream()
        return
    rows, stream = data.values[7], model.stream()
    said = np.array([stream.push(row) for row in rows])
    if model.spec.answer.per_step:
        expected = model.predict([rows]).values[0]
    else:
        expected = [model.predict([rows[: t + 1]]).values[0][0] for t in range(len(rows))]
    np.testing.assert_allclose(said, expected, rtol=0, atol=WHOLE_MODEL * 10)
    np.testing.assert_allclose(model.stream().push(rows), expected, rtol=0, atol=WHOLE_MODEL * 10)
