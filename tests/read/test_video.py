"""Videos from folders, tables and files: which ones, in which order, in which form, with which labels."""

import pytest

import videos
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits
from ostinato.read.video import chosen_form, find_videos, read_videos
from ostinato.spec.preprocessing import Columns


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(["right/a.mp4", "left/b.mkv", "left/a.avi"]):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        videos.write(path, videos.moving(5, name.startswith("right"), seed=number))
    return tmp_path / "data"


def table(folder, text):
    path = folder.parent / "clips.csv"
    path.write_text(text)
    return path


def test_class_folders_give_labels(folder):
    found = read_videos(folder, Columns(), videos.FORM, labelled=True)
    assert found.kind == "video"
    assert found.ids == ["left/a.avi", "left/b.mkv", "right/a.mp4"]
    assert found.columns == Columns(video="video", label="label")  # what a table for such a model has
    assert found.labels == ["left", "left", "right"]
    assert found.places == [f"{folder}/{name}" for name in found.ids]
    assert [clip.frames().shape for clip in found.values] == [(5, 12, 12, 1)] * 3


def test_a_folder_of_pictures_is_a_video(folder):
    (folder / "right" / "frames").mkdir()
    for number, picture in enumerate(videos.frames(3)):
        videos.write_picture(folder / "right" / "frames" / f"{number}.png", picture)
    found = read_videos(folder, Columns(), videos.FORM, labelled=True)
    assert [len(clip) for clip in found.values] == [5, 5, 5, 3]


def test_a_table_names_videos_relative_to_itself(folder):
    path = table(folder, "path,kind\ndata/right/a.mp4,r\ndata/left/b.mkv,l\n")
    columns = Columns(label="kind", video="path")
    found = read_videos(path, columns, videos.FORM, labelled=True)
    assert (found.ids, found.labels) == (["data/right/a.mp4", "data/left/b.mkv"], ["r", "l"])
    assert found.places == [f"{path}, line 2", f"{path}, line 3"]
    assert found.columns == columns


def test_labels_are_not_needed_to_predict(folder):
    assert read_videos(folder / "left", Columns(), videos.FORM, labelled=False).labels is None
    assert read_videos(folder / "left" / "b.mkv", Columns(), videos.FORM, labelled=False).ids == ["b.mkv"]
    path = table(folder, "path\ndata/left/b.mkv\n")
    columns = Columns(label="kind", video="path")
    assert read_videos(path, columns, videos.FORM, labelled=False).labels is None


def test_the_rate_that_most_videos_have_is_chosen(tmp_path):
    rates = [10, 10, 25]
    paths = [videos.write(tmp_path / f"{i}.mp4", videos.frames(3), rate) for i, rate in enumerate(rates)]
    assert chosen_form(paths).frame_rate == 10
    assert chosen_form(paths[2:]).frame_rate == 12.5
    assert chosen_form(paths, 32, True, 5.0).model_dump() == {
        "height": 32,
        "width": 32,
        "channels": 3,
        "frame_rate": 5.0,
    }


def test_pictures_alone_have_no_rate(tmp_path):
    videos.write_picture(tmp_path / "1.png", videos.frames(1)[0])
    assert chosen_form([tmp_path]).frame_rate is None


@pytest.mark.parametrize(
    ("columns", "text", "error", "said"),
    [
        (Columns(label="kind"), "path,kind\na,b\n", ArgumentError, "which column holds the paths"),
        (Columns(video="path"), "path,kind\na,b\n", DataError, "which column holds the label"),
        (Columns(video="file", label="kind"), "path,kind\na,b\n", DataError, "has no column 'file'"),
        (Columns(video="path", label="kind"), "path,kind\na,\n", DataError, "the label is blank"),
        (Columns(video="path", label="kind"), "path,kind\na,b\na,c\n", DataError, "stands in"),
    ],
)
def test_a_table_that_does_not_name_them_is_refused(folder, columns, text, error, said):
    with pytest.raises(error, match=said):
        find_videos(table(folder, text), columns, labelled=True)


def test_what_holds_no_videos_is_refused(folder):
    with pytest.raises(DataError, match="none: no such file"):
        find_videos(folder.parent / "none", Columns(), labelled=True)
    with pytest.raises(DataError, match="is one video without a label"):
        find_videos(folder / "left" / "b.mkv", Columns(), labelled=True)
    (folder.parent / "words.txt").touch()
    with pytest.raises(DataError, match="expected a folder of class folders, a table, or a video"):
        find_videos(folder.parent / "words.txt", Columns(), labelled=True)
    with pytest.raises(DataError, match="above the limit of 2"):
        find_videos(folder, Columns(), labelled=True, limits=Limits(rows=2))
