"""Recordings with labels: from folders, tables, files and memory."""

import numpy as np
import pytest

from ostinato.errors import ArgumentError, DataError
from ostinato.read.audio import audio_from_arrays, read_audio
from ostinato.spec.preprocessing import Columns
from sounds import RATE, tone, tones, write

pytest.importorskip("soundfile", reason="sound needs ostinato[audio]")
pytest.importorskip("soxr", reason="sound needs ostinato[audio]")

TABLE = Columns(audio="file", label="what")


def test_folders_are_classes(tmp_path):
    found = read_audio(tones(tmp_path / "tones", count=2), Columns(), labelled=True)
    assert found.ids == ["high/0.wav", "high/1.wav", "low/0.wav", "low/1.wav"]
    assert found.labels == ["high", "high", "low", "low"]
    assert (found.kind, found.sample_rate) == ("audio", RATE)
    assert all(values.dtype == np.float32 and values.ndim == 1 for values in found.values)


def test_a_table_names_files_beside_it(tmp_path):
    write(tmp_path / "sub" / "a.wav", tone(300))
    write(tmp_path / "b.flac", tone(1200))
    (tmp_path / "list.csv").write_text("file,what\nsub/a.wav,low\nb.flac,high\n")
    found = read_audio(tmp_path / "list.csv", TABLE, labelled=True)
    assert (found.ids, found.labels) == (["sub/a.wav", "b.flac"], ["low", "high"])
    assert found.columns == TABLE
    again = read_audio(tmp_path / "list.csv", Columns(audio="file"), labelled=False)
    assert again.labels is None


def test_all_are_resampled_to_the_lowest_rate_or_the_one_named(tmp_path):
    write(tmp_path / "a" / "1.wav", tone(300, rate=44_100), 44_100)
    write(tmp_path / "b" / "1.wav", tone(300, rate=22_050), 22_050)
    found = read_audio(tmp_path, Columns(), labelled=True)
    assert (found.sample_rate, [len(values) for values in found.values]) == (16_000, [3200, 3200])
    assert read_audio(tmp_path, Columns(), 8_000, labelled=True).sample_rate == 8_000
    write(tmp_path / "b" / "2.wav", tone(300))
    assert read_audio(tmp_path, Columns(), labelled=True).sample_rate == 8_000


def test_one_file_and_a_folder_of_files_have_no_labels(tmp_path):
    path = write(tmp_path / "one.wav", tone(300))
    alone, folder = (read_audio(where, Columns(), labelled=False) for where in (path, tmp_path))
    assert (alone.ids, alone.labels) == (folder.ids, folder.labels) == (["one.wav"], None)
    with pytest.raises(DataError, match=r"one\.wav: stands in no class folder"):
        read_audio(tmp_path, Columns(), labelled=True)


def test_one_file_cannot_say_its_label(tmp_path):
    path = write(tmp_path / "one.wav", tone(300))
    with pytest.raises(DataError, match=r"one\.wav: is one recording, whose label nothing says"):
        read_audio(path, Columns(), labelled=True)


def test_what_can_name_no_files_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none: no such file; check the path"):
        read_audio(tmp_path / "none", TABLE, labelled=True)
    (tmp_path / "x.npz").touch()
    with pytest.raises(DataError, match=r"x\.npz: is no folder and no table"):
        read_audio(tmp_path / "x.npz", TABLE, labelled=True)


def test_the_row_of_a_bad_file_is_named(tmp_path):
    write(tmp_path / "a.wav", tone(300))
    (tmp_path / "list.csv").write_text("file,what\na.wav,low\nb.wav,high\n")
    with pytest.raises(DataError, match=r"list\.csv, line 3, column 'file': .*b\.wav: no such file"):
        read_audio(tmp_path / "list.csv", TABLE, labelled=True)


def test_tables_must_say_what_is_what(tmp_path):
    write(tmp_path / "a.wav", tone(300))
    (tmp_path / "list.csv").write_text("file,what\na.wav,low\na.wav,high\n")
    with pytest.raises(ArgumentError, match="--audio"):
        read_audio(tmp_path / "list.csv", Columns(label="what"), labelled=True)
    with pytest.raises(DataError, match="--label"):
        read_audio(tmp_path / "list.csv", Columns(audio="file"), labelled=True)
    with pytest.raises(DataError, match=r"stands in .* already"):
        read_audio(tmp_path / "list.csv", TABLE, labelled=True)
    with pytest.raises(ArgumentError, match="reads sound alone"):
        read_audio(tmp_path / "list.csv", Columns(audio="file", text="what"), labelled=False)


def test_other_files_in_a_folder_are_named(tmp_path):
    folder = tones(tmp_path / "tones", count=1)
    (folder / "low" / ".hidden").touch()
    read_audio(folder, Columns(), labelled=True)
    (folder / "low" / "notes.txt").touch()
    with pytest.raises(DataError, match=r"notes\.txt: is none of the sound files"):
        read_audio(folder, Columns(), labelled=True)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="the folder is empty"):
        read_audio(tmp_path, Columns(), labelled=True)


@pytest.mark.parametrize(
    "samples", [np.zeros((8, 2)), np.zeros(0), np.zeros(8, np.int16), np.array([0.0, np.inf]), "hum"]
)
def test_arrays_that_are_no_sound_are_refused(samples):
    with pytest.raises(DataError, match=r"X\[1\]"):
        audio_from_arrays([tone(300), samples], None, RATE)


def test_what_was_read_changes_the_fingerprint(tmp_path):
    found = audio_from_arrays([tone(300)], ["low"], RATE)
    other = audio_from_arrays([tone(300)], ["low"], 2 * RATE)
    assert list(found.content()) != list(other.content())
