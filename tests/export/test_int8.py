"""A model of 8-bit weights: loaded as any other, and near the one that it was made from."""

from pathlib import Path

import numpy as np
import pytest

import model_files
from model_files import SERIES, TEXT, good, put, refused
from ostinato import runtime
from ostinato.archive import int8 as stored
from ostinato.archive import model as archive
from ostinato.archive import tensors
from ostinato.errors import ArgumentError
from ostinato.export import int8
from ostinato.spec.network import Network, Recurrent

ROWS = np.random.default_rng(0).normal(size=(30, 3))
MATRICES = ["recurrent.weight_ih_l0", "recurrent.weight_hh_l0"]


@pytest.fixture
def both(tmp_path):
    """Return the directories of a model before and after."""
    before = good(tmp_path / "before")
    int8.export(before, tmp_path / "after")
    return before, tmp_path / "after"


def test_its_answers_are_near(both):
    before, after = map(runtime.load, both)
    assert (before.network.kernels, after.network.kernels) == ("native", "int8")
    expected = before.stream().push(ROWS)
    found = after.stream().push(ROWS)
    assert 0 < np.abs(found - expected).max() < 0.03
    np.testing.assert_allclose(after.probabilities([ROWS])[0], found[-1], rtol=0, atol=1e-5)
    numpy = runtime.load(both[1], kernels="numpy").stream().push(ROWS)
    np.testing.assert_allclose(numpy, expected, rtol=0, atol=0.03)


def test_native_kernels_find_the_same_integers_again(both):
    """What is loaded is rounded once more, to the same integers."""
    saved = archive.load(both[1])
    again = stored.stored(saved.model.network, saved.tensors)
    once = stored.stored(saved.model.network, archive.load(both[0]).tensors)
    for name in MATRICES:
        assert again[name].dtype == np.int8
        np.testing.assert_array_equal(again[name], once[name])
        np.testing.assert_allclose(saved.tensors[name], archive.load(both[0]).tensors[name], atol=0.01)


def test_only_the_matrices_of_recurrent_layers_are_rounded(both):
    before, after = (archive.load(place).tensors for place in both)
    for name, array in before.items():
        assert after[name].dtype == np.float32
        assert np.array_equal(after[name], array) == (name not in MATRICES)


def test_it_is_another_model_whose_states_are_its_own(both):
    before, after = map(runtime.load, both)
    assert before.fingerprint() != after.fingerprint()
    assert after.restore(after.stream().state()).steps == 0


def test_the_file_is_smaller(tmp_path):
    first, recurrent, *rest = SERIES.network.ops
    ops = (first, recurrent.model_copy(update={"hidden_size": 64}), *rest)
    wide = SERIES.model_copy(update={"network": SERIES.network.model_copy(update={"ops": ops})})
    int8.export(good(tmp_path / "before", wide), tmp_path / "after")
    before, after = ((tmp_path / name / archive.WEIGHTS).stat().st_size for name in ("before", "after"))
    assert after < before / 3


@pytest.mark.parametrize("row", [[0.0, 0.0], [1e-30, -1e-30], [3.0, -1.5]])
def test_a_row_is_rounded_by_its_largest(row):
    network = Network(input="steps", input_size=2, ops=(Recurrent(cell="rnn_tanh", hidden_size=1),))
    given = {name: np.zeros(shape, np.float32) for name, shape in network.tensors().items()}
    given["recurrent.weight_ih_l0"][:] = row
    found = stored.restored(network, stored.stored(network, given))["recurrent.weight_ih_l0"][0]
    np.testing.assert_allclose(found, row, rtol=0, atol=np.abs(row).max() / 254 * 1.001)


def test_a_model_that_reads_both_ways_and_one_of_int8_are_refused(both, tmp_path):
    with pytest.raises(ArgumentError, match="op 'recurrent' reads both ways; int8 is for"):
        int8.export(good(tmp_path / "text", TEXT), tmp_path / "out")
    with pytest.raises(ArgumentError, match="int8 weights already"):
        int8.export(both[1], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _dropped(found):
    del found["recurrent.weight_ih_l0.scale"]


def _floats(found):
    found["recurrent.weight_ih_l0"] = found["recurrent.weight_ih_l0"].astype(np.float32)


def _more(found):
    found["head.weight"] = np.ones_like(found["head.weight"], np.int8)


def _short(found):
    found["recurrent.weight_hh_l0.scale"] = found["recurrent.weight_hh_l0.scale"][1:]


@pytest.mark.parametrize("change", [_dropped, _floats, _more, _short])
def test_weights_of_other_forms_are_refused(tmp_path, change):
    model = SERIES.model_copy(update={"precision": "int8"})
    found = stored.stored(model.network, model_files.weights(SERIES))
    change(found)
    files = {archive.WEIGHTS: tensors.encode("x", found), archive.CARD: b"# card\n"}
    place = put(tmp_path / "model", model.model_dump(mode="json"), files)
    refused(lambda: archive.load(place), "wrong weights")


def test_int8_weights_are_no_floats_model(tmp_path):
    found = stored.stored(SERIES.network, model_files.weights(SERIES))
    files = {archive.WEIGHTS: tensors.encode("x", found), archive.CARD: b"# card\n"}
    refused(
        lambda: archive.load(put(tmp_path / "model", SERIES.model_dump(mode="json"), files)), "wrong weights"
    )


def test_a_spec_that_claims_it_of_a_model_both_ways_is_refused(tmp_path):
    header = TEXT.model_copy(update={"precision": "int8"}).model_dump(mode="json")
    _, files = model_files.parts(TEXT)
    refused(lambda: archive.load(put(tmp_path / "model", header, files)), "wrong weights", saying="int8")


def test_scores_before_and_after_are_compared(both, tmp_path):
    random = np.random.default_rng(0)
    rows = ["sequence,x,y,z,class"]
    for number in range(8):
        for _ in range(5):
            rows.append(
                f"{number},{','.join(f'{v:.3f}' for v in random.normal(size=3))},{('no', 'yes')[number % 2]}"
            )
    data = Path(tmp_path / "data.csv")
    data.write_text("\n".join(rows) + "\n")
    spec = SERIES.model_copy(update={"columns": SERIES.columns.model_copy(update={"sequence": "sequence"})})
    before = good(tmp_path / "judged", spec)
    int8.export(before, tmp_path / "rounded")
    found = int8.compare(before, tmp_path / "rounded", data)
    assert found["accuracy"].before >= 0
    assert abs(found["accuracy"].before - found["accuracy"].after) <= 0.25
