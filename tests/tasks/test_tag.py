"""The tagging task: what becomes of open options, what validates, what is refused, what a batch costs."""

import numpy as np
import pytest
import torch

import taggers
from ostinato.answers.tag import Tagged, TagScores
from ostinato.errors import ArgumentError, DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.spec.network import Crf
from ostinato.tasks.tag import TAG
from taggers import entities, options, plain, sentences


def problem(sentences, valid=None, **given):
    return TAG.problem(sentences, valid, TAG.resolve(sentences, options(**given)))


def fresh(one):
    torch.manual_seed(0)
    return Network(one.network).eval()


def validated(one):
    with torch.no_grad():
        return one.validate(fresh(one))


def test_tags_of_entities_get_a_chain_and_are_measured_by_f1():
    found = TAG.resolve(entities(), options())
    assert (found.data.scheme, found.data.joint) == ("IOB2", True)
    assert (found.network.output, found.training.metric) == ("crf", "f1")
    assert any(isinstance(op, Crf) for op in problem(entities()).network.ops)


def test_other_tags_stand_for_themselves_and_are_measured_by_accuracy():
    found = TAG.resolve(plain(), options())
    assert (found.data.scheme, found.data.joint) == ("none", False)
    assert (found.network.output, found.training.metric) == ("softmax", "accuracy")
    assert not problem(plain()).network.branches


def test_everything_open_is_chosen_and_nothing_that_was_given_is_changed():
    found = TAG.resolve(entities(), options(network={"output": "softmax"}, metric="exact"))
    assert (found.network.output, found.training.metric) == ("softmax", "exact")
    assert found.network.hidden_size == taggers.SMALL["hidden_size"]
    assert None not in found.training.model_dump(exclude={"threads"}).values()
    assert None not in found.network.model_dump(exclude={"forget_bias"}).values()


def test_labels_are_told_unless_they_are_not_wanted():
    assert problem(entities()).sentence_labels == ("none", "place")
    alone = problem(entities(), data={"joint": False})
    assert (alone.sentence_labels, alone.network.branches) == ((), ())


def test_a_few_sentences_are_held_out_with_the_labels_in_proportion():
    data = entities(40)
    (stage,) = TAG.plan(data, None, TAG.resolve(data, options(data={"valid_fraction": 0.25})))
    (part,) = stage.parts
    assert (len(part.train), len(part.valid)) == (30, 10)
    assert sorted(part.train.ids + part.valid.ids) == sorted(data.ids)
    assert part.valid.labels.count("none") == pytest.approx(data.labels.count("none") / 4, abs=1)


def test_vocabularies_come_from_the_training_part_alone_and_tags_from_both():
    train = sentences([["a", "b"], ["a"]], [["X", "Y"], ["X"]])
    valid = sentences([["a", "c"]], [["X", "Z"]])
    one = problem(train, valid)
    assert one.preprocessor.words == ("a", "b")
    assert one.preprocessor.letters == ("a", "b")
    assert one.labels == ("X", "Y", "Z")
    assert one.unknown_rate == 0.5
    assert np.isfinite(validated(one)["loss"])


@pytest.mark.parametrize("network", [{"output": "crf"}, {"output": "softmax"}])
def test_the_loss_is_that_of_the_sentences_one_by_one(network):
    one = problem(entities(), network=network)
    module = fresh(one)
    (batch, *_) = one.epoch(0)
    together = one.loss(module, batch, {})
    assert together.weight == sum(one.train.lengths[batch.content])
    alone = [
        one.loss(module, type(batch)(1, "", np.array([i])), {}).total.item() for i in batch.content.tolist()
    ]
    assert together.total.item() == pytest.approx(sum(alone), rel=1e-5)


def test_a_label_weighs_so_many_words():
    totals = []
    for weight in (1.0, 2.0, 5.0):
        one = problem(entities(), label_weight=weight)
        totals.append(one.loss(fresh(one), one.epoch(0)[0], {}).total.item())
    once, twice, five_times = totals
    assert twice > once
    assert five_times - once == pytest.approx(4 * (twice - once), rel=1e-4)


def test_validation_scores_are_those_of_the_answers():
    data = entities(30)
    one = problem(data, data)
    scores = validated(one)
    assert {"loss", "f1", "accuracy", "label_accuracy", "exact"} <= scores.keys()
    assert scores["loss"] == pytest.approx(
        sum(one.loss(fresh(one), batch, {}).total.item() for batch in one.epoch(0)) / one.steps, rel=1e-5
    )


def test_what_is_not_finite_is_told():
    one = problem(entities(), entities(8, seed=1))
    module = fresh(one)
    with torch.no_grad():
        module.head.bias[0] = np.nan
    with pytest.raises(DivergedError), torch.no_grad():
        one.validate(module)


def test_the_probe_asks_for_the_last_tag_of_equally_long_sentences():
    one = problem(entities())
    probe = one.probe()
    assert len(set(probe.input.batch_sizes.tolist())) == 1
    length, count = len(probe.input.batch_sizes), int(probe.input.batch_sizes[0])
    longest = np.argsort(-one.train.lengths, kind="stable")[:count]
    rows = [one.preprocessor.encode(entities().words[i])[:length] for i in longest]
    np.testing.assert_array_equal(probe.input.data.reshape(length, count, -1)[:, 0], rows[0])
    tags = [one.labels.index(entities().tags[i][length - 1]) for i in longest]
    assert probe.targets.tolist() == tags
    total, weight = probe.loss(fresh(one)(probe.input).data, probe.targets)
    assert (weight.item(), total.isfinite().item()) == (count, True)


@pytest.mark.parametrize(
    ("data", "given", "message"),
    [
        (sentences([["a"]], None), {}, "memory: has no tags"),
        (sentences([["a", "b"]], [["X", "X"]]), {}, "every word has the tag 'X'"),
        (
            sentences([["a", "b"]], [["O", "I-x"]]),
            {"scheme": "IOB2"},
            "memory, s1, word 2: tag 'I-x' after 'O'",
        ),
        (sentences([["a", "b"]], [["X", "Y"]]), {"scheme": "IOB2"}, "memory, s1, word 1"),
        (plain(), {"joint": True}, "its sentences have no labels"),
        (sentences([["a", "b"]], [["X", "Y"]], ["z"]), {"joint": True}, "all sentences have the label 'z'"),
    ],
)
def test_data_that_cannot_be_used_is_one_sentence(data, given, message):
    with pytest.raises(DataError, match=message):
        TAG.resolve(data, options(data=given))


def test_validation_data_that_breaks_the_scheme_is_refused():
    resolved = TAG.resolve(entities(), options())
    with pytest.raises(DataError, match=r"memory, s1, word 1: tag 'I-city' at the sentence's beginning"):
        TAG.plan(entities(), sentences([["York"]], [["I-city"]], ["place"]), resolved)


@pytest.mark.parametrize(
    ("data", "metric", "error"),
    [(plain(), "f1", DataError), (plain(), "label_accuracy", DataError), (plain(), "loses", ArgumentError)],
)
def test_a_metric_that_does_not_fit_is_refused(data, metric, error):
    with pytest.raises(error, match="metric is"):
        TAG.resolve(data, options(metric=metric))


def test_scores_count_words_entities_labels_and_whole_sentences():
    true = Tagged([["B-x", "I-x", "O"], ["O"], ["B-y"]], ["a", "b", "a"])
    answer = Tagged([["B-x", "O", "O"], ["O"], ["B-y"]], ["a", "b", "b"])
    scores = TagScores.of(true, answer, entities=True).named()
    expected = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "accuracy": 0.8, "label_accuracy": 2 / 3}
    assert scores == pytest.approx(expected | {"exact": 1 / 3})
    assert "f1" not in TagScores.of(Tagged([["O"]]), Tagged([["O"]]), entities=True).named()
    with pytest.raises(ArgumentError, match="differ in number"):
        TagScores.of(Tagged([["O"]]), Tagged([["O", "O"]]), entities=False)
