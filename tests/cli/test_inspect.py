"""``ostinato inspect``: what a model is, and what can run here."""

import json

from ostinato.archive.model import load
from ostinato.runtime import native


def test_a_model_is_described_for_people_without_torch(ostinato, trained):
    process = ostinato("inspect", trained[0], without=("torch", "sklearn", "pyarrow"))
    assert (process.returncode, process.stderr) == (0, "")
    first, *rest = process.stdout.splitlines()
    assert first.startswith(f"model     {trained[0]} (format 1, written by ostinato ")
    facts = dict(line.split(maxsplit=1) for line in rest[: rest.index("")])
    assert facts["task"] == "classify: 2 classes: down, up"
    assert facts["reads"] == "series of 2 channels (standard scale): a, b"
    assert facts["streams"] == "yes, step by step"
    assert facts["trained"].startswith("40 sequences, ")
    words = [line.split() for line in rest]
    assert ["network", "hidden_size", "8"] in words
    assert ["training", "learning_rate", "0.02"] in words
    assert ["accuracy", "1.0000"] in words


def test_json_stands_alone_and_is_the_whole_model(ostinato, trained):
    process = ostinato("inspect", trained[0], "--json")
    found = json.loads(process.stdout)
    model = load(trained[0]).model
    assert found["model"] == json.loads(model.model_dump_json())
    assert found["parameters"] == model.training.parameters
    assert set(found["files"]) == {"manifest.json", "weights.safetensors", "README.md"} - {"manifest.json"}


def test_a_model_of_texts_says_what_it_reads(ostinato, trained_on_texts):
    process = ostinato("inspect", trained_on_texts[0])
    assert "reads     lower-cased text as word tokens, " in process.stdout
    assert "streams   no: it reads whole texts" in process.stdout


def test_every_backend_is_listed_with_its_reason(ostinato):
    table = ostinato("inspect", "--backends").stdout.splitlines()
    rows = json.loads(ostinato("inspect", "--backends", "--json").stdout)
    assert table[0].split() == ["op", "backend", "state"]
    assert {(row["op"], row["backend"]) for row in rows} >= {
        (op, backend) for op in ("elman", "gru", "lstm") for backend in ("aten", "reference")
    }
    for row, line in zip(rows, table[1:], strict=True):
        detail = "" if row["detail"] is None else f": {row['detail']}"
        state = f"runs here{detail}" if row["why_not"] is None else row["why_not"]
        assert line.split(maxsplit=2) == [row["op"], row["backend"], state]


def test_the_native_kernels_say_what_they_use_here(ostinato):
    first = ostinato("inspect", "--backends").stdout.splitlines()[1]
    in_use, levels = native.module().cpu(), native.module().levels()
    expected = f"runs here: {in_use} in use; this processor runs {', '.join(levels)}"
    assert first.split(maxsplit=2) == ["any", "native", expected]


def test_native_kernels_that_are_missing_say_how_to_get_them(ostinato):
    process = ostinato("inspect", "--backends", "--json", without=("ostinato._native",))
    assert process.returncode == 0
    first = json.loads(process.stdout)[0]
    assert first == {"op": "any", "backend": "native", "why_not": native.NOT_BUILT, "detail": None}


def test_backends_are_listed_without_torch_and_say_how_to_get_it(ostinato):
    process = ostinato("inspect", "--backends", "--json", without=("torch",))
    assert (process.returncode, process.stderr) == (0, "")
    found = {row["backend"]: row["why_not"] for row in json.loads(process.stdout)}
    missing = "it needs torch, which is not installed; run: pip install 'ostinato[train]'"
    assert found == {"native": None, "aten": missing, "reference": missing}


def test_an_unknown_instruction_set_is_one_line(ostinato, monkeypatch):
    monkeypatch.setenv("OSTINATO_CPU", "abacus")
    process = ostinato("inspect", "--backends")
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("Error: OSTINATO_CPU is 'abacus'; choose one of portable")
    assert process.stderr.count("\n") == 1
