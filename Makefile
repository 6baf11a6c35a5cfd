# Every target sets up all that it needs: Python 3.11 or later is enough.
# `make demo` and `make test` are the two commands of the README; CI calls check, test and sanitize.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
CMAKE := $(abspath $(BIN))/cmake
CTEST := $(abspath $(BIN))/ctest --output-on-failure --no-tests=error --test-dir
TEST := OSTINATO_REQUIRE_BACKENDS=native,native_recompute,aten,reference OMP_NUM_THREADS=1 \
	$(BIN)/python -m pytest --numprocesses auto
GENERATE := -G Ninja -D CMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -D OSTINATO_STRICT=ON

.PHONY: demo native native-test sanitize clang arm64 test test-levels check format bench nightly clean

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ostinato needs Python 3.11 or later; run: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,demo,dev]'
	@touch $@

# The C++ core, beside the Python sources and with its tests. Ninja knows what is out of date, so this is cheap.
native: build/native/configured
	$(CMAKE) --build build/native

# A new virtual environment may have another Python or another nanobind: what CMake remembers of them is dropped.
build/native/configured: $(READY)
	$(CMAKE) -U '*Python*' -U 'nanobind*' -S . -B build/native $(GENERATE) -D OSTINATO_INPLACE=ON -D OSTINATO_TESTS=ON \
		-D Python_EXECUTABLE=$(abspath $(BIN))/python
	@touch $@

native-test: native
	$(CTEST) build/native

# The core without Python, with the sanitizers of addresses and undefined behaviour.
sanitize: $(READY)
	$(CMAKE) -S . -B build/sanitize $(GENERATE) -D OSTINATO_PYTHON=OFF -D OSTINATO_TESTS=ON -D OSTINATO_SANITIZE=ON
	$(CMAKE) --build build/sanitize
	$(CTEST) build/sanitize

# The core by Clang, which the machine must have.
clang: $(READY)
	$(CMAKE) -S . -B build/clang $(GENERATE) -D OSTINATO_PYTHON=OFF -D OSTINATO_TESTS=ON -D CMAKE_CXX_COMPILER=clang++
	$(CMAKE) --build build/clang
	$(CTEST) build/clang

# The core for arm64, by a cross compiler and in an emulator, both of which the machine must have. Left out are the
# tests of threads: they fork, which the emulator does not survive in a process of several threads.
arm64: $(READY)
	$(CMAKE) -S . -B build/arm64 $(GENERATE) -D OSTINATO_PYTHON=OFF -D OSTINATO_TESTS=ON -D CMAKE_SYSTEM_NAME=Linux \
		-D CMAKE_SYSTEM_PROCESSOR=aarch64 -D CMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
		-D "CMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64;-L;/usr/aarch64-linux-gnu"
	$(CMAKE) --build build/arm64
	OSTINATO_FUZZ=25 $(CTEST) build/arm64 --exclude-regex threads

demo: native
	$(BIN)/python examples/demo.py

# One thread a process: the tests run side by side, and many threads on few processors wait for each other.
test: native-test test-levels
	$(TEST) --durations 10

# The kernels' tests on every instruction set that this processor has beside the one that `make test` takes.
test-levels: native
	@$(BIN)/python -c 'from ostinato import _native; print("left out are those that this processor lacks:", \
		*({"portable", "avx2", "avx512"} - {*_native.levels()}) or ["none"])'
	for level in $$($(BIN)/python -c 'from ostinato import _native; print(*_native.levels()[:-1])'); do \
		OSTINATO_CPU=$$level $(TEST) -q tests/kernels || exit 1; \
	done

check: native
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --doctest-modules src -q --numprocesses auto

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: native
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,demo,dev,bench]'
	$(BIN)/python -m benchmarks.classify
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.kernels
	$(BIN)/python -m benchmarks.estimators
	$(BIN)/python -m benchmarks.streams
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.soak

nightly: native
	OSTINATO_NIGHTLY=1 $(BIN)/python -m pytest --durations 10

clean:
	rm -rf $(VENV) demo build dist src/ostinato/_native.*.so .pytest_cache .mypy_cache .ruff_cache
