"""A packed stack says what torch.nn says, its states are values, and what it refuses leaves no trace."""

import sys
import threading

import numpy as np
import pytest
import torch

from ostinato.errors import ArgumentError, BackendError, StreamError
from ostinato.runtime import native
from ostinato.runtime.stack import Stack

ONE_LAYER = 1e-6
MORE_LAYERS = 3e-6
STEPS = 9

LAYERS = {
    "rnn_tanh": lambda *sizes, **options: torch.nn.RNN(*sizes, **options),
    "rnn_relu": lambda *sizes, **options: torch.nn.RNN(*sizes, nonlinearity="relu", **options),
    "gru": torch.nn.GRU,
    "lstm": torch.nn.LSTM,
}
cells = pytest.mark.parametrize("cell", LAYERS)
sizes = pytest.mark.parametrize(
    ("input", "hidden"), [(1, 1), (3, 5), (16, 16), (32, 64), (12, 33), (70, 100)], ids=str
)
precisions = pytest.mark.parametrize("weights", ["float", "int8"])


def layer(cell, input, hidden, dtype=torch.float64, **options):
    torch.manual_seed(0)
    return LAYERS[cell](input, hidden, **options).to(dtype)


def tensors(of, dtype=np.float32):
    return {name: values.detach().numpy().astype(dtype) for name, values in of.named_parameters()}


def stack(cell="lstm", input=3, hidden=5, streams=2, dtype=np.float32, weights="float", **options):
    return Stack(cell, tensors(layer(cell, input, hidden, **options), dtype), streams, weights=weights)


def steps(*shape, dtype=np.float32):
    return np.random.default_rng(1).normal(size=shape).astype(dtype)


def said_by_torch(of, x):
    """Return torch's outputs (T, n, S) in float64, and its last states as a stack lays them out."""
    with torch.no_grad():
        output, last = of(torch.from_numpy(x.astype(np.float64)))
    parts = [part.transpose(0, 1).flatten(1) for part in (last if isinstance(last, tuple) else (last,))]
    return output.numpy(), torch.cat(parts, dim=1).numpy()


def close(actual, expected, dtype, layers=1):
    tolerance = 1e-13 if dtype == np.float64 else ONE_LAYER if layers == 1 else MORE_LAYERS
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)  # a rectifier knows no bound


@cells
@sizes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("streams", [1, 3, 50])
def test_a_stack_says_what_torch_says(cell, input, hidden, dtype, streams):
    of = layer(cell, input, hidden)
    x = steps(STEPS, streams, input, dtype=dtype)
    said, last = said_by_torch(of, x)
    mine = Stack(cell, tensors(of, dtype), streams)
    y = mine.push(x)
    assert (y.dtype, mine.dtype, mine.streams) == (dtype, dtype, streams)
    close(y, said, dtype)
    np.testing.assert_allclose(mine.state(), last, rtol=0, atol=1e-12 if dtype == np.float64 else 4e-6)


@cells
@pytest.mark.parametrize("bias", [True, False])
def test_layers_follow_each_other(cell, bias):
    of = layer(cell, 7, 20, num_layers=3, bias=bias)
    x = steps(STEPS, 2, 7)
    said, last = said_by_torch(of, x)
    mine = Stack(cell, tensors(of), 2)
    close(mine.push(x), said, np.float32, layers=3)
    np.testing.assert_allclose(mine.state(), last, rtol=0, atol=1e-5)


@pytest.mark.parametrize("projection", [1, 6, 16, 37])
@pytest.mark.parametrize("layers", [1, 2])
def test_an_lstm_may_have_a_projection(projection, layers):
    of = layer("lstm", 7, 40, num_layers=layers, proj_size=projection)
    x = steps(STEPS, 3, 7)
    said, last = said_by_torch(of, x)
    mine = Stack("lstm", tensors(of), 3)
    close(mine.push(x), said, np.float32, layers)
    assert mine.output_size == projection
    np.testing.assert_allclose(mine.state(), last, rtol=0, atol=1e-5)


@precisions
@cells
def test_every_way_to_push_says_the_same_to_the_bit(cell, weights):
    x = steps(STEPS, 1, 3)
    ways = [stack(cell, streams=1, weights=weights) for _ in range(5)]
    whole, rows, single, fixed, into = ways
    expected = whole.push(x)
    assert expected.shape == (STEPS, 1, 5)
    y = np.empty((1, 1, 5), np.float32)
    for step, wanted in zip(x, expected, strict=True):
        np.testing.assert_array_equal(rows.push(step), wanted)
        np.testing.assert_array_equal(single.push(step[0]), wanted[0])
        fixed.input[:] = step
        assert fixed.step() is fixed.output
        np.testing.assert_array_equal(fixed.output, wanted)
        into.advance(step[None], y)
        np.testing.assert_array_equal(y[0], wanted)
    for way in ways:
        np.testing.assert_array_equal(way.state(), whole.state())


@precisions
@cells
@pytest.mark.parametrize("cuts", [[1], [4, 4, 5], [0, 9]], ids=str)
def test_chunks_say_what_the_whole_says_to_the_bit(cell, weights, cuts):
    x = steps(STEPS, 60, 3)
    whole, chunked = (stack(cell, hidden=17, streams=60, weights=weights) for _ in range(2))
    said = np.concatenate([chunked.push(chunk) for chunk in np.split(x, cuts)])
    np.testing.assert_array_equal(said, whole.push(x))
    np.testing.assert_array_equal(chunked.state(), whole.state())


@precisions
@cells
def test_a_state_goes_on_elsewhere_to_the_bit(cell, weights):
    one = stack(cell, weights=weights, num_layers=2)
    one.push(steps(4, 2, 3))
    state = one.state()
    assert state.shape == (2, one.state_size)
    other = stack(cell, weights=weights, num_layers=2)
    other.restore(state)
    np.testing.assert_array_equal(other.state(), state)
    np.testing.assert_array_equal(other.push(steps(3, 2, 3)), one.push(steps(3, 2, 3)))


def test_a_state_is_a_copy():
    mine = stack()
    mine.push(steps(2, 3))
    state = mine.state()
    kept = state.copy()
    mine.push(steps(2, 3))
    np.testing.assert_array_equal(state, kept)
    mine.restore(state)
    state.fill(7)
    np.testing.assert_array_equal(mine.state(), kept)


def test_one_stream_is_taken_out_restored_and_reset_alone():
    mine = stack(streams=3)
    mine.push(steps(4, 3, 3))
    states = mine.state()
    np.testing.assert_array_equal(mine.state(1), states[1])
    mine.reset(1)
    np.testing.assert_array_equal(mine.state(), states * [[1], [0], [1]])
    mine.restore(states[0], stream=1)
    np.testing.assert_array_equal(mine.state(), states[[0, 0, 2]])
    mine.reset()
    assert not mine.state().any()
    np.testing.assert_array_equal(mine.push(steps(4, 3, 3)), stack(streams=3).push(steps(4, 3, 3)))


def test_stacks_on_the_same_weights_share_no_state():
    one = stack()
    one.push(steps(2, 3))
    other = one.with_streams(4)
    assert (other.streams, other.nbytes) == (4, one.nbytes)
    assert not other.state().any()
    kept = one.state()
    other.push(steps(4, 3))
    np.testing.assert_array_equal(one.state(), kept)
    del one
    assert np.isfinite(other.push(steps(4, 3))).all()


def test_the_first_streams_can_go_on_alone():
    mine, fewer = stack(streams=5), stack(streams=2)
    mine.push(steps(5, 3))
    fewer.restore(mine.state()[:2])
    kept = mine.state()[2:]
    y, expected = np.empty((4, 2, 5), np.float32), np.empty((4, 2, 5), np.float32)
    mine.advance(steps(4, 2, 3), y)
    fewer.advance(steps(4, 2, 3), expected)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(mine.state()[2:], kept)


@precisions
def test_nan_stays_in_its_stream(weights):
    mine, clean = stack(weights=weights), stack(weights=weights)
    x = steps(4, 2, 3)
    expected = clean.push(x)
    x[1, 1, 0] = np.nan
    y = mine.push(x)
    np.testing.assert_array_equal(y[:, 0], expected[:, 0])
    assert np.isnan(y[1:, 1]).all()
    mine.reset(1)
    assert np.isfinite(mine.push(x[:1])).all()


def test_no_step_is_no_change():
    mine = stack()
    mine.push(steps(2, 3))
    kept = mine.state()
    assert mine.push(np.empty((0, 2, 3), np.float32)).shape == (0, 2, 5)
    mine.advance(np.empty((3, 0, 3), np.float32), np.empty((3, 0, 5), np.float32))
    np.testing.assert_array_equal(mine.state(), kept)


def test_an_input_may_be_read_only_and_unaligned():
    x = steps(2, 3)
    expected = stack().push(x)
    x.setflags(write=False)
    np.testing.assert_array_equal(stack().push(x), expected)
    memory = np.zeros(x.nbytes + 1, np.uint8)
    shifted = memory[1:].view(np.float32).reshape(x.shape)
    shifted[:] = x
    np.testing.assert_array_equal(stack().push(shifted), expected)


REFUSED = {
    "wide": (steps(2, 4), r"x is of shape \(2, 4\); expected \(2, 3\) for \(n, I\)"),
    "streams": (steps(3, 3), r"x is of shape \(3, 3\); expected \(2, 3\) for \(n, I\)"),
    "one stream": (steps(3), r"x is of shape \(3,\); expected \(2, 3\) for \(n, I\)"),
    "steps": (steps(4, 3, 3), r"x is of shape \(4, 3, 3\); expected \(4, 2, 3\) for \(T, n, I\)"),
    "scalar": (np.float32(1), r"x is of shape \(\); expected \(2, 3\)"),
    "four axes": (steps(1, 1, 2, 3), r"x is of shape \(1, 1, 2, 3\); expected \(2, 3\)"),
    "double": (steps(2, 3, dtype=np.float64), "x is an array of float64; expected float32"),
    "whole": (np.zeros((2, 3), np.int64), "x is an array of format 'l'; expected float32"),
    "other end": (steps(2, 3).astype(">f4"), "x is an array of format '>f'; expected float32"),
    "transposed": (steps(3, 2).T, "x is of type ndarray and cannot be read in place"),
    "strided": (steps(2, 6)[:, ::2], "x is of type ndarray and cannot be read in place"),
    "list": ([[0.0] * 3] * 2, "x is of type list and cannot be read in place; expected a C-contiguous"),
    "none": (None, "x is of type NoneType and cannot be read"),
}


@pytest.mark.parametrize(("x", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_leaves_the_states_as_they_were(x, message):
    mine = stack()
    mine.push(steps(2, 3))
    kept = mine.state()
    with pytest.raises(ArgumentError, match=message):
        mine.push(x)
    np.testing.assert_array_equal(mine.state(), kept)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (steps(2, 3), steps(1, 2, 5), r"x is of shape \(2, 3\); expected .* for \(T, n, I\)"),
        (steps(1, 3, 3), steps(1, 3, 5), "x is of 3 streams; the stack has 2"),
        (steps(2, 2, 3), steps(1, 2, 5), r"y is of shape \(1, 2, 5\); expected \(2, 2, 5\)"),
        (steps(1, 2, 3), steps(1, 2, 5, dtype=np.float64), "y is an array of float64"),
        (
            steps(1, 2, 3),
            np.broadcast_to(np.float32(0), (1, 2, 5)),
            "y is of type ndarray and cannot be written",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_not_written(x, y, message):
    mine, kept = stack(), y.copy()
    with pytest.raises(ArgumentError, match=message):
        mine.advance(x, y)
    np.testing.assert_array_equal(y, kept)
    assert not mine.state().any()


def test_an_output_on_its_own_input_is_refused():
    memory = np.zeros(40, np.float32)
    with pytest.raises(ArgumentError, match="y is an array that shares memory with x"):
        stack().advance(memory[:6].reshape(1, 2, 3), memory[5:15].reshape(1, 2, 5))


@pytest.mark.parametrize(
    ("state", "stream", "message"),
    [
        (np.zeros((2, 9), np.float32), None, r"state is of shape \(2, 9\); expected \(2, 10\)"),
        (np.zeros((1, 10), np.float32), None, r"state is of shape \(1, 10\); expected \(2, 10\)"),
        (np.zeros((2, 10)), None, "state is an array of float64; expected float32"),
        (np.zeros(10, np.float32), 2, "stream is 2; expected 0 to 1"),
        (np.zeros(10, np.float32), -1, "stream is -1; expected 0 to 1"),
    ],
)
def test_a_state_of_another_stack_is_refused(state, stream, message):
    mine = stack()
    mine.push(steps(2, 3))
    kept = mine.state()
    with pytest.raises(ArgumentError, match=message):
        mine.restore(state, stream)
    np.testing.assert_array_equal(mine.state(), kept)


@pytest.mark.parametrize("stream", [2, -1])
def test_a_stream_that_is_not_there_is_refused(stream):
    for call in (stack().state, stack().reset):
        with pytest.raises(ArgumentError, match=f"stream is {stream}; expected 0 to 1"):
            call(stream)


def changed(**changes):
    """Return an LSTM's weights with some changed, or without those that are None."""
    given = tensors(layer("lstm", 3, 5)) | changes
    return {name: values for name, values in given.items() if values is not None}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there are no weights; expected weight_ih_l0"),
        (changed(weight_hh_l0=None), "weights differ in 'weight_hh_l0'"),
        (changed(weight_ih_l0_reverse=steps(20, 3)), "'weight_ih_l0_reverse'.*one direction"),
        (changed(weight_ih_l2=steps(20, 5)), "'weight_hh_l1', 'weight_ih_l1', 'weight_ih_l2'"),
        (changed(weight_hh_l0=steps(20, 4)), r"weight_hh is of shape \(20, 4\); expected \(20, 5\)"),
        (changed(bias_hh_l0=steps(19)), r"bias_hh is of shape \(19,\); expected \(20,\)"),
        (changed(weight_ih_l0=steps(20)), "weight_ih and weight_hr are matrices"),
        (changed(weight_ih_l0=np.empty((0, 3), np.float32)), "weight_ih or weight_hr is empty"),
        (changed(bias_hh_l0=steps(20, dtype=np.float64)), "weights are of type float32, float64"),
        ({name: values.astype(np.float16) for name, values in changed().items()}, "of type float16"),
    ],
)
def test_weights_that_are_no_stack_are_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        Stack("lstm", given)


def test_only_an_lstm_has_a_projection():
    given = tensors(layer("gru", 3, 5)) | {"weight_hr_l0": steps(2, 5)}
    with pytest.raises(ArgumentError, match="only an LSTM has a projection"):
        Stack("gru", given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streams": 0}, "streams is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"weights": "int4"}, "weights is 'int4'; choose one of float, int8"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        Stack("lstm", changed(), **options)
    with pytest.raises(ArgumentError, match="cell is 'cfc'; choose one of rnn_tanh"):
        Stack("cfc", changed())


def test_int8_wants_finite_float32_weights():
    with pytest.raises(ArgumentError, match="int8 weights work in float32 alone"):
        stack(dtype=np.float64, weights="int8")
    spoilt = changed(bias_hh_l0=np.full(20, np.nan, np.float32))
    with pytest.raises(ArgumentError, match="weights hold NaN or infinity"):
        Stack("lstm", spoilt, weights="int8")


@cells
@sizes
def test_int8_is_near_float_and_smaller(cell, input, hidden):
    x = steps(30, 4, input)
    wide, narrow = (stack(cell, input, hidden, 4, weights=weights) for weights in ("float", "int8"))
    difference = np.abs(narrow.push(x) - wide.push(x)).max()
    assert difference < 0.05
    assert difference > 0 or hidden == 1  # a row of one weight is its scale
    if hidden >= 32:
        assert narrow.nbytes < 0.4 * wide.nbytes


def test_a_stack_without_native_kernels_says_why(monkeypatch):
    monkeypatch.setattr(native, "_found", lambda: (None, native.NOT_BUILT))
    with pytest.raises(BackendError, match=r"a Stack needs the native kernels, .* it was not built"):
        stack()


def test_a_stack_at_work_is_not_used_twice():
    mine = stack("lstm", 64, 256, streams=64)
    x, failures = steps(60, 64, 64), []
    ready = threading.Barrier(2, timeout=60)

    def work():
        ready.wait()
        for _ in range(4):
            try:
                mine.push(x)
            except StreamError as error:
                failures.append(str(error))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert failures
    assert set(failures) == {"this stack is at work in another thread; give each thread its own."}
    assert np.isfinite(mine.state()).all()
