"""The benchmark of streams times contenders that say the same, and refuses one that does not."""

import numpy as np
import pytest
import torch

import model_files
from benchmarks import streams
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.runtime import Classifier
from ostinato.runtime.network import Network
from ostinato.spec.answers import Classes
from ostinato.spec.network import Head, Pool, Recurrent
from ostinato.spec.network import Network as Spec
from ostinato.spec.preprocessing import Series


@pytest.fixture(scope="module")
def model():
    """Return a classifier of the shape that is measured."""
    count = streams.CHANNELS
    series = Series(
        channels=tuple(f"c{number}" for number in range(count)),
        scale="standard",
        center=tuple(number / 10 for number in range(count)),
        spread=tuple(1 + number / 10 for number in range(count)),
    )
    ops = (
        Recurrent(cell="lstm", hidden_size=streams.HIDDEN, layers=2),
        Pool(kinds=("last",)),
        Head(size=streams.CLASSES),
    )
    spec = model_files.SERIES.model_copy(
        update={
            "preprocessing": series,
            "network": Spec(input="steps", input_size=count, ops=ops),
            "answer": Classes(labels=tuple("abcdefghi")),
        }
    )
    tensors = {name: array / 5 for name, array in model_files.weights(spec).items()}
    return Classifier(spec, Network(spec.network, tensors), SeriesPreprocessor(series))


def test_all_contenders_say_the_same(model):
    pytest.importorskip("onnxruntime", reason="the peer needs ostinato[bench]")
    pytest.importorskip("onnx", reason="the peer needs ostinato[bench]")
    with torch.inference_mode():
        streams.check(streams.one_stream(model, model))
        streams.check(streams.many_streams(model, model, 5, 1))


def test_a_contender_that_says_something_else_is_not_timed():
    steps = {"torch": lambda: np.zeros(3), "ostinato": lambda: np.full(3, 1e-4)}
    with pytest.raises(SystemExit, match=r"ostinato and torch differ by 0\.0001"):
        streams.check(steps)


def test_a_start_is_timed_to_its_end(tmp_path):
    model_files.good(tmp_path / "model")
    with pytest.raises(streams.subprocess.CalledProcessError):
        streams.start(tmp_path / "none", 1)


def test_what_has_to_be_installed_is_counted_with_all_that_it_needs_in_turn():
    sizes = streams.needed()
    assert {"numpy", "pydantic", "pydantic-core", "safetensors", "typer", "ostinato"} <= sizes.keys()
    assert not {"torch", "pytest", "colorama"} & sizes.keys()
    assert all(size > 0 for size in sizes.values())


@pytest.mark.parametrize(
    ("line", "name"),
    [("annotated-types>=0.6.0", "annotated-types"), ("click<9,>=8", "click"), ("rich", "rich")],
)
def test_the_name_of_a_requirement_is_what_stands_first(line, name):
    assert streams.requirement(line) == name
