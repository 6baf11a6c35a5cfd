"""Piano rolls: every sequence with its part, and nothing but 0 and 1 of 88 keys."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ostinato.errors import ArgumentError, DataError
from ostinato.read import Limits
from ostinato.read.rolls import KEYS, read_rolls

COUNTS = {  # sequences and frames of train, valid and test, as published
    "JSB_Chorales": [(229, 13_807), (76, 4_602), (77, 4_725)],
    "Nottingham": [(694, 176_561), (173, 45_513), (170, 44_463)],
}


def rolls(*lengths, dtype="u1"):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 2, size=(length, KEYS)).astype(dtype) for length in lengths]


def cells(arrays):
    content = np.empty((1, len(arrays)), dtype=object)
    for place, array in enumerate(arrays):
        content[0, place] = array
    return content


@pytest.fixture
def save(tmp_path):
    """Return a function that writes sequences to a .mat or .npz file."""

    def save(name, *arrays, **content):
        path = tmp_path / name
        if path.suffix == ".mat":
            savemat(path, {key: cells(arrays) for key, arrays in content.items()})
        else:
            np.savez(path, *arrays, **content)
        return path

    return save


def refused(path, limits=None):
    with pytest.raises(DataError) as caught:
        read_rolls(path, limits or Limits())
    message = str(caught.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize("name", COUNTS)
def test_the_published_files_have_their_counts(name):
    if "OSTINATO_DATA" not in os.environ:
        pytest.skip("OSTINATO_DATA does not say where the real data is")
    found = read_rolls(Path(os.environ["OSTINATO_DATA"], "music_pianoroll", f"{name}.mat"))
    parts = [found.part(part) for part in ("train", "valid", "test")]
    assert [(len(part), sum(map(len, part.values))) for part in parts] == COUNTS[name]


@pytest.mark.parametrize("dtype", ["u1", "f8", "?"])
def test_sequences_of_a_mat_file_have_their_parts(save, dtype):
    train, valid, test = rolls(3, 5, dtype=dtype), rolls(1, dtype=dtype), rolls(7, dtype=dtype)
    path = save("a.mat", traindata=train, validdata=valid, testdata=test)
    found = read_rolls(path)
    assert found.parts == ["train", "train", "valid", "test"]
    assert found.ids == ["train_1", "train_2", "valid_1", "test_1"]
    assert found.places[1] == f"{path}, traindata, sequence 2"
    for roll, expected in zip(found.values, [*train, *valid, *test], strict=True):
        np.testing.assert_array_equal(roll, expected.astype(np.uint8), strict=True)
        assert roll.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["u1", "f4", "?"])
def test_sequences_of_an_npz_file_have_their_parts(save, dtype):
    first, second = rolls(3, 5, dtype=dtype)
    found = read_rolls(save("a.npz", valid_b=first, train_a=second))
    assert (found.ids, found.parts) == (["valid_b", "train_a"], ["valid", "train"])
    np.testing.assert_array_equal(found.part("train").values[0], second.astype(np.uint8), strict=True)


def test_a_file_may_have_no_parts(save):
    found = read_rolls(save("a.npz", *rolls(3, 5)))
    assert (found.ids, found.parts) == (["arr_0", "arr_1"], None)
    with pytest.raises(DataError, match="have no part called train"):
        found.part("train")


def test_a_part_is_one_of_three(save):
    found = read_rolls(save("a.npz", train_1=rolls(3)[0]))
    with pytest.raises(ArgumentError, match="choose one of train, valid, test"):
        found.part("dev")
    with pytest.raises(DataError, match="have no part called test"):
        found.part("test")


def test_chosen_sequences_keep_their_names(save):
    found = read_rolls(save("a.npz", train_a=rolls(3)[0], test_b=rolls(5)[0]))
    chosen = found.select(np.array([1]))
    assert (chosen.ids, chosen.parts, len(chosen)) == (["test_b"], ["test"], 1)
    assert b"".join(found.content()).endswith(b"".join(chosen.content()))


def changed(value, dtype="f8"):
    roll = rolls(4, dtype=dtype)[0]
    roll[2, 39] = value
    return roll


@pytest.mark.parametrize("name", ["a.npz", "a.mat"])
@pytest.mark.parametrize(
    ("roll", "message"),
    [
        (changed(0.5), "frame 3, key 40: is 0.5; expected 0 or 1"),
        (changed(2, "u1"), "frame 3, key 40: is 2; expected 0 or 1"),
        (changed(np.nan), "frame 3, key 40: is nan"),
        (changed(-1, "i1"), "frame 3, key 40: is -1"),
        (np.zeros((3, 87)), "has shape (3, 87); expected (T, 88)"),
        (np.zeros((88, 3)), "has shape (88, 3)"),
        (np.zeros((0, 88)), "has shape (0, 88)"),
        (np.zeros((2, 3, 88)), "has shape (2, 3, 88)"),
    ],
)
def test_what_is_no_roll_is_refused_with_its_place(save, name, roll, message):
    good = rolls(3)[0]
    content = {"traindata": [good, roll]} if name == "a.mat" else {"train_1": good, "train_2": roll}
    place = "traindata, sequence 2" if name == "a.mat" else "'train_2'"
    told = refused(save(name, **content))
    assert f"{name}, {place}" in told
    assert message in told


def test_texts_and_objects_are_refused(save):
    assert "holds values of type <U1" in refused(save("a.npz", np.full((2, KEYS), "x")))
    assert "holds Python objects" in refused(save("a.npz", train_1=np.full((2, KEYS), None)))


def test_names_that_say_a_part_are_all_or_none(save):
    told = refused(save("a.npz", train_1=rolls(3)[0], extra=rolls(3)[0]))
    assert (
        "the name 'extra' says no part, but others do; begin all of them with train_, valid_, test_" in told
    )


def test_a_file_without_sequences_is_refused(save, tmp_path):
    assert "holds none of traindata, validdata, testdata" in refused(save("a.mat", x=rolls(3)))
    assert "holds no sequences" in refused(save("b.mat", traindata=[]))
    np.savez(tmp_path / "a.npz")
    assert "holds no sequences" in refused(tmp_path / "a.npz")
    with pytest.raises(ArgumentError, match=r"read from \.mat and \.npz"):
        read_rolls(tmp_path / "a.pickle")


def test_length_has_a_limit(save):
    assert "has 9 frames, above the limit of 8; split it" in refused(
        save("a.npz", *rolls(9)), Limits(steps=8)
    )


def test_an_npz_file_that_is_damaged_anywhere_is_refused_or_read(tmp_path):
    out = io.BytesIO()
    np.savez_compressed(out, train_1=rolls(3)[0])
    whole = out.getvalue()
    for place in range(0, len(whole), 3):
        (tmp_path / "a.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = read_rolls(tmp_path / "a.npz")
        except DataError:
            continue
        assert [roll.shape for roll in found.values] == [(3, KEYS)]
