"""The executors of torch and of the runtime say the same; a batch is nothing but its sequences."""

import numpy as np
import pytest
import torch

from networks import (
    ALL,
    KERNELS,
    ONE_LAYER,
    WHOLE_MODEL,
    alone,
    branches_numpy,
    branches_torch,
    executors,
    pack,
    run_numpy,
    run_torch,
    sequences,
)
from ostinato.preprocess.pack import unpacked

LENGTHS = {
    "ragged": [65, 64, 64, 7, 2, 1, 1],
    "equal": [7, 7, 7],
    "one": [64],
    "one step": [1],
    "single steps": [1, 1, 1],
}


def networks_where(wanted):
    """Run a test for every network of which this is true."""
    chosen = {name: spec for name, spec in ALL.items() if wanted(spec)}
    return pytest.mark.parametrize("spec", chosen.values(), ids=chosen.keys())


networks = networks_where(lambda spec: True)
kernels = pytest.mark.parametrize("kernels", KERNELS)
sides = pytest.mark.parametrize("side", ["torch", *KERNELS])


def on(side, spec):
    """Return one executor with what runs it."""
    in_torch, in_runtime = executors(spec, kernels="auto" if side == "torch" else side)
    return (in_torch, run_torch) if side == "torch" else (in_runtime, run_numpy)


def tolerance(spec):
    """One recurrent layer of one direction is held to more than a whole model."""
    (first, *rest) = spec.ops
    return ONE_LAYER if first.op == "recurrent" and first.layers == 1 and not rest else WHOLE_MODEL


def by_parts(spec, answer, packed):
    """Return the answers sequence by sequence, whether they are steps or summaries."""
    if spec.flows()[-1].kind == "summary":
        return list(answer[:, None])
    return unpacked(answer, packed.batch_sizes[:: spec.stride])


@networks
@kernels
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_torch_and_the_runtime_agree(spec, kernels, lengths):
    in_torch, in_runtime = executors(spec, kernels=kernels)
    packed = pack(sequences(spec, lengths))
    expected, actual = run_torch(in_torch, packed), run_numpy(in_runtime, packed)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance(spec))


@networks
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_native_kernels_and_numpy_agree(spec, lengths):
    packed = pack(sequences(spec, lengths))
    numpy, native = (run_numpy(executors(spec, kernels=kernels)[1], packed) for kernels in KERNELS)
    np.testing.assert_allclose(native, numpy, rtol=0, atol=tolerance(spec))


@networks_where(lambda spec: spec.branches)
@kernels
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_branches_say_the_same_in_torch_and_the_runtime_alone_and_in_a_batch(spec, kernels, lengths):
    in_torch, in_runtime = executors(spec, kernels=kernels)
    arrays = sequences(spec, lengths)
    packed = pack(arrays)
    expected, actual = branches_torch(in_torch, packed), branches_numpy(in_runtime, packed)
    np.testing.assert_array_equal(expected[""], run_torch(in_torch, packed))
    assert [*expected] == [*actual] == ["", *(branch.name for branch in spec.branches)]
    for name, answer in actual.items():
        np.testing.assert_allclose(answer, expected[name], rtol=0, atol=WHOLE_MODEL)
    first = branches_numpy(in_runtime, pack(arrays[:1]))
    for branch in spec.branches:
        if spec.branch(branch).flows()[-1].kind == "summary":
            answer = actual[branch.name][:1]
            np.testing.assert_allclose(first[branch.name], answer, rtol=0, atol=WHOLE_MODEL)


@networks
@kernels
def test_the_runtime_agrees_with_torch_in_float64(spec, kernels):
    in_torch, in_runtime = executors(spec, kernels=kernels)
    packed = pack(sequences(spec, LENGTHS["ragged"]))
    wide = packed if spec.input != "steps" else packed._replace(data=packed.data.astype(np.float64))
    expected = run_torch(in_torch.double(), wide)
    np.testing.assert_allclose(run_numpy(in_runtime, packed), expected, rtol=0, atol=tolerance(spec))


@networks
@sides
def test_a_sequence_is_answered_alone_as_in_a_batch(spec, side):
    network, run = on(side, spec)
    arrays = sequences(spec, LENGTHS["ragged"])
    packed = pack(arrays)
    together = by_parts(spec, run(network, packed), packed)
    for array, answer in zip(arrays, together, strict=True):
        np.testing.assert_allclose(run(network, pack([array])), answer, rtol=0, atol=tolerance(spec))


@networks_where(lambda spec: spec.input == "steps")
@sides
def test_a_neighbour_of_nothing_but_nan_changes_nothing(spec, side):
    network, run = on(side, spec)
    arrays = sequences(spec, [9, 6, 6, 2])
    expected = run(network, pack(arrays))
    spoilt = [array if i % 2 else np.full_like(array, np.nan) for i, array in enumerate(arrays)]
    packed = pack(spoilt)
    before, after = by_parts(spec, expected, packed), by_parts(spec, run(network, packed), packed)
    for i in (1, 3):
        np.testing.assert_array_equal(after[i], before[i])
    assert np.isnan(after[0]).any()


@networks
@sides
def test_no_executor_changes_its_input(spec, side):
    network, run = on(side, spec)
    packed = pack(sequences(spec, LENGTHS["ragged"]))
    copy = packed.data.copy()
    run(network, packed)
    np.testing.assert_array_equal(packed.data, copy)


@networks_where(lambda spec: not spec.why_not_stream() and spec.flows()[-1].kind == "steps")
@kernels
def test_a_step_never_hears_of_later_ones(spec, kernels):
    _, network = executors(spec, kernels=kernels)
    (array,) = sequences(spec, [20])
    whole = alone(network, array)
    for steps in (1, 2, 7, 19):
        answered = whole[: -(-steps // spec.stride)]
        np.testing.assert_allclose(alone(network, array[:steps]), answered, rtol=0, atol=tolerance(spec))


def test_training_mode_really_drops():
    spec = ALL["classifier of series"]
    in_torch, _ = executors(spec)
    packed = pack(sequences(spec, [5, 3]))
    torch.manual_seed(0)
    in_torch.train()
    assert np.abs(run_torch(in_torch, packed) - run_torch(in_torch, packed)).max() > 1e-3
