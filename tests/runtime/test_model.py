"""A loaded model: the same answer alone, in any batch and order; what does not fit is refused."""

import subprocess
import sys

import numpy as np
import pytest

import model_files
from ostinato import runtime
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, DataError, ModelFileError, StreamError
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.read.sequences import Sequences
from ostinato.runtime import model as runtime_model
from ostinato.runtime.network import Network
from ostinato.spec.network import Head, Pool
from ostinato.spec.network import Network as NetworkSpec
from ostinato.spec.preprocessing import Tokens

TOKENIZER = Tokenizer.fit(["one two three four five six"], "word", 7, True)


def save(place, spec=model_files.SERIES, tokenizer=None, change=lambda tensors: None):
    tensors = model_files.weights(spec)
    change(tensors)
    text = isinstance(spec.preprocessing, Tokens)
    content = (tokenizer or TOKENIZER).to_json() if text else None
    place.mkdir(exist_ok=True)
    archive.save(place / "model", spec, tensors, content, model_files.CARD)
    return place / "model"


@pytest.fixture
def series(tmp_path):
    return runtime.load(save(tmp_path / "series"))


@pytest.fixture
def text(tmp_path):
    return runtime.load(save(tmp_path, model_files.TEXT))


def random(lengths, features=3):
    generator = np.random.default_rng(0)
    return [generator.normal(size=(length, features)).astype(np.float32) for length in lengths]


def test_answers_stand_in_the_order_of_the_sequences(series):
    arrays = random([3, 50, 1, 7, 7, 200])
    scores = series.scores(arrays)
    assert scores.shape == (6, 2)
    assert scores.dtype == np.float32
    turned = series.scores(arrays[::-1])
    np.testing.assert_allclose(turned[::-1], scores, rtol=0, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 1000])
def test_the_batch_size_does_not_matter(series, batch_size):
    arrays = random([3, 50, 1, 7, 7, 200])
    expected = np.concatenate([series.scores([array]) for array in arrays])
    np.testing.assert_allclose(series.scores(arrays, batch_size=batch_size), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernels", ["numpy", "native"])
def test_a_model_answers_alike_on_the_kernels_that_were_asked_for(tmp_path, series, kernels):
    loaded = runtime.load(save(tmp_path), kernels=kernels)
    assert loaded.network.kernels == kernels
    arrays = random([3, 50, 1])
    np.testing.assert_allclose(loaded.scores(arrays), series.scores(arrays), rtol=0, atol=1e-6)


def test_an_int8_model_answers_whole_and_in_a_stream(tmp_path, series):
    loaded = runtime.load(save(tmp_path), kernels="int8")
    (array,) = random([30])
    answer, stream = loaded.probabilities([array])[0], loaded.stream()
    assert 1e-9 < np.abs(answer - series.probabilities([array])[0]).max() < 0.02
    np.testing.assert_allclose(stream.push(array)[-1], answer, rtol=0, atol=1e-3)


def test_kernels_that_cannot_run_a_model_are_the_callers_error_and_not_the_files(tmp_path):
    path = save(tmp_path, model_files.TEXT)
    with pytest.raises(ArgumentError, match="kernels is 'int8', and op 'recurrent' is bidirectional"):
        runtime.load(path, kernels="int8")
    with pytest.raises(ArgumentError, match="kernels is 'cuda'; choose one of auto, native, numpy, int8"):
        runtime.load(path, kernels="cuda")


def test_long_sequences_are_cut_into_smaller_batches(series, monkeypatch):
    arrays = random([30, 20, 20, 3, 1])
    expected = series.scores(arrays)
    monkeypatch.setattr(runtime_model, "MOST_ROWS", 40)
    seen = []
    run = series.network.run
    monkeypatch.setattr(series.network, "run", lambda packed: seen.append(len(packed.data)) or run(packed))
    np.testing.assert_allclose(series.scores(arrays), expected, rtol=0, atol=1e-6)
    assert seen == [30, 40, 4]


def test_predictions_are_probabilities_of_the_labels(series):
    answer = series.predict(random([4, 9]))
    assert answer.labels == series.labels == ("no", "yes")
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(series.probabilities(random([4, 9])), answer.probabilities)


def test_texts_are_answered(text):
    one, two = text.scores(["one two unheard", "SIX"])
    np.testing.assert_allclose(text.scores(["six"])[0], two, rtol=0, atol=1e-6)
    assert not np.allclose(one, two)


def test_no_sequences_give_no_scores(series, text):
    assert series.scores([]).shape == (0, 2)
    assert text.scores([]).shape == (0, 3)


def test_channels_of_read_sequences_are_matched_by_name(series):
    arrays = random([4, 2])
    turned = Sequences("series", [a[:, [2, 1, 0]] for a in arrays], ["a", "b"], channels=("z", "y", "x"))
    np.testing.assert_array_equal(series.scores(turned), series.scores(arrays))
    lacking = Sequences("series", [a[:, :2] for a in arrays], ["a", "b"], channels=("x", "y"))
    with pytest.raises(DataError, match="lacks 'z'"):
        series.scores(lacking)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((2, 4)), "has shape"),
        (np.zeros(3), "has shape"),
        (np.zeros((0, 3)), "has shape"),
        (np.full((2, 3), np.nan), "is nan"),
        (np.full((2, 3), 1e39), "is inf"),
        ([["1.5", "2", "3"]], "expected an array of numbers"),
        (np.ones((2, 3), bool), "expected an array of numbers"),
        ([[None, 1, 2]], "expected an array of numbers"),
        ([[1, 2, 3], [1, 2]], "expected one array of numbers"),
        ("text", "expected an array of numbers"),
    ],
    ids=str,
)
def test_sequences_that_cannot_be_used_are_named(series, value, words):
    with pytest.raises(DataError, match="sequence 2") as caught:
        series.scores([np.zeros((2, 3)), value])
    assert words in str(caught.value)


def test_texts_that_are_none_are_refused(text):
    with pytest.raises(DataError, match="expected a str"):
        text.scores(["one", 2])


def test_scores_that_overflow_are_refused_and_named(tmp_path):
    spec = model_files.SERIES
    spec = spec.model_copy(
        update={
            "preprocessing": spec.preprocessing.model_copy(update={"scale": "none"}),
            "network": NetworkSpec(input="steps", input_size=3, ops=(Pool(kinds=("max",)), Head(size=2))),
        }
    )

    def enlarge(tensors):
        tensors["head.weight"].fill(100.0)

    model = runtime.load(save(tmp_path, spec, change=enlarge))
    with pytest.raises(DataError, match="sequence 2: the model's scores overflow"):
        model.scores([np.ones((2, 3)), np.full((2, 3), 1e38)])


@pytest.mark.parametrize("batch_size", [0, -1, 1.5])
def test_a_batch_of_none_is_refused(series, batch_size):
    with pytest.raises(ArgumentError, match="batch_size"):
        series.scores(random([2]), batch_size=batch_size)


def test_weights_that_overflow_on_a_tiny_input_are_refused(tmp_path):
    def blow_up(tensors):
        for values in tensors.values():
            values[...] = 1e38

    place = save(tmp_path, change=blow_up)
    model_files.refused(lambda: runtime.load(place), "answers are not finite", naming=place)


def test_a_negative_variance_is_refused(tmp_path):
    place = save(tmp_path, change=lambda tensors: tensors["convolution.norm.running_var"].fill(-1.0))
    model_files.refused(lambda: runtime.load(place), "answers are not finite", naming=place)


def test_a_foreign_tokenizer_is_refused(tmp_path):
    place = save(tmp_path, model_files.TEXT, Tokenizer.fit(["a b"], "word", 7, True))
    model_files.refused(lambda: runtime.load(place), "parts do not fit", naming=place, saying="3 tokens")


def test_parts_of_another_model_are_refused():
    spec, other = model_files.SERIES, model_files.TEXT
    network = Network(spec.network, model_files.weights(spec))
    for described, preprocessor in (
        (other, SeriesPreprocessor(spec.preprocessing)),
        (spec, TextPreprocessor(TOKENIZER)),
    ):
        with pytest.raises(ArgumentError, match="not those that the model's spec describes"):
            runtime.Classifier(described, network, preprocessor)


def test_a_missing_model_is_a_model_file_error(tmp_path):
    with pytest.raises(ModelFileError):
        runtime.load(tmp_path / "none")


def test_a_model_that_reads_both_ways_cannot_be_streamed_and_the_error_says_what_can(text):
    with pytest.raises(StreamError, match=r"reads the whole sequence .* windows of them, to predict"):
        text.stream()


def test_a_model_is_made_from_its_parts(series):
    spec = model_files.SERIES
    network = Network(spec.network, model_files.weights(spec))
    model = runtime.Classifier(spec, network, SeriesPreprocessor(spec.preprocessing))
    arrays = random([4, 2])
    np.testing.assert_array_equal(model.scores(arrays), series.scores(arrays))


def test_loading_and_answering_needs_no_torch(tmp_path):
    place = save(tmp_path)
    code = (
        "import sys, numpy as np; sys.modules['torch'] = None\n"
        "import ostinato\n"
        f"print(ostinato.load({str(place)!r}).predict([np.zeros((2, 3))]).best()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("no", "yes")
