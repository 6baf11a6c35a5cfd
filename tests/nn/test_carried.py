"""Chunks with carried states say what the whole says; restarts make sequences of their own."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from helpers import TOLERANCE
from networks import ONE_WAY
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network
from ostinato.spec import network as spec

CARRYING = {
    name: network
    for name, network in ONE_WAY.items()
    if all(op.op in ("embedding", "dropout", "recurrent", "head", "adaptive_head") for op in network.ops)
}
networks = pytest.mark.parametrize("spec", CARRYING.values(), ids=CARRYING.keys())


def network(described, seed=0):
    torch.manual_seed(seed)
    return Network(described).double().eval()


def sequences(described, lengths):
    torch.manual_seed(1)
    if described.input == "tokens":
        return [torch.randint(described.input_size, (length,)) for length in lengths]
    return [torch.randn(length, described.input_size, dtype=torch.double) for length in lengths]


def same(actual, expected):
    torch.testing.assert_close(actual, expected, **TOLERANCE[torch.float64])


@networks
@pytest.mark.parametrize("cuts", [(3,), (1, 1, 5), (4, 4)], ids=str)
def test_chunks_with_carried_states_say_what_the_whole_says(spec, cuts):
    module = network(spec)
    arrays = sequences(spec, [9, 9, 9])
    states, said = None, []
    for chunk in zip(*(torch.split(array, [*cuts, 9 - sum(cuts)]) for array in arrays), strict=True):
        answer, states = module.advance(pack_sequence(chunk), states)
        said.append(answer.data)
    same(torch.cat(said), module(pack_sequence(arrays)).data)


@networks
def test_sequences_that_have_ended_stand_last_and_are_let_go(spec):
    module = network(spec)
    arrays = sequences(spec, [9, 6, 5, 3])
    first, states = module.advance(pack_sequence([array[:4] for array in arrays]))
    second, after = module.advance(pack_sequence([array[4:] for array in arrays[:3]]), states)
    whole = module(pack_sequence(arrays)).data
    same(first.data, whole[: len(first.data)])
    same(second.data, whole[len(first.data) :])
    assert {state.shape[1] for state in states.values()} <= {4}
    assert {state.shape[1] for state in after.values()} <= {3}


@networks
def test_resets_say_what_separate_sequences_say(spec):
    module = network(spec)
    long, short = sequences(spec, [8, 5])
    resets = pack_sequence([torch.arange(8) % 3 == 2, torch.arange(5) == 1]).data
    answer, states = module.advance(pack_sequence([long, short]), resets=resets)
    pieces = [long[:2], long[2:5], long[5:], short[:1], short[1:]]
    alone = [module(pack_sequence([piece])).data for piece in pieces]
    expected = pack_sequence([torch.cat(alone[:3]), torch.cat(alone[3:])])
    same(answer.data, expected.data)
    _, ends = module.advance(pack_sequence([short[1:], long[5:]]))
    for name, state in states.items():
        same(state, ends[name].flip(1))


@networks
def test_a_restart_at_the_first_step_drops_what_was_carried(spec):
    module = network(spec)
    arrays = sequences(spec, [4, 4])
    _, states = module.advance(pack_sequence(arrays))
    resets = torch.zeros(8, dtype=torch.bool)
    resets[0] = True
    answer, _ = module.advance(pack_sequence(arrays), states, resets)
    fresh, on = module(pack_sequence(arrays)).data, module.advance(pack_sequence(arrays), states)[0].data
    same(answer.data[0::2], fresh[0::2])
    same(answer.data[1::2], on[1::2])


def test_states_have_names_and_shapes_and_end_the_graph():
    module = network(ONE_WAY["language model"]).train()
    tokens = pack_sequence(sequences(module.spec, [3, 3]))
    _, states = module.advance(tokens)
    shapes = {name: tuple(state.shape) for name, state in states.items()}
    assert shapes == {
        "recurrent.h": (2, 2, 6),
        "recurrent.c": (2, 2, 6),
        "last.h": (1, 2, 4),
        "last.c": (1, 2, 4),
    }
    assert not any(state.requires_grad for state in states.values())
    module.advance(tokens, states)[0].data.sum().backward()
    assert module.embedding.weight.grad is not None


def test_activations_are_what_every_op_hands_on():
    module = network(ONE_WAY["language model"])
    tokens = pack_sequence(sequences(module.spec, [3, 2]))
    seen, states = module.activations(tokens)
    answer, expected = module.advance(tokens)
    assert list(seen) == [op.name for op in module.spec.ops]
    assert torch.equal(seen["head"].data, answer.data)
    assert torch.equal(module.head(seen["output_dropout"]).data, answer.data)
    assert states.keys() == expected.keys()


def test_activations_end_before_the_op_that_is_named():
    module = network(ONE_WAY["adaptive head"])
    tokens = pack_sequence(sequences(module.spec, [4, 4]))
    seen, states = module.activations(tokens, until="adaptive_head")
    assert list(seen) == ["embedding", "recurrent"]
    _, again = module.activations(tokens, states, until="adaptive_head")
    assert states.keys() == again.keys() == {"recurrent.h"}
    with pytest.raises(
        ArgumentError, match="until is 'head'; choose one of embedding, recurrent, adaptive_head"
    ):
        module.activations(tokens, until="head")


@pytest.mark.parametrize(
    ("ops", "name"),
    [
        ((spec.Convolution(channels=2, kernel_size=3),), "convolution"),
        ((spec.Recurrent(cell="gru", hidden_size=2, bidirectional=True),), "recurrent"),
        ((spec.Pool(kinds=("last",)),), "pool"),
        ((spec.Crf(),), "crf"),
    ],
)
def test_ops_that_cannot_go_on_are_refused_but_not_where_they_do_not_run(ops, name):
    described = spec.Network(input="steps", input_size=3, ops=(spec.Dropout(rate=0.1), *ops))
    module, input = network(described), pack_sequence(sequences(described, [4]))
    with pytest.raises(ArgumentError, match=f"op '{name}' cannot go on where a chunk ended"):
        module.advance(input)
    assert list(module.activations(input, until=name)[0]) == ["dropout"]


def test_a_state_of_another_network_is_refused():
    module = network(ONE_WAY["one lstm"])
    input = pack_sequence(sequences(module.spec, [4, 4]))
    _, states = module.advance(input)
    with pytest.raises(
        ArgumentError, match=r"states differ in 'recurrent\.c'; expected what an earlier chunk"
    ):
        module.advance(input, {"recurrent.h": states["recurrent.h"]})
    with pytest.raises(ArgumentError, match=r"recurrent\.h has shape \(1, 2, 4\); expected \(1, B, 5\)"):
        module.advance(input, {name: state[..., :4] for name, state in states.items()})
    with pytest.raises(ArgumentError, match=r"recurrent\.h is of 1 sequences; expected 2"):
        module.advance(input, {name: state[:, :1] for name, state in states.items()})


@pytest.mark.parametrize(
    "resets", [torch.zeros(7, dtype=torch.bool), torch.zeros(8), torch.zeros(4, 2).bool()]
)
def test_resets_that_do_not_fit_are_refused(resets):
    module = network(ONE_WAY["one gru"])
    input = PackedSequence(torch.zeros(8, 3).double(), torch.tensor([2, 2, 2, 2]))
    with pytest.raises(ArgumentError, match=r"expected torch\.bool of shape \(8,\), one for each packed row"):
        module.advance(input, resets=resets)
