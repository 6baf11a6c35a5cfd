"""A model repository of Triton: its text is parsed by the server's own schema, and it is run as it says.

No Triton server is here: what the server does with the folder is acted out by hand in onnxruntime.
"""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="exporting needs ostinato[onnx]")
pytest.importorskip("tritonclient.grpc", reason="Triton's schema comes with tritonclient[grpc]")

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as schema

import ostinato
from ostinato.errors import ArgumentError, ExportError
from ostinato.export.onnx.recurrent import CELLS
from ostinato.export.triton import to_triton
from saved_models import saved

NUMBERS = {schema.TYPE_FP32: np.float32, schema.TYPE_FP64: np.float64, schema.TYPE_INT64: np.int64}


class Served:
    """A model as a server that reads its folder has it."""

    def __init__(self, folder):
        import onnxruntime

        text = (folder / "config.pbtxt").read_text()
        self.config = text_format.Parse(text, schema.ModelConfig())
        self.session = onnxruntime.InferenceSession((folder / "1" / "model.onnx").read_bytes())

    def start(self):
        """Return what is kept of a sequence of which nothing was heard."""
        described = {one.input_name: one.initial_state[0] for one in self.config.sequence_batching.state}
        assert all(begun.zero_data for begun in described.values())
        return {
            name: np.zeros((1, *begun.dims), NUMBERS[begun.data_type]) for name, begun in described.items()
        }

    def infer(self, states, request):
        """Return the answer to a request of one sequence, and what is kept after it."""
        names = [one.name for one in self.config.output]
        after = {one.input_name: one.output_name for one in self.config.sequence_batching.state}
        said = self.session.run([*names, *after.values()], request | states)
        answers = dict(zip([*names, *after.values()], said, strict=True))
        return {name: answers[name] for name in names}, {one: answers[name] for one, name in after.items()}


def test_a_stream_of_requests_gets_the_answers_of_a_stream_of_the_runtime(tmp_path):
    path = saved(tmp_path, "classify, series, every pool")
    (folder,) = to_triton(path, tmp_path, "speech")
    assert folder == tmp_path / "speech"
    served, model = Served(folder), ostinato.load(path)
    stream = model.stream()
    states = served.start()
    assert {one.input_name for one in served.config.sequence_batching.state} == states.keys()
    for row in np.random.default_rng(0).normal(size=(6, 1, 1, 3)).astype(np.float32):
        answers, states = served.infer(states, {"series": row})
        np.testing.assert_allclose(answers["probabilities"][0], stream.push(row[0, 0]), rtol=0, atol=1e-5)
        assert answers["label"].tolist() == [model.labels[answers["probabilities"][0].argmax()]]


def test_the_configuration_describes_the_graph(tmp_path):
    (folder,) = to_triton(saved(tmp_path, "tag, crf one way"), tmp_path, "tags")
    served = Served(folder)
    config, session = served.config, served.session
    assert (config.name, config.backend, config.max_batch_size) == ("tags", "onnxruntime", 64)
    assert config.sequence_batching.oldest.max_candidate_sequences == 1024
    states = {name for one in config.sequence_batching.state for name in (one.input_name, one.output_name)}
    for listed, described in ((config.input, session.get_inputs()), (config.output, session.get_outputs())):
        shapes = {one.name: one.shape[1:] for one in described}
        assert {one.name for one in listed} | states >= shapes.keys()
        for one in listed:
            dims = [*one.reshape.shape] if one.HasField("reshape") else [*one.dims]
            assert dims == [-1 if isinstance(size, str) else size for size in shapes[one.name]]
            assert one.dims


def test_a_stream_with_gaps_at_odd_times_is_kept_by_the_server(tmp_path):
    path = saved(tmp_path, "classify, series, mask, odd times, described")
    served = Served(to_triton(path, tmp_path, "ward")[0])
    assert [one.name for one in served.config.input] == ["series", "times", "static"]
    random, static = np.random.default_rng(0), np.array([[60.0, 80.0]], np.float32)
    stream, states = ostinato.load(path).stream(static=static[0]), served.start()
    for time, row in enumerate(random.normal(size=(6, 1, 1, 3)).astype(np.float32)):
        row[..., time % 3] = np.nan
        request = {"series": row, "times": np.array([[1.5 * time]]), "static": static}
        answers, states = served.infer(states, request)
        expected = stream.push(row[0, 0], 1.5 * time)
        np.testing.assert_allclose(answers["probabilities"][0], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("labels", {"probabilities": schema.TYPE_FP32, "said": schema.TYPE_BOOL}),
        ("regress, every step", {"value": schema.TYPE_FP32}),
        ("forecast", {"point": schema.TYPE_FP64, "intervals": schema.TYPE_FP64}),
    ],
)
def test_answers_of_every_kind_are_described(tmp_path, name, types):
    served = Served(to_triton(saved(tmp_path, name), tmp_path, "served")[0])
    assert {one.name: one.data_type for one in served.config.output} == types
    assert served.config.HasField("dynamic_batching") == (name == "forecast")


def test_a_model_that_reads_both_ways_answers_whole_sequences(tmp_path):
    served = Served(to_triton(saved(tmp_path, "classify, texts both ways"), tmp_path, "texts")[0])
    assert served.config.HasField("dynamic_batching")
    assert not served.config.HasField("sequence_batching")
    answers, _ = served.infer({}, {"tokens": np.array([[1, 2, 3]])})
    np.testing.assert_allclose(answers["probabilities"].sum(), 1.0, rtol=1e-5)


def test_a_translation_model_becomes_two_whose_states_the_client_carries(tmp_path):
    folders = to_triton(saved(tmp_path, "translate, bahdanau"), tmp_path, "de")
    reader, writer = map(Served, folders)
    assert [folder.name for folder in folders] == ["de_encoder", "de_decoder"]
    inputs = {one.name for one in writer.config.input}
    assert {one.name for one in reader.config.output} <= inputs
    for served in (reader, writer):
        assert served.config.HasField("dynamic_batching")


def test_a_model_that_says_something_else_is_not_written(tmp_path, monkeypatch):
    path = saved(tmp_path, "classify, series, every pool")
    monkeypatch.setitem(CELLS, "lstm", CELLS["lstm"]._replace(gates=(0, 1, 2, 3)))
    with pytest.raises(ExportError):
        to_triton(path, tmp_path, "speech")
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", ["", "a/b", "..", "übung", "-x"])
def test_a_name_that_is_none_of_a_folder_is_refused(tmp_path, name):
    with pytest.raises(ArgumentError, match="expected letters, digits"):
        to_triton(tmp_path / "model", tmp_path, name)


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "speech").mkdir()
    with pytest.raises(ArgumentError, match="is there already"):
        to_triton(tmp_path / "model", tmp_path, "speech")
    with pytest.raises(ArgumentError, match="create it first"):
        to_triton(tmp_path / "model", tmp_path / "nowhere", "speech")
