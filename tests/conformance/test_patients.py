"""The common checks of models of series in which values are missing, measured at odd times."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

import ostinato
from networks import WHOLE_MODEL
from ostinato.data.examples import Examples
from ostinato.errors import DataError
from ostinato.nn.network import Network, import_tensors
from ostinato.preprocess.pack import falling
from ostinato.runtime.streams.observed import Timed
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit
from patients import patients

SHAPES = {
    "one layer": ClassifyNetwork(hidden_size=12, dropout=0.0),
    "two layers, last step": ClassifyNetwork(hidden_size=8, layers=2, dropout=0.0, pool=("last",)),
}
CASES = [
    f"{missing}: {shape}" for missing, shape in itertools.product(("forward-fill", "mask", "decay"), SHAPES)
]


@pytest.fixture(scope="module", params=CASES)
def trained(request, tmp_path_factory):
    """Return the patients, what training ended with, and the same model saved and loaded."""
    missing, shape = request.param.split(": ")
    options = ClassifyOptions(
        data=SequenceData(folds=0, valid_fraction=0.0, missing=missing),
        network=SHAPES[shape],
        training=ClassifyTraining(
            epochs=60, batch_size=4, learning_rate=1e-2, patience=0, schedule="constant"
        ),
    )
    path = tmp_path_factory.mktemp("models") / "model"
    return patients(), fit(CLASSIFY, patients(), options, out=path), ostinato.load(path)


def test_it_overfits_eight_patients(trained):
    data, _, model = trained
    assert model.predict(data).best() == data.labels


def test_the_saved_model_gives_the_answers_of_training(trained):
    data, result, model = trained
    network = Network(result.model.network).eval()
    import_tensors(network, result.tensors)
    examples = Examples(result.preprocessor.apply(data))
    order = falling(examples.lengths)
    with torch.inference_mode():
        answer = network(examples.batch(order)).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(data)[order], answer, rtol=0, atol=WHOLE_MODEL)


def test_a_patient_alone_gets_the_answer_that_it_gets_in_a_batch(trained):
    data, _, model = trained
    together = model.probabilities(data)
    alone = [model.probabilities(data.select(np.array([i])))[0] for i in range(len(data))]
    np.testing.assert_allclose(alone, together, rtol=0, atol=WHOLE_MODEL)


def test_what_is_said_after_a_step_is_the_answer_for_the_prefix(trained):
    data, _, model = trained
    stream = model.stream(static=data.static[7])
    for t, (row, moment) in enumerate(zip(data.values[7], data.times[7], strict=True), start=1):
        prefix = model.probabilities([data.values[7][:t]], times=[data.times[7][:t]], static=data.static[7:8])
        np.testing.assert_allclose(stream.push(row, moment), prefix[0], rtol=0, atol=WHOLE_MODEL)


def test_a_state_is_taken_restored_and_goes_on(trained):
    data, _, model = trained
    rows, times = data.values[7], data.times[7]
    one = model.stream(data.static[7])
    one.push(rows[:4], times[:4])
    other = model.restore(one.state())
    np.testing.assert_array_equal(one.push(rows[4:], times[4:]), other.push(rows[4:], times[4:]))
    other.reset()
    expected = model.stream().push(rows[:4], times[:4])
    np.testing.assert_array_equal(other.push(rows[:4], times[:4]), expected)


def test_many_streams_are_taken_on_together_as_alone(trained):
    data, _, model = trained
    chosen = [7, 6, 5]
    streams = model.streams(3)
    for number, patient in enumerate(chosen):
        streams.describe(data.static[patient], number)
    values = np.stack([data.values[patient][:5] for patient in chosen], axis=1)
    times = np.stack([data.times[patient][:5] for patient in chosen], axis=1)
    together = np.concatenate(
        [streams.push(Timed(values[:2], times[:2])), streams.push(Timed(values[2], times[2]))[None]]
    )
    for number, patient in enumerate(chosen):
        alone = model.stream(data.static[patient]).push(values[:3, number], times[:3, number])
        np.testing.assert_allclose(together[:, number], alone, rtol=0, atol=WHOLE_MODEL)
        whole = model.probabilities(
            [values[:3, number]], times=[times[:3, number]], static=data.static[patient : patient + 1]
        )
        np.testing.assert_allclose(streams.finish(number), whole[0], rtol=0, atol=WHOLE_MODEL)


def test_a_stream_refuses_a_time_before_the_last_one_and_stays_as_it_was(trained):
    data, result, model = trained
    stream = model.stream(data.static[7])
    stream.push(data.values[7][:2], data.times[7][:2])
    before = stream.state()
    if result.model.preprocessing.unit is None:  # forward-fill reads no times
        stream.push(data.values[7][2])
        return
    with pytest.raises(DataError, match="is before"):
        stream.push(data.values[7][2], data.times[7][0])
    with pytest.raises(DataError, match="comes without times"):
        stream.push(data.values[7][2])
    assert stream.state() == before


def test_descriptors_must_be_those_of_training(trained):
    data, _, model = trained
    with pytest.raises(DataError, match=r"expected 2 \('age, weight'\)"):
        model.stream(static=[1.0])
    with pytest.raises(DataError, match=r"expected 2 \('age, weight'\)"):
        model.predict(data.values, times=data.times)
    other = data.columns.model_copy(update={"static": ("age", "height")})
    with pytest.raises(DataError, match="the data has the descriptors 'age', 'height'"):
        model.predict(replace(data, columns=other))
