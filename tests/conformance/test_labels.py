"""The common checks of models that tell several labels at once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import ostinato
from networks import WHOLE_MODEL
from ostinato.answers.labels import LabelAnswer, by_label, rows, scores, sigmoid
from ostinato.errors import ArgumentError, DataError
from ostinato.evaluate.labels import LabelsEvaluation, to_html
from ostinato.nn.network import Network
from ostinato.read import read
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.spec.preprocessing import Columns
from ostinato.tasks.labels import LABELS
from ostinato.train.fit import fit
from patients import patients

NAMES = ("ill", "long")


def flagged(count=16):
    """Return patients who are ill or not, and who stay long or not."""
    data = patients(count, labels=False)
    flags = np.array([[n % 2 == 0, len(rows) > 6] for n, rows in enumerate(data.values)])
    return replace(data, flags=flags, columns=data.columns.model_copy(update={"labels": NAMES}))


def options(fraction=0.0, missing="mask", **training):
    training = {"epochs": 60, "batch_size": 4, "learning_rate": 1e-2, "schedule": "constant"} | training
    return ClassifyOptions(
        data=SequenceData(valid_fraction=fraction, missing=missing, labels=NAMES),
        network=ClassifyNetwork(hidden_size=12, dropout=0.0, front="none"),
        training=ClassifyTraining(patience=0, **training),
    )


@pytest.fixture(scope="module", params=["mask", "decay"])
def trained(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model"
    fit(LABELS, flagged(), options(missing=request.param), out=path)
    return flagged(), ostinato.load(path)


def test_it_overfits_and_tells_each_label_by_itself(trained):
    data, model = trained
    np.testing.assert_array_equal(model.predict(data).flags(), data.flags)


def test_alone_as_in_a_batch_and_step_by_step_as_the_prefix(trained):
    data, model = trained
    together = model.predict(data).probabilities
    for index in (0, 7):
        alone = model.predict(data.select(np.array([index]))).probabilities[0]
        np.testing.assert_allclose(alone, together[index], rtol=0, atol=WHOLE_MODEL)
    stream, rows, times = model.stream(data.static[7]), data.values[7], data.times[7]
    for t in range(len(rows)):
        prefix = model.predict([rows[: t + 1]], times=[times[: t + 1]], static=data.static[7:8])
        said = stream.push(rows[t], times[t])
        np.testing.assert_allclose(said, prefix.probabilities[0], rtol=0, atol=WHOLE_MODEL)


def test_an_evaluation_has_a_row_a_label_and_a_report(trained):
    data, model = trained
    found = LabelsEvaluation.of(model.spec, data, model.predict(data), name="stays", source="test.csv")
    assert [row["label"] for row in found.to_dict()["labels"]] == ["ill", "long"]
    assert found.to_dict()["f1_macro"] == 1.0
    assert "NaN" not in found.to_json()
    assert "<svg" in to_html(found)
    assert found.to_table().count("1.0000") > 8


def test_thresholds_are_tuned_on_the_validation_part_and_saved():
    result = fit(
        LABELS, flagged(32), options(0.4, threshold="f1", class_weights="balanced", focal=1.0, epochs=20)
    )
    record, answer = result.model.training, result.model.answer
    assert answer.thresholds == tuple(record.scores[f"threshold_{name}"] for name in NAMES)
    assert result.model.answer.thresholds != (0.5, 0.5)


def test_the_loss_is_that_of_every_label_and_weighs_rare_ones():
    given = LABELS.resolve(flagged(), options(class_weights="balanced"))
    problem = LABELS.problem(flagged(), None, given)
    batch = problem.epoch(0)[0]
    indices, _ = batch.content
    network = Network(problem.network).eval()
    loss = problem.loss(network, batch, {})
    flags = torch.from_numpy(flagged().flags[indices]).float()
    with torch.no_grad():
        risk = network(problem.train.batch(indices)).sigmoid()
    share = torch.from_numpy(flagged().flags).float().mean(dim=0)
    each = -(flags * (1 - share) / share * risk.log() + (1 - flags) * (1 - risk).log())
    assert loss.total.item() == pytest.approx(each.sum().item(), rel=1e-5)
    assert loss.weight == flags.numel()


WINDOWS = SequenceData(labels=NAMES, missing="decay", window=3)


@pytest.mark.parametrize(
    ("change", "given", "error", "message"),
    [
        ({"flags": None}, options(), DataError, "does not say which labels"),
        ({"flags": np.ones((16, 2), bool)}, options(), DataError, "'ill' is 1 for all 16 sequences"),
        ({}, options(label_smoothing=0.1), ArgumentError, r"label_smoothing is 0\.1, which is for one"),
        ({}, options().model_copy(update={"data": WINDOWS}), ArgumentError, "window is 3, which is for one"),
        ({}, options(metric="rmse"), ArgumentError, "choose one of roc_auc"),
    ],
)
def test_what_does_not_go_together_is_refused(change, given, error, message):
    with pytest.raises(error, match=message):
        LABELS.resolve(replace(flagged(), **change), given)


def test_a_threshold_without_validation_is_refused():
    given = LABELS.resolve(flagged(), options(threshold="f1"))
    with pytest.raises(ArgumentError, match="there is none: hold one out"):
        LABELS.plan(flagged(), None, given)


def test_scores_worked_out_by_hand():
    answer = LabelAnswer(np.array([[0.9, 0.4], [0.2, 0.6], [0.6, 0.1]]), ("a", "b"), (0.5, 0.5))
    true = np.array([[True, False], [True, True], [False, False]])
    one, other = by_label(answer, true)
    assert (one.precision, one.recall, one.f1, one.roc_auc) == (0.5, 0.5, 0.5, 0.5)
    assert (other.precision, other.f1, other.roc_auc) == (1, 1, 1)
    found = scores(answer, true)
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["accuracy"] == pytest.approx(4 / 6)
    expected = -np.log([0.9, 0.6, 0.2, 0.6, 0.4, 0.9]).mean()
    assert found["log_loss"] == pytest.approx(expected)
    assert rows(["u", "v", "w"], answer).to_csv().splitlines()[1] == "u,1,0,0.9,0.4"
    with pytest.raises(ArgumentError, match="not a finite number"):
        sigmoid(np.array([np.nan]))


def test_columns_of_0_and_1_are_read_as_labels(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x,ill,long\na,1,1,0\na,2,1,0\nb,3,0,1\n")
    columns = Columns(sequence="id", labels=NAMES)
    found = read(path, columns, labelled=True)
    assert (found.channels, found.flags.tolist()) == (("x",), [[True, False], [False, True]])
    path.write_text("id,x,ill,long\na,1,1,0\nb,3,2,1\n")
    with pytest.raises(DataError, match="line 3, column 'ill': 2 is no label; expected 0 or 1"):
        read(path, columns, labelled=True)
    path.write_text("id,x\na,1\n")
    assert read(path, columns, labelled=False).flags is None
