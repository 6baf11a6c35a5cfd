"""The recurrent op against the drop-in layers in float64: every cell, length, direction and kernels."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from networks import (
    CELLS,
    KERNELS,
    ONE_LAYER,
    WHOLE_MODEL,
    alone,
    executors,
    pack,
    run_numpy,
    run_torch,
    sequences,
)
from ostinato.errors import ArgumentError, BackendError
from ostinato.nn.network import export_tensors
from ostinato.runtime import native
from ostinato.runtime.cells import sigmoid
from ostinato.runtime.network import Network as Runtime
from ostinato.spec.network import Network, Recurrent

kernels = pytest.mark.parametrize("kernels", KERNELS)
LENGTHS = [65, 64, 64, 7, 2, 1, 1]


def network(cell, **shape):
    return Network(input="steps", input_size=3, ops=(Recurrent(cell=cell, hidden_size=5, **shape),))


@kernels
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 65])
def test_one_layer_is_that_of_torch(kernels, cell, bidirectional, steps):
    spec = network(cell, bidirectional=bidirectional)
    in_torch, in_numpy = executors(spec, steps, kernels)
    packed = pack(sequences(in_numpy.spec, [steps, steps, max(1, steps // 2), 1], seed=steps))
    expected = run_torch(in_torch.double(), packed._replace(data=packed.data.astype(np.float64)))
    np.testing.assert_allclose(run_numpy(in_numpy, packed), expected, rtol=0, atol=ONE_LAYER)


@kernels
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
def test_float64_is_kept_to_its_own_precision(kernels, cell, bidirectional):
    spec = network(cell, layers=2, bidirectional=bidirectional)
    in_torch, _ = executors(spec)
    wide = Runtime(spec, export_tensors(in_torch), np.float64, kernels)
    packed = pack([array.astype(np.float64) for array in sequences(spec, LENGTHS)])
    answer = run_numpy(wide, packed)
    assert answer.dtype == np.float64
    np.testing.assert_allclose(answer, run_torch(in_torch.double(), packed), rtol=0, atol=1e-13)


@kernels
@pytest.mark.parametrize("cell", CELLS)
def test_the_state_after_a_stream_is_the_last_state_of_torch(kernels, cell):
    in_torch, in_numpy = executors(network(cell, layers=2), kernels=kernels)
    (array,) = sequences(in_numpy.spec, [9])
    state, _ = in_numpy.push(in_numpy.start(1), array[:, None])
    with torch.no_grad():
        _, last = in_torch.ops["recurrent"](torch.nn.utils.rnn.pack_sequence([torch.from_numpy(array)]))
    for name, expected in zip(("h", "c"), last, strict=False):
        np.testing.assert_allclose(state[f"recurrent.{name}"][0], expected[:, 0], rtol=0, atol=1e-6)


def test_sigmoid_never_overflows():
    x = np.array([-np.inf, -1e38, -100.0, 0.0, 100.0, 1e38, np.inf], np.float32)
    assert sigmoid(x).tolist() == [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]
    x = np.linspace(-20, 20, 1001)
    np.testing.assert_allclose(sigmoid(x), 1 / (1 + np.exp(-x)), rtol=0, atol=1e-15)


@kernels
def test_the_order_of_the_names_in_a_state_is_of_no_concern(kernels):
    _, runtime = executors(network("lstm", layers=2), kernels=kernels)
    (array,) = sequences(runtime.spec, [9])
    state, _ = runtime.push(runtime.start(1), array[:5, None])
    turned = dict(reversed(state.items()))
    assert list(turned) != list(state)
    np.testing.assert_array_equal(
        runtime.push(turned, array[5:, None])[1], runtime.push(state, array[5:, None])[1]
    )


@kernels
def test_calls_from_several_threads_do_not_meet(kernels):
    _, runtime = executors(network("lstm", layers=2), kernels=kernels)
    arrays = sequences(runtime.spec, [40] * 16)

    def stream(array):
        state, said = runtime.start(1), []
        for step in array:
            state, rows = runtime.push(state, step[None, None])
            said.append(rows[0, 0])
        return np.stack(said)

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(stream, arrays))
    for array, said in zip(arrays, together, strict=True):
        np.testing.assert_array_equal(said, stream(array))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
def test_int8_is_near_and_the_same_alone_in_a_batch_and_in_a_stream(cell, layers):
    spec = network(cell, layers=layers)
    _, rounded = executors(spec, kernels="int8")
    _, exact = executors(spec, kernels="native")
    arrays = sequences(spec, LENGTHS)
    packed = pack(arrays)
    answer = run_numpy(rounded, packed)
    difference = np.abs(answer - run_numpy(exact, packed)).max()
    assert WHOLE_MODEL < difference < 0.1
    np.testing.assert_array_equal(answer[:1], alone(rounded, arrays[0])[:1])
    _, pushed = rounded.push(rounded.start(1), arrays[0][:, None])
    np.testing.assert_array_equal(pushed[:, 0], alone(rounded, arrays[0]))


@pytest.mark.parametrize("kernels", [*KERNELS, "int8"])
def test_a_pickled_network_says_the_same(kernels):
    _, runtime = executors(network("lstm", layers=2), kernels=kernels)
    again = pickle.loads(pickle.dumps(runtime))
    assert again.kernels == kernels
    packed = pack(sequences(runtime.spec, LENGTHS))
    np.testing.assert_array_equal(run_numpy(again, packed), run_numpy(runtime, packed))


def test_kernels_are_chosen_anew_where_a_network_is_unpickled(monkeypatch):
    _, runtime = executors(network("gru"))
    pickled = pickle.dumps(runtime)
    monkeypatch.setattr(native, "_found", lambda: (None, native.NOT_BUILT))
    assert pickle.loads(pickled).kernels == "numpy"


def test_int8_refuses_what_it_cannot_run():
    with pytest.raises(ArgumentError, match=r"kernels is 'int8', and op 'recurrent' is bidirectional"):
        executors(network("gru", bidirectional=True), kernels="int8")
    in_torch, _ = executors(network("gru"))
    with pytest.raises(ArgumentError, match="int8 weights work in float32 alone"):
        Runtime(network("gru"), export_tensors(in_torch), np.float64, "int8")


def test_kernels_are_chosen_visibly():
    assert [
        executors(network("gru"), kernels=kernels)[1].kernels for kernels in ("auto", "numpy", "int8")
    ] == [
        "native",
        "numpy",
        "int8",
    ]
    with pytest.raises(ArgumentError, match="kernels is 'cuda'; choose one of auto, native, numpy, int8"):
        executors(network("gru"), kernels="cuda")


def test_without_native_kernels_auto_is_numpy_and_a_name_is_an_error(monkeypatch):
    monkeypatch.setattr(native, "_found", lambda: (None, native.NOT_BUILT))
    _, runtime = executors(network("gru"))
    assert runtime.kernels == "numpy"
    assert np.isfinite(alone(runtime, sequences(runtime.spec, [5])[0])).all()
    for kernels in ("native", "int8"):
        with pytest.raises(
            BackendError, match=f"kernels is '{kernels}', and there are no native kernels: it was"
        ):
            executors(network("gru"), kernels=kernels)


@kernels
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
def test_weights_and_rows_may_be_read_only(kernels, bidirectional):
    spec = network("lstm", bidirectional=bidirectional)
    in_torch, expected = executors(spec, kernels=kernels)
    tensors, packed = export_tensors(in_torch), pack(sequences(spec, LENGTHS))
    for array in (*tensors.values(), *packed):
        array.setflags(write=False)
    answer = run_numpy(Runtime(spec, tensors, kernels=kernels), packed)
    np.testing.assert_array_equal(answer, run_numpy(expected, packed))
