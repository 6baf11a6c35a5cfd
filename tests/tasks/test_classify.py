"""The classifier's problem: its options filled, its network, its targets, its loss, and what it refuses."""

import math

import numpy as np
import pytest
import torch

import sounds
from ostinato.errors import ArgumentError, DataError, OstinatoWarning
from ostinato.nn.network import Network
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyNetwork, ClassifyOptions, ClassifyTraining
from ostinato.spec.options import SequenceData
from ostinato.tasks.classify import CLASSIFY


def series(labels, channels=("x", "y"), seed=0):
    generator = np.random.default_rng(seed)
    values = [
        generator.normal(size=(3 + i % 4, len(channels))).astype(np.float32) for i in range(len(labels))
    ]
    return Sequences("series", values, [f"s{i}" for i in range(len(labels))], list(labels), channels)


def texts(values, labels):
    return Sequences("text", list(values), [str(i) for i in range(len(labels))], list(labels))


def resolved(sequences, **groups):
    return CLASSIFY.resolve(sequences, ClassifyOptions(**groups))


def test_nothing_is_left_open_but_what_is_about_other_data():
    options = resolved(series("ab" * 10))
    left = {
        name
        for group in (options.network, options.training)
        for name, value in group
        if value is None and name not in ("forget_bias", "threads")
    }
    assert left == {"embedding_size"}  # of texts


def test_few_sequences_are_cross_validated_and_many_are_split():
    few, many = resolved(series("ab" * 10)), resolved(series("ab" * 600))
    assert (few.data.folds, few.data.valid_fraction) == (5, 0.0)
    assert (many.data.folds, many.data.valid_fraction) == (0, 0.15)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"valid_fraction": 0.2}, (0, 0.2)), ({"folds": 3}, (3, 0.0)), ({"folds": 0}, (0, 0.15))],
)
def test_what_the_user_says_of_validation_holds(given, expected):
    data = resolved(series("ab" * 10), data=SequenceData(**given)).data
    assert (data.folds, data.valid_fraction) == expected


def test_two_ways_of_validation_at_once_are_refused():
    with pytest.raises(ArgumentError, match="leave one out"):
        resolved(series("ab" * 10), data=SequenceData(folds=3, valid_fraction=0.2))


@pytest.mark.parametrize("data", [series("ab" * 10), texts(["to be", "or not"] * 5, "ab" * 5)])
def test_what_was_chosen_can_be_given_again(data):
    chosen = resolved(data)
    assert CLASSIFY.resolve(data, chosen) == chosen


def test_what_the_user_says_of_anything_holds():
    network = ClassifyNetwork(hidden_size=7, layers=3, front="none", pool=("mean",), dropout=0.0)
    training = ClassifyTraining(epochs=2, batch_size=5, learning_rate=0.5, patience=9, metric="f1_macro")
    options = resolved(series("ab" * 10), network=network, training=training)
    assert options.network == network
    assert (options.training.epochs, options.training.batch_size, options.training.patience) == (2, 5, 9)
    assert (options.training.learning_rate, options.training.metric) == (0.5, "f1_macro")


def test_an_unknown_metric_is_refused():
    with pytest.raises(ArgumentError, match="metric is 'beauty'; choose one of accuracy"):
        resolved(series("ab" * 10), training=ClassifyTraining(metric="beauty"))


def test_d16_one_class_is_refused():
    with pytest.raises(DataError, match="every one of the 4 sequences has the label 'a'"):
        resolved(series("aaaa"))


def test_data_without_labels_is_refused():
    values = [np.zeros((2, 1), np.float32)]
    with pytest.raises(DataError, match="no labels"):
        resolved(Sequences("series", values, ["one"], None, ("x",)))


def test_d15_a_validation_label_that_training_lacks_is_named_with_its_place():
    train, valid = series("ab" * 5), series("abc")
    with pytest.raises(DataError, match="sequence 's2': the label 'c' never occurs in the training data"):
        CLASSIFY.problem(train, valid, resolved(train))


def test_d18_a_copy_of_the_label_among_the_inputs_is_warned_of():
    sequences = series("ab" * 5)
    for values, label in zip(sequences.values, sequences.labels, strict=True):
        values[:, 1] = 7.0 if label == "a" else 9.0
    with pytest.warns(OstinatoWarning, match="column 'y' is a copy of the label"):
        resolved(sequences)


def test_a_channel_that_differs_within_one_sequence_is_no_copy():
    sequences = series("ab" * 5)
    for values, label in zip(sequences.values, sequences.labels, strict=True):
        values[:, 1] = 7.0 if label == "a" else 9.0
    sequences.values[0][-1, 1] = 8.0
    resolved(sequences)  # warnings are errors


def test_d18_preprocessing_knows_the_training_part_alone():
    train, valid = series("ab" * 5), series("abab", seed=1)
    far = Sequences("series", [v + 1e6 for v in valid.values], valid.ids, valid.labels, valid.channels)
    options = resolved(train)
    first, second = (CLASSIFY.problem(train, part, options) for part in (valid, far))
    assert first.preprocessor.spec == second.preprocessor.spec


def test_the_network_of_series_and_of_text():
    few = series("ab" * 5)
    names = [op.op for op in CLASSIFY.problem(few, None, resolved(few)).network.ops]
    assert names == ["convolution", "convolution", "dropout", "recurrent", "pool", "dropout", "head"]
    words = texts(["good day", "bad day"] * 3, "ab" * 3)
    names = [op.op for op in CLASSIFY.problem(words, None, resolved(words)).network.ops]
    assert names == ["embedding", "dropout", "recurrent", "pool", "dropout", "head"]


def test_rare_words_are_unknown_where_texts_are_many():
    many = texts(["common rare" if i == 0 else "common word" for i in range(1200)], "ab" * 600)
    preprocessor = CLASSIFY.problem(many, None, resolved(many)).preprocessor
    assert preprocessor.unknown_rate(many.select(np.array([0]))) == 0.5


def test_the_loss_is_the_mean_cross_entropy():
    train = series("aab" * 2)
    problem = CLASSIFY.problem(train, None, resolved(train))
    total, weight = problem.loss_of(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    assert weight.item() == 3
    assert total.item() == pytest.approx(3 * math.log(2))


def test_balanced_weights_let_every_class_count_the_same():
    train = series("aaab")
    problem = CLASSIFY.problem(
        train, None, resolved(train, training=ClassifyTraining(class_weights="balanced"))
    )
    certain = torch.tensor([[0.0, 5.0], [0.0, 5.0], [0.0, 5.0], [5.0, 0.0]])  # all wrong by the same
    of_a, weight_a = problem.loss_of(certain[:3], torch.tensor([0, 0, 0]))
    of_b, weight_b = problem.loss_of(certain[3:], torch.tensor([1]))
    assert of_a.item() == pytest.approx(of_b.item())
    assert weight_a.item() == pytest.approx(2.0)
    assert weight_b.item() == pytest.approx(2.0)


def test_label_smoothing_reaches_the_loss():
    train = series("ab")
    options = resolved(train, training=ClassifyTraining(label_smoothing=0.2))
    total, _ = CLASSIFY.problem(train, None, options).loss_of(torch.tensor([[3.0, 0.0]]), torch.tensor([0]))
    right, wrong = -math.log(1 / (1 + math.exp(-3))), -math.log(1 / (1 + math.exp(3)))
    assert total.item() == pytest.approx(0.9 * right + 0.1 * wrong, rel=1e-5)


def test_validation_scores_hold_the_metric_and_the_loss():
    train = series("ab" * 3)
    problem = CLASSIFY.problem(train, None, resolved(train))
    found = problem.scores_of(np.array([[4, 0], [0, 4], [4, 0]], np.float32), np.array([0, 1, 1]))
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["loss"] == pytest.approx(
        (2 * math.log(1 + math.exp(-4)) + math.log(1 + math.exp(4))) / 3, rel=1e-5
    )


def test_focal_loss_counts_what_is_right_already_the_less():
    output, target = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), torch.tensor([0, 0, 0])
    right = output.softmax(dim=1)[:, 0]
    plain, weight = loss_of()(output, target)
    focal, same = loss_of(focal=2.0)(output, target)
    assert focal.item() == pytest.approx((-((1 - right) ** 2) * right.log()).sum().item(), rel=1e-6)
    assert plain.item() == pytest.approx(-right.log().sum().item(), rel=1e-6)
    assert weight == same == 3


def loss_of(**training):
    data = series("ab" * 10)
    return CLASSIFY.problem(data, None, resolved(data, training=ClassifyTraining(**training))).loss_of


def test_a_tuned_threshold_is_saved_and_needs_two_classes_and_a_validation_part():
    data = series("ab" * 20)
    given = resolved(data, data=SequenceData(valid_fraction=0.3), training=ClassifyTraining(threshold="f1"))
    part = CLASSIFY.plan(data, None, given)[0].parts[0]
    problem = CLASSIFY.problem(part.train, part.valid, given)
    with torch.no_grad():
        found = problem.validate(Network(problem.network).eval())
    assert 0 < found["threshold"] < 1
    with pytest.raises(ArgumentError, match="the data has 3 classes; a threshold is for two"):
        resolved(series("abc" * 9), training=ClassifyTraining(threshold="f1"))
    bare = resolved(data, data=SequenceData(valid_fraction=0.0), training=ClassifyTraining(threshold="f1"))
    with pytest.raises(ArgumentError, match="there is none: hold one out"):
        CLASSIFY.plan(data, None, bare)


def test_recordings_are_read_at_their_rate():
    resolved = CLASSIFY.resolve(sounds.recordings(), sounds.options())
    assert resolved.data.sample_rate == sounds.RATE
    other = sounds.options().model_copy(update={"data": SequenceData(folds=0, sample_rate=16_000)})
    with pytest.raises(ArgumentError, match="sample_rate is 16000, but that of the recordings is 8000"):
        CLASSIFY.resolve(sounds.recordings(), other)


def test_recordings_differ_from_epoch_to_epoch_and_targets_follow_them():
    data = sounds.recordings(9)
    problem = CLASSIFY.problem(data, None, CLASSIFY.resolve(data, sounds.options()))
    labels = np.array([problem.labels.index(label) for label in data.labels])
    seen = []
    for epoch in (0, 0, 1):
        for batch in problem.epoch(epoch):
            indices, number = batch.content
            drawn, order = problem.train.drawn(indices, number)
            _, targets = problem._batch(*batch.content)
            np.testing.assert_array_equal(targets.numpy(), labels[indices[order]])
            seen.append((epoch, sorted(indices.tolist()), drawn.data.sum().item()))
    first, again, other = (seen[i * len(seen) // 3 : (i + 1) * len(seen) // 3] for i in range(3))
    assert first == again
    assert {total for _, _, total in first}.isdisjoint(total for _, _, total in other)


def test_series_vary_from_epoch_to_epoch_where_options_say_so_and_what_validates_never_does():
    data = series("ab" * 6)
    training = ClassifyTraining(channel_offset=1.0, batch_size=4)
    problem = CLASSIFY.problem(data, data, resolved(data, training=training))
    first, again, other = (
        np.concatenate([problem._batch(*batch.content)[0].data.numpy() for batch in problem.epoch(epoch)])
        for epoch in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert set(first.sum(axis=1).tolist()).isdisjoint(other.sum(axis=1).tolist())
    (rows,) = problem.valid.batches([np.array([0])])
    np.testing.assert_array_equal(rows.data.numpy(), problem.preprocessor.apply(data)[0])


@pytest.mark.parametrize("name", ["channel_mask", "speed_change", "clip_shift"])
def test_varying_what_texts_have_not_is_refused(name):
    data = texts(["to be", "or not"] * 5, "ab" * 5)
    with pytest.raises(ArgumentError, match=rf"{name} is 0\.5, and the data is text"):
        resolved(data, training=ClassifyTraining(**{name: 0.5}))
