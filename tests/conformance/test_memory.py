"""Networks with an encoder: torch at once and the runtime step by step agree, and no source leaks."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

from networks import ENCODED, KERNELS, WHOLE_MODEL, executors, pack, sequences
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network as TorchNetwork
from ostinato.preprocess.pack import by_sequence, falling
from ostinato.runtime.network import Network as RuntimeNetwork
from ostinato.spec.network import Attention, Head, Network, Recurrent

networks = pytest.mark.parametrize("spec", ENCODED.values(), ids=ENCODED.keys())
kernels = pytest.mark.parametrize("kernels", KERNELS)
SOURCES, TARGETS = [1, 9, 4, 9, 2], [7, 3, 8, 1, 4]
"""Lengths of five sources and of their targets, which so stand in different orders when packed."""


def examples(spec):
    """Return sources and targets, one of each a pair."""
    return sequences(spec.encoder, SOURCES), sequences(spec, TARGETS, seed=1)


def in_batch(arrays):
    """Return arrays packed, and the order in which they stand there."""
    order = falling(np.array([len(array) for array in arrays]))
    return pack([arrays[i] for i in order]), order


def torch_packed(packed):
    return PackedSequence(torch.from_numpy(packed.data), torch.from_numpy(packed.batch_sizes))


def at_once(network, sources, targets):
    """Return what torch says after every step of every target, a list of (T, V)."""
    (source, source_order), (target, order) = in_batch(sources), in_batch(targets)
    place = np.argsort(source_order)
    with torch.no_grad():
        memory = network.remember(torch_packed(source), torch.from_numpy(place[order]))
        said = network(torch_packed(target), memory).data.numpy()
    rows = said[by_sequence(target.batch_sizes)]
    parts = np.split(rows, np.cumsum(target.lengths())[:-1])
    return [parts[i] for i in np.argsort(order)]


def remembered(network, sources):
    """Return the memory of sources in their own order."""
    packed, order = in_batch(sources)
    return network.remember(packed).in_order(np.argsort(order))


def step_by_step(network, memory, source, target, chunk=1):
    """Return what the runtime says after every step of one target, (T, V)."""
    sources = np.array([source])
    state, rows = network.begin(memory, sources), []
    for first in range(0, len(target), chunk):
        said = network.read(state, target[first : first + chunk, None], memory, sources)
        state = said.state
        rows.append(said.rows[:, 0])
    return np.concatenate(rows)


@networks
@kernels
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_steps_in_the_runtime_say_what_torch_says_of_the_whole(spec, kernels, chunk):
    in_torch, in_runtime = executors(spec, kernels=kernels)
    sources, targets = examples(spec)
    memory = remembered(in_runtime, sources)
    for number, expected in enumerate(at_once(in_torch, sources, targets)):
        said = step_by_step(in_runtime, memory, number, targets[number], chunk)
        np.testing.assert_allclose(said, expected, rtol=0, atol=WHOLE_MODEL)


@networks
def test_torch_says_of_a_pair_alone_what_it_says_in_a_batch(spec):
    network, _ = executors(spec)
    sources, targets = examples(spec)
    together = at_once(network, sources, targets)
    for source, target, expected in zip(sources, targets, together, strict=True):
        (alone,) = at_once(network, [source], [target])
        np.testing.assert_allclose(alone, expected, rtol=0, atol=WHOLE_MODEL)


@networks
@kernels
def test_many_streams_read_sources_in_any_order_as_each_does_alone(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    sources, _ = examples(spec)
    memory = remembered(network, sources)
    chosen = np.array([3, 0, 3, 3, 1, 0])
    rows = np.stack(sequences(spec, [6] * len(chosen), seed=2), axis=1)
    said = network.read(network.begin(memory, chosen), rows, memory, chosen)
    for stream, source in enumerate(chosen):
        own = remembered(network, [sources[source]])
        alone = step_by_step(network, own, 0, rows[:, stream], chunk=6)
        np.testing.assert_allclose(said.rows[:, stream], alone, rtol=0, atol=WHOLE_MODEL)
        if said.attention is not None:
            seen = said.attention[:, stream]
            np.testing.assert_allclose(seen.sum(axis=1), 1, rtol=1e-5)
            assert (seen[:, len(sources[source]) :] == 0).all()


@pytest.mark.parametrize("name", ["additive", "no bridge"])
def test_a_source_of_nothing_but_nan_changes_no_other(name):
    spec = ENCODED[name]
    in_torch, in_runtime = executors(spec)
    sources, targets = examples(spec)
    spoilt = [np.full_like(sources[0], np.nan), *sources[1:]]
    before, after = at_once(in_torch, sources, targets), at_once(in_torch, spoilt, targets)
    for number in range(1, len(targets)):
        np.testing.assert_array_equal(after[number], before[number])
        memory = remembered(in_runtime, spoilt)
        said = step_by_step(in_runtime, memory, number, targets[number])
        np.testing.assert_allclose(said, before[number], rtol=0, atol=WHOLE_MODEL)
    assert np.isnan(after[0]).all()


@networks
def test_reading_changes_neither_state_nor_memory(spec):
    _, network = executors(spec)
    sources, targets = examples(spec)
    memory, chosen = remembered(network, sources), np.arange(2)
    rows = np.stack([targets[0][:3], targets[2][:3]], axis=1)
    state = network.begin(memory, chosen)
    copies = [array.copy() for array in (*state.values(), memory.values, *memory.keys.values())]
    first = network.read(state, rows, memory, chosen)
    for array, copy in zip((*state.values(), memory.values, *memory.keys.values()), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(network.read(state, rows, memory, chosen).rows, first.rows)


@networks
def test_the_state_has_the_shapes_that_the_spec_declares_and_no_memory(spec):
    _, network = executors(spec)
    memory, chosen = remembered(network, examples(spec)[0]), np.array([4, 1])
    declared = {
        f"{op.name}.{name}": (2, *shape)
        for op, into in zip(spec.ops, spec.flows(), strict=False)
        for name, shape in op.stream(into).state.items()
    }
    started = network.begin(memory, chosen)
    said = network.read(started, np.zeros((3, 2), np.int64), memory, chosen)
    for state in (started, said.state):
        assert {name: values.shape for name, values in state.items()} == declared


@networks
def test_every_weight_has_a_gradient(spec):
    network, _ = executors(spec)
    sources, targets = examples(spec)
    (source, source_order), (target, order) = in_batch(sources), in_batch(targets)
    place = torch.from_numpy(np.argsort(source_order)[order])
    network(
        torch_packed(target), network.remember(torch_packed(source), place)
    ).data.square().sum().backward()
    silent = [name for name, weight in network.named_parameters() if not weight.grad.abs().sum() > 0]
    assert silent == []


@pytest.mark.parametrize("name", ["dot", "additive", "attentive gru"])
def test_gradients_are_those_of_differences(name):
    spec = ENCODED[name]
    network = executors(spec)[0].double()
    sources, targets = examples(spec)
    sources = [array.astype(np.float64) if array.dtype.kind == "f" else array for array in sources]
    (source, source_order), (target, order) = in_batch(sources), in_batch(targets)
    place = torch.from_numpy(np.argsort(source_order)[order])

    def loss():
        return network(torch_packed(target), network.remember(torch_packed(source), place)).data.tanh().sum()

    loss().backward()
    for weight in network.parameters():
        flat, gradient = weight.detach().view(-1), weight.grad.view(-1)
        place_of = int(gradient.abs().argmax())
        flat[place_of] += 1e-5
        above = loss().item()
        flat[place_of] -= 2e-5
        difference = (above - loss().item()) / 2e-5
        flat[place_of] += 1e-5
        assert difference == pytest.approx(gradient[place_of].item(), rel=1e-5, abs=1e-7)


def test_a_memory_goes_to_networks_with_an_encoder_alone():
    spec = ENCODED["dot"]
    with pytest.raises(ArgumentError, match="reads an encoder"):
        RuntimeNetwork(spec, {name: np.zeros(shape, np.float32) for name, shape in spec.tensors().items()})
    batch = torch_packed(pack(sequences(spec, [2])))
    with pytest.raises(ArgumentError, match="memory is None"):
        TorchNetwork(spec)(batch)
    with pytest.raises(ArgumentError, match="not cut into chunks"):
        TorchNetwork(spec).advance(batch)
    with pytest.raises(ArgumentError, match="no encoder"):
        TorchNetwork(spec.encoder).remember(batch)


@pytest.mark.parametrize(
    ("sources", "message"), [([5], "numbers from 0 to 4"), ([-1], "numbers from 0 to 4"), ([], "from 0 to 4")]
)
def test_a_number_of_no_source_is_refused(sources, message):
    _, network = executors(ENCODED["dot"])
    memory = remembered(network, examples(ENCODED["dot"])[0])
    with pytest.raises(ArgumentError, match=message):
        network.begin(memory, np.array(sources, np.int64))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": None}, "reads an encoder, and the network has none"),
        ({"ops": (Recurrent(cell="gru", hidden_size=5),), "input": "steps"}, "no op reads it"),
        (
            {"ops": (*ENCODED["dot"].ops[:3], Attention(size=5, memory_size=4), Head(size=9))},
            "reads steps of 4; the encoder makes steps of 6",
        ),
        ({"ops": (*ENCODED["dot"].ops[:2], Head(size=9))}, "expected an op that stands behind it"),
        (
            {"ops": (*ENCODED["dot"].ops[:2], Recurrent(cell="lstm", hidden_size=6))},
            r"keeps \{'h': \(1, 6\), 'c'",
        ),
        ({"encoder": ENCODED["dot"]}, "an encoder has no encoder"),
    ],
)
def test_a_spec_that_does_not_fit_is_refused(change, message):
    fields = {name: getattr(ENCODED["dot"], name) for name in ("input", "input_size", "ops", "encoder")}
    with pytest.raises(ValueError, match=message):
        Network(**(fields | change))


def test_a_dot_score_needs_equal_sizes():
    with pytest.raises(ValueError, match="needs as many of both"):
        Network(
            input="steps",
            input_size=3,
            encoder=ENCODED["additive"].encoder,
            ops=(Recurrent(cell="gru", hidden_size=5), Attention(size=5, memory_size=6, score="dot")),
        )
