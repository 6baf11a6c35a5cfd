"""Ops as data: what older files say still holds, and what cannot be is refused with one clear sentence."""

import json

import pytest
from pydantic import ValidationError

from networks import ALL
from ostinato.spec.flow import Flow
from ostinato.spec.network import (
    AdaptiveHead,
    Crf,
    Dropout,
    Embedding,
    Head,
    Network,
    Recurrent,
)

OLDER = {
    "input": "tokens",
    "input_size": 9,
    "ops": [
        {"op": "embedding", "name": "embedding", "size": 4},
        {"op": "dropout", "name": "dropout", "rate": 0.5, "whole_steps": False},
        {
            "op": "recurrent",
            "name": "recurrent",
            "cell": "gru",
            "hidden_size": 4,
            "layers": 1,
            "bidirectional": False,
            "dropout": 0.0,
        },
        {"op": "head", "name": "head", "size": 9},
    ],
}


def tokens(*ops, size=9):
    return Network(input="tokens", input_size=size, ops=ops)


def test_what_was_saved_before_a_field_existed_means_what_it_meant():
    network = Network.model_validate_json(json.dumps(OLDER))
    assert network == tokens(
        Embedding(size=4), Dropout(rate=0.5), Recurrent(cell="gru", hidden_size=4), Head(size=9)
    )
    embedding, dropout, recurrent, head = network.ops
    assert (embedding.dropout, dropout.locked, recurrent.weight_dropout, recurrent.locked) == (0, 0, 0, 0)
    assert head.tied is None


@pytest.mark.parametrize("spec", ALL.values(), ids=ALL.keys())
def test_a_network_survives_as_json(spec):
    assert Network.model_validate_json(spec.model_dump_json()) == spec


def test_a_mask_for_steps_and_one_for_sequences_do_not_go_together():
    with pytest.raises(ValidationError, match="'d' has whole_steps and locked"):
        Dropout(name="d", rate=0.1, whole_steps=True, locked=True)


def test_a_tied_head_has_a_bias_of_its_own_and_reads_the_embedding():
    network = tokens(Embedding(name="words", size=4), Head(size=9, tied="words"))
    assert network.tensors() == {"words.weight": (9, 4), "head.bias": (9,)}
    assert network.ops[1].shared() == {"weight": "words.weight"}
    assert Head(size=9).shared() == {}


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        (
            (Embedding(size=4), Head(size=9, tied="words")),
            "tied to 'words'; expected an embedding: embedding",
        ),
        (
            (Embedding(size=4), Recurrent(cell="gru", hidden_size=4), Head(size=9, tied="recurrent")),
            "tied to 'recurrent'; expected an embedding: embedding",
        ),
        ((Embedding(size=4), Head(size=8, tied="embedding")), r"shape \(9, 4\); expected \(8, 4\)"),
        (
            (Embedding(size=4), Recurrent(cell="gru", hidden_size=5), Head(size=9, tied="embedding")),
            "turns 5 features into 9 scores",
        ),
    ],
)
def test_a_head_that_cannot_be_tied_is_refused(ops, message):
    with pytest.raises(ValidationError, match=message):
        tokens(*ops)


def test_a_head_over_series_has_nothing_to_be_tied_to():
    with pytest.raises(ValidationError, match="expected an embedding: none here"):
        Network(input="steps", input_size=4, ops=(Head(size=9, tied="embedding"),))


def test_clusters_of_an_adaptive_head_narrow_by_its_factor():
    head = AdaptiveHead(size=100, cutoffs=(10, 40), factor=4.0)
    assert head.tensors(Flow("steps", 35)) == {
        "softmax.head.weight": (12, 35),
        "softmax.head.bias": (12,),
        "softmax.tail.0.0.weight": (8, 35),
        "softmax.tail.0.1.weight": (30, 8),
        "softmax.tail.1.0.weight": (2, 35),
        "softmax.tail.1.1.weight": (60, 2),
    }


@pytest.mark.parametrize("cutoffs", [(5, 5), (6, 3), (3, 9), (9,), (12,)])
def test_cutoffs_that_do_not_rise_below_the_size_are_refused(cutoffs):
    with pytest.raises(ValidationError, match="expected rising numbers, all below size 9"):
        AdaptiveHead(size=9, cutoffs=cutoffs)


def test_a_cluster_without_a_feature_is_refused():
    with pytest.raises(ValidationError, match=r"given 15 features, of which factor 4 leaves the last of 2"):
        tokens(Embedding(size=15), AdaptiveHead(size=9, cutoffs=(2, 4), factor=4.0))
    tokens(Embedding(size=16), AdaptiveHead(size=9, cutoffs=(2, 4), factor=4.0))


def test_a_crf_is_as_wide_as_the_head_before_it():
    network = tokens(Embedding(size=4), Head(size=3), Crf())
    assert network.flows()[-1] == Flow("steps", 3)
    assert network.tensors()["crf.transitions"] == (3, 3)
    assert network.ops[2].stream(Flow("steps", 3)).state == {"count": (), "best": (3,)}
