"""Stretches of time with labels: every frame gets one, and what contradicts itself is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import videos
from ostinato.errors import DataError
from ostinato.read.stretches import Stretch, frame_labels
from ostinato.read.video import read_videos
from ostinato.spec.preprocessing import Columns

COLUMNS = Columns(label="kind", video="path", start="from", end="to")


def labels(*given, steps=6, background=None):
    placed = [Stretch(*one, f"row {number}") for number, one in enumerate(given, start=1)]
    return frame_labels(placed, steps, 10.0, background, "clip.mp4")


@given(border=st.integers(1, 29))
def test_a_frame_on_a_border_belongs_to_what_begins_there(border):
    found = labels((0, border / 10, "a"), (border / 10, 3, "b"), steps=30)
    assert found == ["a"] * border + ["b"] * (30 - border)


def test_frames_outside_of_every_stretch_have_the_background():
    assert labels((0.2, 0.4, "a"), background="-") == ["-", "-", "a", "a", "-", "-"]


def test_a_frame_without_a_label_is_refused_where_there_is_no_background():
    with pytest.raises(DataError, match=r"clip.mp4: no stretch says what is shown at 0.4 s; add one"):
        labels((0, 0.4, "a"))


def test_stretches_that_overlap_are_refused():
    with pytest.raises(DataError, match=r"row 1: begins at 0.3 s, before the one of row 2 ends"):
        labels((0.3, 1, "a"), (0, 0.4, "b"))


def read(folder, *rows, labelled=True):
    videos.write(folder / "a.mp4", videos.moving(4, True))
    (folder / "clips.csv").write_text("\n".join(["path,from,to,kind", *rows]) + "\n")
    return read_videos(folder / "clips.csv", COLUMNS, videos.FORM, labelled=labelled)


def test_the_rows_of_a_table_are_gathered_by_video(tmp_path):
    videos.write(tmp_path / "b.mp4", videos.moving(3, False))
    found = read(tmp_path, "a.mp4,0,2,x", "b.mp4,0,9,y", "a.mp4,2,9,y")
    assert found.ids == ["a.mp4", "b.mp4"]
    assert found.labels is None
    assert found.step_labels == [["x", "x", "y", "y"], ["y", "y", "y"]]  # without a rate frames are counted


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a.mp4,2,2,x", "line 2: ends at 2 s, not after its start at 2 s"),
        ("a.mp4,begin,2,x", "line 2, column 'from': .*expected seconds"),
        ("a.mp4,0,2,", "the label is blank"),
    ],
)
def test_a_row_that_is_no_stretch_is_refused(tmp_path, row, said):
    with pytest.raises(DataError, match=said):
        read(tmp_path, row)
