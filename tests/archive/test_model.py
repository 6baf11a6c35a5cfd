"""A model directory: what is saved is loaded, and what could not be loaded is not saved."""

import json
import os
import re
import stat

import numpy as np
import pytest

from model_files import CARD, RECORD, SERIES, TEXT, TOKENIZER, good, parts, put, refused, reseal, weights
from ostinato import __version__
from ostinato.archive import manifest, model
from ostinato.errors import ModelFileError
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import ClassifyModel
from ostinato.spec.network import Network, Pool
from ostinato.spec.preprocessing import Series


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", [SERIES, TEXT], ids=["series", "text"])
def test_what_is_saved_is_loaded(tmp_path, spec, dtype):
    tokenizer = TOKENIZER if spec is TEXT else None
    model.save(tmp_path / "m", spec, weights(spec, dtype), tokenizer, CARD)
    loaded = model.load(tmp_path / "m")
    assert loaded.model == spec
    assert loaded.tokenizer_json == tokenizer
    assert loaded.card == CARD
    assert {name: array.dtype for name, array in loaded.tensors.items()} == dict.fromkeys(
        spec.network.tensors(), np.dtype(dtype)
    )
    for name, array in weights(spec, dtype).items():
        np.testing.assert_array_equal(loaded.tensors[name], array)


def test_a_model_directory_holds_what_the_format_says(tmp_path):
    good(tmp_path / "m", TEXT)
    names = {path.name for path in (tmp_path / "m").iterdir()}
    assert names == {"manifest.json", "weights.safetensors", "tokenizer.json", "README.md"}
    value = json.loads((tmp_path / "m/manifest.json").read_text())
    assert list(value) == ["format", "version", "ostinato", *ClassifyModel.model_fields, "files", "sha256"]
    assert (value["format"], value["version"], value["ostinato"]) == ("ostinato-model", 1, __version__)
    assert value["files"]["README.md"]["bytes"] == len(CARD)


def test_equal_models_are_equal_bytes(tmp_path):
    for name in "ab":
        good(tmp_path / name)
    for file in ("manifest.json", "weights.safetensors", "README.md"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_strided_and_reversed_weights_are_saved_by_value(tmp_path):
    arrays = {name: np.asfortranarray(array[::-1])[::-1] for name, array in weights(SERIES).items()}
    model.save(tmp_path / "m", SERIES, arrays, None, CARD)
    for name, array in model.load(tmp_path / "m").tensors.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_loaded_weights_can_be_written_to(tmp_path):
    for array in model.load(good(tmp_path / "m")).tensors.values():
        array += 1


def test_a_description_is_plain_data(tmp_path):
    described = model.describe(good(tmp_path / "m"))
    json.dumps(described, allow_nan=False)
    assert described["parameters"] == sum(array.size for array in weights(SERIES).values())
    assert described["dtype"] == "float32"
    assert described["files"]["weights.safetensors"] == (tmp_path / "m/weights.safetensors").stat().st_size
    assert ClassifyModel.model_validate_json(json.dumps(described["model"])) == SERIES


def test_m14_extreme_but_finite_weights_load(tmp_path):
    arrays = {name: np.full_like(array, 1e38) for name, array in weights(SERIES).items()}
    model.save(tmp_path / "m", SERIES, arrays, None, CARD)
    assert model.load(tmp_path / "m").tensors["head.bias"].tolist() == [np.float32(1e38)] * 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_m13_weights_that_are_not_finite_are_refused_both_ways(tmp_path, bad):
    arrays = weights(SERIES)
    arrays["head.bias"][1] = bad
    refused(lambda: model.save(tmp_path / "m", SERIES, arrays, None, CARD), "non-finite weights")
    assert not list(tmp_path.iterdir())
    header, files = parts()
    files[model.WEIGHTS] = model.encode("x", arrays)
    put(tmp_path / "m", header, files)
    refused(lambda: model.load(tmp_path / "m"), "non-finite weights", saying="head.bias")
    loaded = model.load(tmp_path / "m", allow_nonfinite=True)
    np.testing.assert_array_equal(loaded.tensors["head.bias"], arrays["head.bias"])


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        (lambda arrays: arrays.pop("head.bias"), "missing: head.bias"),
        (lambda arrays: arrays.update({"head.more": np.zeros(1, np.float32)}), "not known: head.more"),
        (
            lambda arrays: arrays.update({"head.bias": np.zeros(3, np.float32)}),
            "head.bias (3,), expected (2,)",
        ),
        (lambda arrays: arrays.update({"head.bias": np.zeros(2, np.float16)}), "F16"),
        (lambda arrays: arrays.update({"head.bias": np.zeros(2, np.int64)}), "I64"),
        (lambda arrays: arrays.update({"head.bias": np.zeros(2, np.float64)}), "mixed"),
        (
            lambda arrays: arrays.update({"_orig_mod.head.bias": arrays.pop("head.bias")}),
            "_orig_mod.head.bias",
        ),
        (lambda arrays: arrays.update({"module.head.bias": arrays.pop("head.bias")}), "module.head.bias"),
    ],
    ids=["missing", "extra", "shape", "float16", "int64", "mixed", "m23 compiled", "m23 parallel"],
)
def test_m12_m22_m23_weights_of_another_network_are_refused_both_ways(tmp_path, change, saying):
    arrays = weights(SERIES)
    change(arrays)
    refused(lambda: model.save(tmp_path / "m", SERIES, arrays, None, CARD), "wrong weights", saying=saying)
    header, files = parts()
    files[model.WEIGHTS] = model.encode("x", arrays)
    put(tmp_path / "m", header, files)
    refused(lambda: model.load(tmp_path / "m"), "wrong weights", naming=tmp_path / "m", saying=saying)


def test_m12_ten_names_are_listed_and_the_rest_counted(tmp_path):
    header, files = parts()
    files[model.WEIGHTS] = model.encode("x", {f"w{i:02}": np.zeros(1, np.float32) for i in range(25)})
    put(tmp_path / "m", header, files)
    error = refused(lambda: model.load(tmp_path / "m"), "wrong weights", saying="w09 and 15 more")
    assert "w10" not in error.hint


def test_a_tokenizer_is_there_if_and_only_if_the_model_reads_text(tmp_path):
    refused(lambda: model.save(tmp_path / "a", TEXT, weights(TEXT), None, CARD), "wrong files")
    refused(lambda: model.save(tmp_path / "b", SERIES, weights(SERIES), TOKENIZER, CARD), "wrong files")
    header, files = parts(TEXT)
    del files[model.TOKENIZER]
    put(tmp_path / "c", header, files)
    refused(lambda: model.load(tmp_path / "c"), "wrong files", saying="tokenizer.json")


def test_a_file_that_is_not_listed_is_not_looked_at(tmp_path):
    (good(tmp_path / "m") / "tokenizer.json").symlink_to("/dev/zero")
    assert model.load(tmp_path / "m").tokenizer_json is None


@pytest.mark.parametrize("card", ["\ud800", "x" * (2**20 + 1)], ids=["surrogate", "too large"])
def test_a_card_that_could_not_be_read_again_is_not_saved(tmp_path, card):
    with pytest.raises(ModelFileError, match=r"README\.md"):
        model.save(tmp_path / "m", SERIES, weights(SERIES), None, card)
    assert not list(tmp_path.iterdir())


def test_a_card_that_is_not_utf_8_is_refused(tmp_path):
    header, files = parts()
    put(tmp_path / "m", header, {**files, model.CARD: b"caf\xe9"})
    refused(lambda: model.load(tmp_path / "m"), "invalid text", naming="README.md")


def test_a_long_history_fits_and_one_that_is_too_long_is_refused_before_anything_is_written(tmp_path):
    flows = tuple(
        RECORD.gradient_flow[0].model_copy(
            update={"epoch": epoch, "distances": tuple(range(32)), "norms": tuple(np.exp(-np.arange(32.0)))}
        )
        for epoch in range(1000)
    )
    history = RECORD.history * 1000
    record = RECORD.model_copy(update={"history": history, "gradient_flow": flows})
    spec = SERIES.model_copy(update={"training": record})
    model.save(tmp_path / "m", spec, weights(SERIES), None, CARD)
    assert model.load(tmp_path / "m").model == spec
    record = RECORD.model_copy(update={"history": history * 20, "gradient_flow": flows})
    with pytest.raises(ModelFileError):
        model.save(
            tmp_path / "n", SERIES.model_copy(update={"training": record}), weights(SERIES), None, CARD
        )
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_network_of_too_many_tensors_is_refused(tmp_path):
    many = [
        {"op": "recurrent", "name": f"r{i}", "cell": "gru", "hidden_size": 1, "layers": 64} for i in range(60)
    ]
    header, files = parts()
    header["network"]["ops"] = [*many, {"op": "pool", "kinds": ["last"]}, {"op": "head", "size": 2}]
    put(tmp_path / "m", header, files)
    refused(lambda: model.load(tmp_path / "m"), "invalid weights", saying="15362 tensors")


def test_a_network_without_weights_is_a_model(tmp_path):
    spec = ClassifyModel(
        task="classify",
        columns=SERIES.columns,
        preprocessing=Series(channels=("x", "y"), scale="none", center=(0.0, 0.0), spread=(1.0, 1.0)),
        network=Network(input="steps", input_size=2, ops=(Pool(kinds=("mean",)),)),
        answer=Classes(labels=("x", "y")),
        recipe=ClassifyOptions(),
        training=RECORD,
    )
    model.save(tmp_path / "m", spec, {}, None, CARD)
    assert model.load(tmp_path / "m").tensors == {}
    assert model.describe(tmp_path / "m")["dtype"] is None


def change_at(path: str, value):
    """Return a change of a manifest: the value at a dotted path is replaced (or added)."""

    def change(top):
        *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
        for part in way:
            top = top[part]
        top[last] = value

    return change


STRANGE = [
    ("task", "pickle"),
    ("network.ops.1.op", "torch.nn.GRU"),
    ("network.ops.1.op", "Lambda"),
    ("network.ops.1.op", "__import__('os').system"),
    ("network.ops.1.cell", "os.system"),
    ("network.ops.1.activation", "relu"),
    ("network.ops.1.class_name", "GRU"),
    ("network.ops.1.module", "keras.layers"),
    ("network.ops.1.function", "bGFtYmRhOiAx"),
    ("network.$ref", "#/definitions/x"),
    ("network.__reduce__", ["os.system", ["true"]]),
    ("preprocessing.url", "http://example.com/x"),
    ("preprocessing.vocabulary_file", "../x"),
    ("recipe.network.cell", "!!python/object:os.system"),
    ("weights", "/etc/passwd"),
    ("network.ops.1.name", "a.b"),
    ("network.ops.1.name", "../x"),
    ("network.ops.1.name", "a\nb"),
    ("network.ops.3.name", "recurrent"),
    ("network.input", "tokens"),
    ("network.input_size", 4),
    ("network.ops.1.hidden_size", 2**31),
    ("network.ops.1.hidden_size", "5"),
    ("network.ops.1.hidden_size", 5.0),
    ("network.ops.1.hidden_size", True),
    ("network.ops.1.layers", 10**9),
    ("network.ops", []),
]


@pytest.mark.parametrize(("path", "value"), STRANGE, ids=[f"{path}={value}" for path, value in STRANGE])
def test_m2_m3_a_manifest_can_only_say_what_the_spec_knows(tmp_path, path, value):
    reseal(good(tmp_path / "m"), change_at(path, value))
    error = refused(lambda: model.load(tmp_path / "m"), "invalid manifest", naming="manifest.json")
    field = path.split(".")[0]
    assert error.hint.startswith((field, "the whole")), error.hint


def keys_and_formats(schema):
    """Return every property name and every string format in a JSON schema."""
    if isinstance(schema, list):
        return {found for item in schema for found in keys_and_formats(item)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {})) | {f"format:{schema[key]}" for key in schema if key == "format"}
    return own.union(*[keys_and_formats(item) for item in schema.values()])


def test_m3_no_key_of_the_manifest_is_a_path_a_url_or_code():
    found = keys_and_formats(ClassifyModel.model_json_schema())
    assert {"task", "cell", "labels"} <= found
    words = {word for key in found for word in re.split(r"[_:]", key)}
    assert not words & {
        "path",
        "file",
        "files",
        "dir",
        "directory",
        "url",
        "uri",
        "module",
        "function",
        "code",
    }


BOUNDED = [
    ("answer.labels", ["no", "no"], "answer: Value error, the label 'no' stands 2 times"),
    ("answer.labels", ["no", 1], "answer.labels.1: Input should be a valid string, found 1"),
    ("answer.labels", ["no", None], "answer.labels.1"),
    ("answer.labels", ["no"], "answer.labels: Tuple should have at least 2 items"),
    ("answer.labels", ["no", "yes", "perhaps"], "size 2 for 3 labels"),
    ("answer.labels", [str(i) for i in range(100_001)], "answer.labels: Tuple should have at most 100000"),
    ("answer.labels", {"no": 0}, "answer.labels"),
    (
        "preprocessing.spread",
        [1.0, 0.0, 1.0],
        "preprocessing.series.spread.1: Input should be greater than 0",
    ),
    ("preprocessing.spread", [1.0, -1.0, 1.0], "preprocessing.series.spread.1"),
    ("preprocessing.spread", [1.0, "1", 1.0], "preprocessing.series.spread.1"),
    ("preprocessing.spread", [1.0], "3 channels, 3 centers, 1 spreads"),
    ("preprocessing.channels", ["x", "x", "z"], "named twice"),
    ("preprocessing.channels", [], "preprocessing.series.channels"),
]


@pytest.mark.parametrize(("path", "value", "saying"), BOUNDED, ids=[case[2][:60] for case in BOUNDED])
def test_m28_preprocessing_and_labels_are_checked_and_bounded(tmp_path, path, value, saying):
    reseal(good(tmp_path / "m"), change_at(path, value))
    refused(lambda: model.load(tmp_path / "m"), "invalid manifest", naming="manifest.json", saying=saying)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_m28_a_scale_that_is_no_number_is_refused(tmp_path, number):
    file = good(tmp_path / "m") / "manifest.json"
    zeroed = re.sub(r'"sha256": "\w{64}"\n', f'"sha256": "{manifest.ZEROS}"\n', file.read_text())
    spoiled = zeroed.replace("[1.0, 2.0, 0.5]", f"[1.0, {number}, 0.5]")
    assert spoiled != zeroed
    head, _, tail = spoiled.rpartition(manifest.ZEROS)
    file.write_text(head + manifest.digest(spoiled.encode()) + tail)
    refused(lambda: model.load(tmp_path / "m"), "invalid JSON", saying="no finite number")


def test_m28_a_million_labels_are_refused_soon(tmp_path):
    reseal(good(tmp_path / "m"), change_at("answer.labels", ["a"] * 10**6))
    refused(lambda: model.load(tmp_path / "m"), "too large")


@pytest.mark.parametrize("text", ["../x", "a\0b", "a\nb", "\x1b[31mred", "\u202eabc", "x" * 4096])
def test_m15_labels_may_say_anything_short(tmp_path, text):
    spec = SERIES.model_copy(update={"answer": Classes(labels=("no", text))})
    model.save(tmp_path / "m", spec, weights(SERIES), None, CARD)
    assert model.load(tmp_path / "m").model.answer.labels == ("no", text)


@pytest.mark.parametrize("text", ["x" * 4097, "x" * 10**6])
def test_m15_long_texts_are_refused(tmp_path, text):
    reseal(good(tmp_path / "m"), change_at("training.metric", text))
    refused(lambda: model.load(tmp_path / "m"), "invalid JSON", saying="at most 4096")


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "\u202eabc", "a\0b", "x" * 4000])
def test_m15_what_is_found_is_escaped_and_cut_in_messages(tmp_path, text):
    reseal(good(tmp_path / "m"), change_at("network." + text.replace(".", ""), text))
    refused(lambda: model.load(tmp_path / "m"), "invalid manifest")


def test_m26_files_are_as_open_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        good(tmp_path / "m")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "m").iterdir()}
    assert modes == {0o644}
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o755


def test_extreme_numbers_are_loaded_as_they_were(tmp_path):
    numbers = (5e-324, 0.1, 1 / 3)
    series = Series(channels=("x", "y", "z"), scale="standard", center=(-0.0, 1e300, 2.0), spread=numbers)
    spec = SERIES.model_copy(update={"preprocessing": series})
    model.save(tmp_path / "m", spec, weights(SERIES), None, CARD)
    assert model.load(tmp_path / "m").model.preprocessing == series
