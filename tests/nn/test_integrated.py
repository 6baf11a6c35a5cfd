"""Integrated gradients sum to what all values give together, and name the value that counts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import model_files
import ostinato
from ostinato.errors import ArgumentError
from ostinato.nn.integrated import explainer, integrated_gradients
from ostinato.nn.network import Network
from ostinato.preprocess.observed import given_rows, mean_rows
from ostinato.preprocess.scale import fit_series
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.network import GruD, Head, Pool, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY
from ostinato.train.fit import fit
from patients import patients

NETWORKS = {
    "gru": Spec(
        input="steps",
        input_size=7,
        ops=(Recurrent(cell="gru", hidden_size=5), Pool(kinds=("last", "max")), Head(size=3)),
    ),
    "gru-d": Spec(
        input="steps",
        input_size=7,
        ops=(GruD(hidden_size=5, means=(0.0, 0.0, 0.0)), Pool(kinds=("last",)), Head(size=3)),
    ),
}


@pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS.keys())
def test_they_sum_to_the_difference_of_the_answers(spec):
    torch.manual_seed(0)
    network = Network(spec).eval()
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(9, 7)).astype(np.float32)
    rows[:, 3:6] = rows[:, 3:6] > 0
    rows[:, 6] = abs(rows[:, 6])
    baseline = rows.copy()
    baseline[:, :3] = 0
    found = integrated_gradients(network, rows, baseline, 1, steps=300)
    with torch.no_grad():
        both = [
            network(torch.nn.utils.rnn.pack_sequence([torch.from_numpy(one)])).softmax(dim=1)[0, 1].item()
            for one in (rows, baseline)
        ]
    assert found.sum() == pytest.approx(both[0] - both[1], abs=1e-4)
    assert (found[:, 3:] == 0).all()
    with torch.device("meta"):  # another default device does not matter
        np.testing.assert_array_equal(integrated_gradients(network, rows, baseline, 1, steps=300), found)


@pytest.mark.parametrize("missing", ["forward-fill", "mask", "decay"])
def test_the_baseline_is_measured_at_the_same_times_with_every_value_at_its_mean(missing):
    data = patients()
    series = fit_series(data, "minmax", missing)
    rows, _ = given_rows(series, data.values[2], data.times[2], data.static[2])
    found = mean_rows(series, rows)
    mean = (np.array(series.mean) - series.center) / series.spread
    if missing == "decay":
        mean = np.where(np.isnan(data.values[2]), 0, mean)
    np.testing.assert_allclose(found[:, :3], np.broadcast_to(mean, (len(rows), 3)), rtol=1e-5)
    if series.masked:
        np.testing.assert_array_equal(found[:, 3:6], rows[:, 3:6])
        np.testing.assert_array_equal(found[:, -2:], rows[:, -2:])
    assert (found[:, -4:-2] == 0).all() if series.masked else (found[:, -2:] == 0).all()


def test_the_channel_that_tells_is_the_one_that_counts(tmp_path):
    data = patients(24)
    options = ClassifyOptions(
        data=SequenceData(folds=0, valid_fraction=0.0, missing="mask"),
        network=ClassifyNetwork(hidden_size=12, dropout=0.0, front="none"),
        training=ClassifyTraining(epochs=40, batch_size=8, learning_rate=1e-2, patience=0),
    )
    fit(CLASSIFY, data, options, out=tmp_path / "m")
    explain = explainer(tmp_path / "m")
    swapped = replace(
        data,
        values=[rows[:, [2, 0, 1]] for rows in data.values],
        channels=tuple(data.channels[i] for i in (2, 0, 1)),
    )
    said = ostinato.load(tmp_path / "m").predict(data).indices()
    for index in (4, 7):
        chosen = np.array([index])
        found = explain(data.select(chosen), int(said[index]))
        assert found.shape == data.values[index].shape
        assert int(found.sum(axis=0).argmax()) == data.channels.index("pulse")
        np.testing.assert_allclose(
            explain(swapped.select(chosen), int(said[index])), found[:, [2, 0, 1]], atol=1e-7
        )


def test_what_is_no_classifier_of_series_is_refused(tmp_path):
    place = model_files.good(tmp_path / "text", model_files.TEXT)
    with pytest.raises(ArgumentError, match="explain classifiers of series"):
        explainer(place)
