"""Videos on the command line: trained on, judged and answered for from folders, tables and files."""

import json

import numpy as np
import pytest

import videos

OPTIONS = ("--frame-size", "12", "--hidden-size", "8", "--epochs", "3", "--threads", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("videos") / "data"
    for number in range(8):
        kind = ("left", "right")[number % 2]
        (root / kind).mkdir(parents=True, exist_ok=True)
        videos.write(root / kind / f"{number}.mp4", videos.moving(5, kind == "right", seed=number))
    lines = [f"data/{('left', 'right')[n % 2]}/{n}.mp4,{n % 2}" for n in range(8)]
    (root.parent / "clips.csv").write_text("\n".join(["path,kind", *lines]) + "\n")
    return root


@pytest.fixture(scope="module")
def model(ostinato, folder):
    path = folder.parent / "model"
    options = ("--folds", "0", "--valid-fraction", "0", *OPTIONS)
    process = ostinato("train", "classify", folder, "--out", path, *options)
    assert process.returncode == 0, process.stderr
    assert f"Read     {folder}: 8 videos, 40 frames in all, 2 classes" in process.stdout
    return path


def test_a_folder_is_judged_and_the_report_shows_frames_and_belief(ostinato, folder, model):
    report = folder.parent / "report.html"
    process = ostinato("evaluate", model, folder, "--json", "--report", report)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["sequences"] == 8
    assert all(len(one["belief"]) == 5 for one in found["attributions"])
    page = report.read_text()
    assert "What was believed along time" in page
    assert "data:image/png;base64" in page


def test_files_folders_and_tables_are_answered_for(ostinato, folder, model):
    whole = ostinato("predict", model, folder)
    assert whole.returncode == 0, whole.stderr
    rows = dict(line.split(",", 1) for line in whole.stdout.splitlines())
    one = ostinato("predict", model, folder / "left" / "0.mp4")
    label, *alone = one.stdout.splitlines()[1].split(",")[1:]
    same, *together = rows["left/0.mp4"].split(",")
    assert label == same
    assert [*map(float, alone)] == pytest.approx([*map(float, together)], abs=1e-5)
    flat = ostinato("predict", model, folder / "right")
    assert len(flat.stdout.splitlines()) == 5
    (folder.parent / "new.csv").write_text(f"video\n{folder / 'left' / '0.mp4'}\n")
    listed = ostinato("predict", model, folder.parent / "new.csv")
    assert listed.stdout.splitlines()[1].split(",")[1] == label


def test_a_table_names_the_videos(ostinato, folder):
    path = folder.parent / "of-table"
    columns = ("--video", "path", "--label", "kind", "--valid", folder.parent / "clips.csv")
    process = ostinato("train", "classify", folder.parent / "clips.csv", "--out", path, *columns, *OPTIONS)
    assert process.returncode == 0, process.stderr
    answers = ostinato("predict", path, folder.parent / "clips.csv")
    assert len(answers.stdout.splitlines()) == 9


def test_a_video_without_length_is_one_line_and_nothing_is_written(ostinato, folder, tmp_path):
    for kind in ("left", "right"):
        (tmp_path / "data" / kind).mkdir(parents=True)
    videos.write(tmp_path / "data" / "left" / "a.mp4", videos.moving(5, False))
    videos.write(tmp_path / "data" / "right" / "b.mp4", np.zeros((0, 12, 12), np.uint8))
    process = ostinato("train", "classify", tmp_path / "data", "--out", tmp_path / "model")
    assert process.returncode == 1
    assert process.stderr == (
        f"Error: {tmp_path}/data/right/b.mp4: the video has no frame; remove it, or make it again.\n"
    )
    assert not [*tmp_path.glob("model*")]


def test_it_is_said_what_the_model_reads(ostinato, model):
    assert "reads     video of grey frames of 12 by 12, 10 a second" in ostinato("inspect", model).stdout


def write_walks(path, recordings=6):
    """Write long series of two kinds, slow and fast swings."""
    lines = ["id,x,kind"]
    for number in range(recordings):
        kind = ("slow", "fast")[number % 2]
        for step in range(40 + number):
            swing = np.sin(step * (0.3 if kind == "slow" else 1.5) + number)
            lines.append(f"r{number},{swing:.4f},{kind}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_windows_are_answered_for_one_by_one_and_by_their_mean(ostinato, tmp_path):
    data = write_walks(tmp_path / "walks.csv")
    columns = ("--label", "kind", "--sequence", "id", "--window", "10", "--valid-fraction", "0")
    shape = ("--hidden-size", "8", "--epochs", "3", "--threads", "1")
    process = ostinato("train", "classify", data, "--out", tmp_path / "model", *columns, *shape)
    assert process.returncode == 0, process.stderr
    whole = ostinato("predict", tmp_path / "model", data).stdout.splitlines()[1:]
    single = ostinato("predict", tmp_path / "model", data, "--per-window").stdout.splitlines()[1:]
    assert len(whole) == 6
    assert single[0].startswith('"r0, steps 1-10",')
    means = {}
    for line in single:
        means.setdefault(line[1:3], []).append(float(line.rsplit(",", 2)[1]))
    for line in whole:
        name, _, probability, _ = line.split(",")
        assert float(probability) == pytest.approx(np.mean(means[name]), abs=1e-5)
    judged = json.loads(ostinato("evaluate", tmp_path / "model", data, "--per-window", "--json").stdout)
    assert judged["sequences"] == len(single)


def test_a_model_without_windows_says_so(ostinato, folder, model):
    process = ostinato("predict", model, folder, "--per-window")
    assert process.returncode == 1
    assert process.stderr == ("Error: this model reads sequences whole: it was trained without --window.\n")
