"""A stream says after step t what the whole would say of the prefix; its state is a value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import (
    BOTH_WAYS,
    KERNELS,
    ONE_LAYER,
    ONE_WAY,
    WHOLE_MODEL,
    alone,
    branches_numpy,
    executors,
    pack,
    sequences,
)
from ostinato.errors import StreamError

networks = pytest.mark.parametrize(
    ("spec", "kernels"),
    [(spec, kernels) for spec in ONE_WAY.values() for kernels in KERNELS],
    ids=[f"{name}, {kernels}" for name in ONE_WAY for kernels in KERNELS],
)
STEPS = 23


def push(network, state, *chunks):
    """Push chunks of one stream; return the last state and all that was said, (T, F)."""
    said = []
    for chunk in chunks:
        state, rows = network.push(state, chunk[:, None])
        said.append(rows[:, 0])
    return state, np.concatenate(said)


def prefixes(spec, network, array):
    """Return the answer for every prefix that ends at a step that is answered, (M, F)."""
    answers = [alone(network, array[: step + 1])[-1] for step in range(0, len(array), spec.stride)]
    return np.stack(answers)


def states(spec):
    """Return the shapes that a chain declares for the states of two streams, by name."""
    return {
        f"{op.name}.{name}": (2, *shape)
        for op, into in zip(spec.ops, spec.flows(), strict=False)
        for name, shape in op.stream(into).state.items()
    }


def same(state, other):
    assert state.keys() == other.keys()
    for name, values in state.items():
        np.testing.assert_array_equal(values, other[name])
        assert values.dtype == other[name].dtype


@networks
def test_after_each_step_the_answer_is_that_of_the_prefix(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [STEPS])
    _, said = push(network, network.start(1), *array[:, None])
    np.testing.assert_allclose(said, prefixes(spec, network, array), rtol=0, atol=WHOLE_MODEL)


@networks
@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(0, STEPS), max_size=6).map(sorted))
def test_chunks_of_any_size_say_what_single_steps_say(spec, kernels, cuts):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [STEPS])
    state, whole = push(network, network.start(1), array)
    chunked_state, chunked = push(network, network.start(1), *np.split(array, cuts))
    np.testing.assert_allclose(chunked, whole, rtol=0, atol=ONE_LAYER)
    for name, values in state.items():
        np.testing.assert_allclose(chunked_state[name], values, rtol=1e-5, atol=WHOLE_MODEL)


@networks
def test_the_end_of_a_stream_says_what_the_whole_says(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [STEPS])
    state, said = push(network, network.start(1), array)
    answer = network.finish(state)
    if spec.flows()[-1].kind == "summary":
        np.testing.assert_allclose(answer, alone(network, array), rtol=0, atol=WHOLE_MODEL)
        np.testing.assert_allclose(answer[0], said[-1], rtol=0, atol=ONE_LAYER)
    else:
        assert answer is None


@networks
def test_a_branch_hears_every_step(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [STEPS])
    state, _ = push(network, network.start(1), array[:9], array[9:])
    whole = branches_numpy(network, pack([array]))
    for branch in spec.branches:
        answer = network.finish(state, branch.name)
        if spec.branch(branch).flows()[-1].kind == "summary":
            np.testing.assert_allclose(answer, whole[branch.name], rtol=0, atol=WHOLE_MODEL)
        else:
            assert answer is None


@networks
def test_pushing_never_changes_the_state_that_it_is_given(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [STEPS])
    state, _ = push(network, network.start(1), array[:5])
    copy = {name: values.copy() for name, values in state.items()}
    for values in state.values():
        values.setflags(write=False)
    after, _ = network.push(state, array[5:, None])
    same(state, copy)
    for name, values in after.items():
        assert not np.shares_memory(values, state[name])


@networks
def test_a_caller_who_fills_its_array_anew_changes_no_state(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [5])
    buffer = array[:, None].copy()
    state, said = network.push(network.start(1), buffer)
    copy, kept = {name: values.copy() for name, values in state.items()}, said.copy()
    buffer.fill(1)
    same(state, copy)
    np.testing.assert_array_equal(said, kept)


@networks
def test_a_state_kept_aside_goes_on_as_if_nothing_had_happened_in_between(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    mine, other = sequences(spec, [STEPS, STEPS])
    _, expected = push(network, network.start(1), mine)
    state, first = push(network, network.start(1), mine[:9])
    push(network, state, other)
    _, second = push(network, {name: values.copy() for name, values in state.items()}, mine[9:])
    np.testing.assert_allclose(np.concatenate([first, second]), expected, rtol=0, atol=ONE_LAYER)


@networks
def test_streams_pushed_side_by_side_do_not_hear_each_other(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    arrays = sequences(spec, [STEPS] * 3)
    state, said = network.push(network.start(3), np.stack(arrays, axis=1))
    for number, array in enumerate(arrays):
        own, alone_said = push(network, network.start(1), array)
        np.testing.assert_allclose(said[:, number], alone_said, rtol=0, atol=ONE_LAYER)
        for name, values in own.items():
            np.testing.assert_allclose(state[name][number], values[0], rtol=1e-5, atol=WHOLE_MODEL)


def test_streams_that_are_answered_at_different_steps_are_refused_together():
    _, network = executors(ONE_WAY["convolution with a stride"])
    state = network.start(2)
    state["convolution.wait"][1] = 1
    with pytest.raises(StreamError, match="push them apart"):
        network.push(state, np.zeros((4, 2, 3), np.float32))


@networks
def test_the_state_has_the_shapes_that_the_spec_declares(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    declared = states(spec)
    for branch in spec.branches:
        declared |= {f"{branch.name}.{name}": shape for name, shape in states(spec.branch(branch)).items()}
    (array,) = sequences(spec, [2 * 3])
    started = network.start(2)
    pushed, _ = network.push(started, array.reshape(3, 2, *array.shape[1:]))
    for state in (started, pushed):
        assert {name: values.shape for name, values in state.items()} == declared
        assert all(np.isfinite(values).all() for values in state.values())


@pytest.mark.parametrize("spec", BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_a_network_that_reads_both_ways_refuses_to_stream_and_says_why(spec):
    _, network = executors(spec)
    with pytest.raises(StreamError) as caught:
        network.start(1)
    assert spec.why_not_stream() in str(caught.value)
