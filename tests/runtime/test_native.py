"""The native module: there, or missing with a reason."""

import ast
import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ostinato
from ostinato.errors import ArgumentError
from ostinato.runtime import native

STUB = Path(ostinato.__file__).with_name("_native.pyi")


@pytest.fixture
def asked_anew():
    """Forget what was found before the test, and what it finds."""
    native._found.cache_clear()
    yield
    native._found.cache_clear()


@pytest.fixture
def core():
    """Return the module, keeping no memory."""
    gc.collect()
    native.module().release_buffers()
    return native.module()


def test_there_is_a_module_and_then_no_reason():
    assert native.module().__name__ == "ostinato._native"
    assert native.why_not() is None


def test_a_module_that_was_not_built_says_how_to_get_it(asked_anew, monkeypatch):
    monkeypatch.setitem(sys.modules, "ostinato._native", None)
    assert native.module() is None
    assert native.why_not() == native.NOT_BUILT


def test_a_module_that_cannot_be_loaded_says_why(asked_anew, monkeypatch):
    def broken(name):
        raise ImportError("libstdc++.so.6: version `GLIBCXX_9' not found", name=name)

    monkeypatch.setattr(native, "import_module", broken)
    assert native.module() is None
    assert native.why_not() == "it cannot be loaded: libstdc++.so.6: version `GLIBCXX_9' not found"


def test_an_unknown_instruction_set_is_an_error_every_time(asked_anew, monkeypatch):
    class Core:
        @staticmethod
        def cpu():
            raise ValueError("OSTINATO_CPU is 'abacus'; choose one of portable, or unset it.")

    monkeypatch.setitem(sys.modules, "ostinato._native", Core)
    for ask in (native.module, native.why_not):
        with pytest.raises(ArgumentError, match="OSTINATO_CPU is 'abacus'; choose one of portable"):
            ask()


@pytest.mark.parametrize("level", native.module().levels())
def test_the_environment_chooses_the_instruction_set(level):
    program = "from ostinato.runtime import native; print(native.module().cpu())"
    environment = os.environ | {"OSTINATO_CPU": level}
    process = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == level


def functions(nodes):
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in nodes
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.decorator_list
    }


def arguments(function):
    """Return the names of a native function's arguments, from what nanobind says of it."""
    signature = function.__doc__.splitlines()[0].rpartition(" -> ")[0]
    return [argument.arg for argument in ast.parse(f"def {signature}: ...").body[0].args.args]


def test_the_stub_names_what_is_in_the_module(core):
    stub = ast.parse(STUB.read_text()).body
    classes = {node.name: node.body for node in stub if isinstance(node, ast.ClassDef)}
    built = {name: function for name, function in vars(core).items() if callable(function)}
    assert functions(stub).keys() | classes.keys() == built.keys()
    for name, expected in functions(stub).items():
        assert arguments(built[name]) == expected
    for name, body in classes.items():
        members = {key: member for key, member in vars(built[name]).items() if not key.startswith("_")}
        assert {node.name for node in body if isinstance(node, ast.FunctionDef)} - {
            "__init__"
        } == members.keys()
        for method, expected in functions(body).items():
            assert arguments(members[method]) == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 1000, 100_000])
def test_empty_arrays_are_aligned_and_writable(core, dtype, n):
    array = core.empty(n, dtype)
    assert (array.dtype, array.shape) == (dtype, (n,))
    assert array.ctypes.data % 64 == 0
    array[:] = np.nan
    assert np.isnan(array).all()


def test_the_memory_of_an_array_is_used_again_when_its_last_view_is_gone(core):
    array = core.empty(100_000, "float32")
    address, view = array.ctypes.data, array[10:]
    del array
    assert core.idle_bytes() == 0
    del view
    assert 400_000 <= core.idle_bytes() <= 450_000
    assert core.empty(100_000, "float32").ctypes.data == address


def test_idle_memory_can_be_released(core):
    core.empty(100_000, "float64")
    assert core.idle_bytes() > 0
    core.release_buffers()
    assert core.idle_bytes() == 0


@pytest.mark.parametrize("n", [-1, 2**62])
def test_an_impossible_number_is_refused(core, n):
    with pytest.raises(ValueError, match=f"n is {n}; expected a number of elements."):
        core.empty(n, "float32")


def test_more_than_the_memory_is_an_error_and_not_an_end(core):
    with pytest.raises(MemoryError):
        core.empty(2**58, "float64")


def test_a_dtype_that_kernels_lack_is_refused(core):
    with pytest.raises(ValueError, match=r"dtype is .int8.; choose one of float32, float64\."):
        core.empty(4, "int8")


def test_a_process_ends_with_arrays_alive():
    program = "import ostinato._native as n; kept = [n.empty(100_000, 'float32')]; kept.append(kept)"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (process.stdout, process.stderr) == ("", "")
