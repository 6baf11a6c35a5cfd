# Every target sets up all that it needs: Python 3.11 or later is enough.
# `make demo` and `make test` are the two commands of the README; CI calls check and test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test check format bench nightly clean

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ostinato needs Python 3.11 or later; run: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,demo,dev]'
	@touch $@

demo: $(READY)
	$(BIN)/python examples/demo.py

# One thread a process: the tests run side by side, and many threads on few processors wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --durations 10

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --doctest-modules src -q --numprocesses auto

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m benchmarks.classify
	$(BIN)/python -m benchmarks.overhead

nightly: $(READY)
	OSTINATO_NIGHTLY=1 $(BIN)/python -m pytest --durations 10

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache
