"""The wheel where no C++ compiler is: pure Python, unless native kernels are required."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml", "native", "src", ".gitignore")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of what a build reads, a module that was built beside the Python sources among it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    assert list(folder.glob("src/ostinato/_native.*.so"))
    return folder


def build(checkout, out, **environment):
    """Return pip's run, with a compiler that is not there."""
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", out]
    environment = os.environ | {"CXX": str(out / "no-compiler")} | environment
    return subprocess.run([*pip, checkout], env=environment, capture_output=True, text=True, check=False)


def test_without_a_compiler_the_wheel_is_pure_python(checkout, tmp_path):
    process = build(checkout, tmp_path)
    assert process.returncode == 0, process.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    files = set(zipfile.ZipFile(wheel).namelist())
    assert files >= {"ostinato/__init__.py", "ostinato/_native.pyi", "ostinato/py.typed"}
    assert not [name for name in files if name.endswith(".so")]


def test_without_a_compiler_required_kernels_are_an_error(checkout, tmp_path):
    process = build(checkout, tmp_path, OSTINATO_REQUIRE_NATIVE="1")
    assert process.returncode != 0
    assert "no-compiler" in process.stdout + process.stderr
    assert not list(tmp_path.glob("*.whl"))
