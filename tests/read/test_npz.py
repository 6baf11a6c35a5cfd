"""NumPy's own files (case D24)."""

import io
import zipfile

import numpy as np
import pytest

from ostinato.errors import DataError
from ostinato.read import Limits, read
from ostinato.spec.preprocessing import Columns

BUILT_IN = Columns()


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        path = tmp_path / "a.npz"
        np.savez(path, **arrays)
        return path

    return save


def test_series_and_labels_are_read(save):
    sequences = read(save(X=np.ones((2, 4, 3)), y=np.array(["NA", "up"])), BUILT_IN, labelled=True)
    assert [value.shape for value in sequences.values] == [(4, 3), (4, 3)]
    assert sequences.labels == ["NA", "up"]
    assert sequences.channels == ("channel_1", "channel_2", "channel_3")


def test_x_alone_is_for_prediction(save, tmp_path, refusal):
    assert read(save(X=np.ones((2, 4))), BUILT_IN, labelled=False).labels is None
    np.save(tmp_path / "a.npy", np.ones((2, 4)))
    assert read(tmp_path / "a.npy", BUILT_IN, labelled=False).values[0].shape == (4, 1)
    assert "holds X; expected an array X and, for labelled data, y" in refusal(tmp_path / "a.npy", BUILT_IN)


def test_d24_python_objects_are_refused(tmp_path, refusal):
    for name, save in (("a.npy", np.save), ("a.npz", lambda path, X: np.savez(path, X=X))):
        save(tmp_path / name, np.array([{"a": 1}, None], dtype=object))
        assert "X holds Python objects" in refusal(tmp_path / name, BUILT_IN, labelled=False)


def test_d24_a_pickle_is_refused(write, refusal):
    assert "X is no NumPy array" in refusal(write("a.npy", b"\x80\x04K\x01."), BUILT_IN, labelled=False)


def test_d24_a_shape_that_the_file_cannot_hold_is_refused(tmp_path, refusal):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**40)}
    )
    (tmp_path / "a.npy").write_bytes(header.getvalue() + b"\0" * 64)
    assert "declares shape" in refusal(tmp_path / "a.npy", BUILT_IN, labelled=False)


def test_d21_a_bomb_is_refused(tmp_path, refusal):
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((10_000, 400)))
    assert "above the limit" in refusal(tmp_path / "a.npz", BUILT_IN, labelled=False)


@pytest.mark.parametrize("length", [0, 10, 100, 200])
def test_damaged_files_are_refused(save, tmp_path, refusal, length):
    whole = save(X=np.ones((2, 4))).read_bytes()
    (tmp_path / "b.npz").write_bytes(whole[:length])
    message = refusal(tmp_path / "b.npz", BUILT_IN, labelled=False)
    assert "is damaged" in message or "is no NumPy array" in message


def test_a_changed_byte_is_refused(save, tmp_path, refusal):
    whole = bytearray(save(X=np.ones((2, 4))).read_bytes())
    whole[150] ^= 0xFF
    (tmp_path / "b.npz").write_bytes(whole)
    assert "b.npz" in refusal(tmp_path / "b.npz", BUILT_IN, labelled=False)


def test_compressed_data_that_is_damaged_anywhere_is_refused_or_whole(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", X=np.ones((2, 4)))
    whole = (tmp_path / "a.npz").read_bytes()
    for place in range(len(whole)):
        (tmp_path / "b.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            sequences = read(tmp_path / "b.npz", BUILT_IN, labelled=False)
        except DataError:
            continue
        assert np.stack(sequences.values).tolist() == np.ones((2, 4, 1)).tolist()


def test_values_that_are_not_finite_are_refused(save, refusal):
    message = refusal(save(X=np.array([[1.0, np.nan]])), BUILT_IN, labelled=False)
    assert "a.npz: X[0], step 1, channel 0: NaN" in message


def test_channels_must_be_the_models(save, refusal):
    message = refusal(save(X=np.ones((2, 4))), Columns(inputs=("x",)), labelled=False)
    assert "its channels are called channel_1; expected x" in message


def test_a_foreign_zip_is_refused(tmp_path, refusal):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("../evil.npy", b"")
    assert "expected an array X" in refusal(tmp_path / "a.npz", BUILT_IN, labelled=False)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npz"]


def test_size_has_a_limit(save, refusal):
    message = refusal(save(X=np.ones((2, 400))), BUILT_IN, labelled=False, limits=Limits(bytes=1000))
    assert "above the limit" in message or "more than the limit" in message
