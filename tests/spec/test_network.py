"""Networks with branches, and what reads words: what fits, and what an old manifest still means."""

import json

import pytest
from pydantic import ValidationError

from ostinato.errors import ArgumentError
from ostinato.spec.flow import Flow
from ostinato.spec.network import Branch, Embedding, Head, Network, Pool, Recurrent, WordCharacters

READER = WordCharacters(words=9, letters=5, size=4, letter_size=3, letter_hidden_size=2)
LABEL = Branch(name="label", after="recurrent", ops=(Pool(kinds=("max",)), Head(size=2)))


def network(*branches, both=False):
    ops = (READER, Recurrent(cell="gru", hidden_size=6, bidirectional=both), Head(size=3))
    return Network(input="words", input_size=8, ops=ops, branches=branches)


def test_a_word_becomes_its_vector_beside_the_states_of_both_directions():
    assert network().flows()[:2] == [Flow("words", 8), Flow("steps", 4 + 2 * 2)]
    with pytest.raises(ArgumentError, match="'word_characters' is given tokens; expected words"):
        READER.flow(Flow("tokens", 8))


def test_a_branch_is_a_network_whose_weights_have_its_name():
    one = network(LABEL)
    assert one.branch(LABEL).flows()[-1] == Flow("summary", 2)
    assert one.flows() == network().flows()
    added = one.tensors().keys() - network().tensors().keys()
    assert added == {"label.head.weight", "label.head.bias"}


def test_a_network_without_branches_reads_as_before_they_were_thought_of():
    written = network().model_dump(mode="json")
    del written["branches"]
    assert Network.model_validate_json(json.dumps(written)) == network()


def test_a_branch_that_reads_both_ways_cannot_stream_though_the_chain_can():
    reading = Recurrent(cell="gru", hidden_size=2, bidirectional=True)
    branch = Branch(name="back", after="recurrent", ops=(reading,))
    assert network(LABEL).why_not_stream() is None
    assert "bidirectional" in network(branch).why_not_stream()


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ((LABEL, LABEL), "every name may stand once"),
        ((LABEL.model_copy(update={"name": "head"}),), "every name may stand once"),
        (
            (LABEL.model_copy(update={"after": "nowhere"}),),
            "branch 'label' is after 'nowhere'; expected one of",
        ),
        ((LABEL.model_copy(update={"ops": (Embedding(size=2),)}),), "'embedding' is given steps"),
    ],
)
def test_branches_that_do_not_fit_are_refused(branches, message):
    with pytest.raises(ValidationError, match=message):
        network(*branches)


def test_a_branch_after_a_summary_is_refused():
    pool = Pool(kinds=("max",))
    with pytest.raises(ValidationError, match="which makes a summary; expected an op that makes steps"):
        Network(
            input="steps", input_size=3, ops=(pool,), branches=(LABEL.model_copy(update={"after": "pool"}),)
        )
