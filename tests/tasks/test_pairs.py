"""What translation and dialogue learn from: losses, batches, open options, what is refused."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")

from ostinato.errors import ArgumentError, DataError, OstinatoWarning
from ostinato.nn.network import Network
from ostinato.preprocess.untokenize import untokenize
from ostinato.spec.chat import ChatData, ChatOptions
from ostinato.spec.translate import PairNetwork, PairTraining, TranslateData, TranslateOptions
from ostinato.tasks.chat import CHAT
from ostinato.tasks.pairs import mixed
from ostinato.tasks.translate import TRANSLATE
from pair_models import SHAPE, SOURCES, TARGETS, dialogues_of, pairs_of

TALK = [["hi", "hello", "how are you?", "fine"], ["who are you?", "guess"], ["bye", "so long"]]


def options(kind=TranslateOptions, *, data=None, network=None, **training):
    chosen = {"epochs": 2, "batch_size": 4, "threads": 1} | training
    read = TranslateData if kind is TranslateOptions else ChatData
    return kind(
        data=read(**({"tokens": "word", "valid_fraction": 0.0} | (data or {}))),
        network=PairNetwork(**(SHAPE | (network or {}))),
        training=PairTraining(**chosen),
    )


def problem(pairs=None, valid=None, **given):
    pairs = pairs_of() if pairs is None else pairs
    return TRANSLATE.problem(pairs, valid, TRANSLATE.resolve(pairs, options(**given)))


def network(one):
    torch.manual_seed(0)
    return Network(one.network)


def test_the_loss_is_the_smoothed_cross_entropy_of_known_tokens():
    one = problem(label_smoothing=0.2)
    net = network(one).eval()
    (batch, *_) = one.epoch(0)
    loss = one.loss(net, batch, {})
    pairs = one.examples.batch(batch.content)
    scores = net(pairs.input, net.remember(pairs.source, pairs.order)).data.log_softmax(dim=1)
    size = scores.shape[1]
    expected = 0.0
    for row, target in zip(scores, pairs.target.tolist(), strict=True):
        expected -= 0.8 * row[target] + 0.2 / size * (row.sum() - row[0])
    assert loss.total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss.weight == len(pairs.target)


def test_unknown_tokens_are_neither_learnt_nor_judged():
    seldom = pairs_of(targets=["eins drache", *TARGETS[1:]])
    one = problem(seldom, seldom, data={"minimum_count": 2})
    unknown = (one.examples.batch(np.arange(8)).target == 0).sum().item()
    assert unknown > 0
    net = network(one)
    weights = 0.0
    for batch in one.epoch(0):
        loss = one.loss(net, batch, {})
        loss.total.backward()
        weights += loss.weight
    assert weights == sum(len(target.split()) + 1 for target in seldom.targets) - unknown
    assert net.head.bias.grad[0] > 0  # it is only ever made less likely


def test_validation_gives_loss_perplexity_and_accuracy_without_smoothing():
    one = problem(valid=pairs_of(SOURCES[:3], TARGETS[:3]))
    net = network(one).eval()
    with torch.inference_mode():
        found = one.validate(net)
    total, count = 0.0, 0
    for i in range(3):
        pairs = one.held.examples.batch(np.array([i]))
        scores = net(pairs.input, net.remember(pairs.source, pairs.order)).data
        total += F.cross_entropy(scores, pairs.target, reduction="sum").item()
        count += len(pairs.target)
    assert found["loss"] == pytest.approx(total / count, rel=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(total / count), rel=1e-5)
    assert set(found) == {"loss", "perplexity", "accuracy"}


def test_progress_by_bleu_judges_greedy_translations():
    pytest.importorskip("sacrebleu", reason="scoring needs ostinato[text]")
    one = problem(valid=pairs_of(), metric="bleu")
    assert one.maximize
    with torch.inference_mode():
        found = one.validate(network(one).eval())
    assert 0 <= found["bleu"] < 100
    assert {"bleu", "chrf", "loss"} <= found.keys()


def test_sources_end_with_the_mark_and_targets_with_the_boundary():
    one = problem()
    source, target = one.preprocessor.spec.source, one.preprocessor.spec.target
    assert one.network.encoder.input_size == source.vocabulary_size + 1
    assert one.network.input_size == target.vocabulary_size + 1
    pairs = one.examples.batch(np.array([0]))
    assert pairs.source.data[-1] == source.vocabulary_size
    assert pairs.input.data[0] == pairs.target[-1] == target.vocabulary_size
    assert untokenize(one.preprocessor.target, pairs.target[:-1].tolist()) == TARGETS[0]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_scheduled_sampling_replaces_what_was_said_and_never_the_beginning(share):
    sizes = torch.tensor([300, 200, 100])
    input = PackedSequence(torch.zeros(600, dtype=torch.int64), sizes)
    scores = torch.full((600, 4), -1e9)
    scores[:, 2] = 0.0
    torch.manual_seed(0)
    steps = mixed(input, scores, share).data.split(sizes.tolist())
    assert (steps[0] == 0).all()
    replaced = torch.cat(steps[1:]) == 2
    assert replaced.float().mean().item() == pytest.approx(share, abs=0.1)


def test_scheduled_sampling_grows_to_its_rate_in_the_last_epoch():
    one = problem(scheduled_sampling=1.0, epochs=3, label_smoothing=0.0)
    net = network(one).eval()
    losses = []
    for number in range(3):
        torch.manual_seed(1)
        losses.append(sum(one.loss(net, batch, {}).total.item() for batch in one.epoch(number)))
    plain = problem(epochs=3, label_smoothing=0.0)
    expected = sum(plain.loss(net, batch, {}).total.item() for batch in plain.epoch(0))
    assert losses[0] == pytest.approx(expected, rel=1e-6)
    assert abs(losses[2] - expected) > 1e-3


def test_batches_by_tokens_hold_at_most_so_many():
    one = problem(batch_tokens=18)
    assert one.steps_per_epoch == len(one.epoch(0)) > 2
    assert sorted(np.concatenate([batch.content for batch in one.epoch(1)]).tolist()) == [*range(8)]
    for batch in one.epoch(0):
        assert one.examples.tokens[batch.content].sum() <= 18 or batch.size == 1


def test_pairs_that_are_too_long_are_left_out_and_said():
    with pytest.warns(OstinatoWarning, match="2 of 8 pairs have a side of more than 3 tokens"):
        assert problem(data={"longest": 3}).size == 6
    with pytest.raises(DataError, match="every one of the 8 pairs"):
        problem(pairs_of(["one two"] * 8, ["eins zwei"] * 8), data={"longest": 1})


def test_pairs_are_held_out_by_chance_and_those_of_the_user_are_taken():
    data = pairs_of()
    chosen = TRANSLATE.resolve(data, options(data={"valid_fraction": 0.25}))
    ((part,),) = [stage.parts for stage in TRANSLATE.plan(data, None, chosen)]
    assert (len(part.train), len(part.valid)) == (6, 2)
    ((part,),) = [stage.parts for stage in TRANSLATE.plan(data, data, chosen)]
    assert part.valid is data


def test_tokenised_text_is_seen_and_read_by_white_space():
    apart = pairs_of(["a man , here ."] * 4, ["ein mann , hier ."] * 4)
    chosen = TRANSLATE.resolve(apart, options())
    assert chosen.data.tokenized
    assert TRANSLATE.problem(apart, None, chosen).preprocessor.spec.source.tokens == "spaced"
    attached = pairs_of(["a man, here."] * 4, ["ein mann, hier."] * 4)
    assert not TRANSLATE.resolve(attached, options()).data.tokenized


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"metric": "rouge"}, ArgumentError, "metric is 'rouge'"),
        (
            {"network": {"attention_score": "dot", "hidden_size": 7}},
            ArgumentError,
            "choose an even hidden_size",
        ),
        ({"data": {"tokens": "bpe", "vocabulary_size": 20}}, ArgumentError, "bpe needs at least 257"),
    ],
)
def test_unfit_options_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        problem(**change)


def test_pairs_without_targets_are_refused():
    with pytest.raises(DataError, match="no targets"):
        TRANSLATE.resolve(pairs_of(targets=None), options())


@pytest.mark.parametrize("form", ["luong", "bahdanau"])
@pytest.mark.parametrize("bridge", ["last", "mean", "none"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_every_form_of_network_is_a_sound_one(form, bridge, cell):
    for layers in (1, 2):
        for both in (True, False):
            shape = {
                "attention": form,
                "bridge": bridge,
                "cell": cell,
                "layers": layers,
                "bidirectional": both,
            }
            one = problem(network=shape | {"tie_weights": both, "attention_score": "general"})
            assert one.loss(network(one), one.epoch(0)[0], {}).total.isfinite()


def test_dialogues_become_histories_and_answers():
    data = dialogues_of(*TALK)
    one = CHAT.problem(data, None, CHAT.resolve(data, options(ChatOptions, data={"turns": 2})))
    assert one.size == 5
    mark = one.preprocessor.spec.source.vocabulary_size
    sources = [one.examples.batch(np.array([i])).source.data.tolist() for i in range(5)]
    assert [source.count(mark) for source in sources] == [1, 2, 2, 1, 1]
    assert one.preprocessor.source is one.preprocessor.target


def test_whole_dialogues_are_held_out():
    data = dialogues_of(*TALK)
    chosen = CHAT.resolve(data, options(ChatOptions, data={"valid_fraction": 0.4}))
    ((part,),) = [stage.parts for stage in CHAT.plan(data, None, chosen)]
    assert (len(part.train), len(part.valid)) == (2, 1)
    with pytest.raises(DataError, match="there is one dialogue"):
        CHAT.plan(dialogues_of(TALK[0]), None, chosen)


def test_dialogues_of_one_turn_teach_nothing():
    with pytest.raises(DataError, match="no dialogue has two turns"):
        CHAT.resolve(dialogues_of(["alone"]), options(ChatOptions))


def test_translation_is_smoothed_and_dialogue_is_not_unless_asked():
    assert TRANSLATE.resolve(pairs_of(), options()).training.label_smoothing == 0.1
    talk = dialogues_of(*TALK)
    assert CHAT.resolve(talk, options(ChatOptions)).training.label_smoothing == 0.0
    asked = options(ChatOptions, label_smoothing=0.3)
    assert CHAT.resolve(talk, asked).training.label_smoothing == 0.3
