"""What a running model loads: no training library, and of Ostinato's own parts those of its task."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

FORMATS = Path(__file__).parents[1] / "formats"
NEVER = {"torch", "sklearn", "pandas", "scipy", "matplotlib", "pyarrow", "symusic", "miditok", "yaml", "rich"}
RUN = """
import sys
import ostinato.runtime
stream = ostinato.runtime.load(sys.argv[1]).stream()
stream.push({given})
stream.finish()
ostinato.runtime.load(sys.argv[1]).restore(stream.state())
print(*sys.modules)
"""


def processor_seconds():
    """Return how long processors have worked for the programs that were run and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def loaded(code, *arguments):
    """Return the names of all modules that a program has loaded."""
    process = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return set(process.stdout.split())


@pytest.mark.parametrize(
    ("model", "given", "own", "others"),
    [
        ("v1/series-gru", "[0.1, 0.2, 0.3]", "classify", ("language", "tag", "translate", "chat", "music")),
        ("states_v1/language-lstm-char", "'to be'", "language", ("classify", "tag", "translate", "music")),
    ],
)
def test_a_stream_loads_its_own_task_and_no_training_library(model, given, own, others):
    if own == "language":
        pytest.importorskip("tokenizers", reason="reading text needs ostinato[text]")
    modules = loaded(RUN.format(given=given), FORMATS / model)
    assert not NEVER & {module.partition(".")[0] for module in modules}
    assert f"ostinato.runtime.{own}" in modules
    assert not {f"ostinato.runtime.{other}" for other in others} & modules
    files = ("files", "csv", "midi", "mat", "arrays", "corpus", "tagged", "audio", "series_tables")
    assert not {f"ostinato.read.{name}" for name in (*files, "clips", "decode", "source")} & modules
    described = {module for module in modules if module.startswith("ostinato.spec.models.")}
    assert described == {"ostinato.spec.models.base", f"ostinato.spec.models.{own}"}


def test_from_the_start_of_python_to_the_first_answer_it_is_a_moment():
    """The bound is five times what `benchmarks/streams.py` measures: a busy machine is no reason to fail."""
    code = RUN.format(given="[0.1, 0.2, 0.3]")
    spent = []
    for _ in range(4):  # the first one writes the byte code
        before = processor_seconds()
        loaded(code, FORMATS / "v1/series-gru")
        spent.append(processor_seconds() - before)
    assert min(spent) < 1.5


def test_the_package_itself_loads_nothing():
    for package in ("ostinato", "ostinato.runtime", "ostinato.read"):
        modules = loaded(f"import sys, {package}; print(*sys.modules)")
        own = {module for module in modules if module.partition(".")[0] == "ostinato"}
        assert own <= {"ostinato", "ostinato.version", package}
        assert not {"numpy", "pydantic"} & modules


def test_every_public_name_is_there():
    code = "import {0}; print(*(type(getattr({0}, name)).__name__ for name in dir({0})))"
    for package in ("ostinato.runtime", "ostinato.read"):
        assert loaded(code.format(package)) <= {"ABCMeta", "type", "function"}
