"""Videos as sequences of frames: a folder of class folders, a table of paths, or a single file."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ostinato.errors import ArgumentError, DataError
from ostinato.read.clip import Clip
from ostinato.read.clips import KEPT, clips_of
from ostinato.read.decode import pictures, rate_of
from ostinato.read.files import TABLES, ending, load_table
from ostinato.read.folders import read_folders
from ostinato.read.labels import check_unique, checked_labels, ids_of
from ostinato.read.limits import Limits
from ostinato.read.sequences import Sequences
from ostinato.read.source import named, require_there
from ostinato.read.stretches import Stretch, frame_labels, stretches
from ostinato.read.table import Table
from ostinato.spec.preprocessing import Columns
from ostinato.spec.video import FrameForm

VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".gif"),
    *(".wmv", ".flv", ".ogv", ".3gp", ".mts", ".m2ts"),
)
"""The endings by which videos are known in folders; a table may name any file that FFmpeg can read."""

MOST_RATE = 15
"""Frames a second at most, where none are asked for."""

FRAME_SIZE = 64
"""Pixels on each side of a frame, where none are asked for."""

FOLDER = Columns(label="label", video="video")
"""What a model that learnt from a folder looks for in a table."""

_WHAT = f"videos ({', '.join(VIDEOS)}, or folders of pictures)"
_DEFAULT = Limits()


@dataclass(frozen=True)
class Found:
    """Videos that were found and not yet opened.

    Args:
        paths: files, or folders of pictures.
        ids: one name each, unique.
        labels: one each, or None where there are none.
        places: where each stands, for messages.
        columns: of the table that names them.
        stretches: of each, where frames are labelled.
    """

    paths: list[Path]
    ids: list[str]
    labels: list[str] | None
    places: list[str]
    columns: Columns
    stretches: list[list[Stretch]] | None = None


def is_video(path: Path) -> bool:
    """Return whether a path is a video by its name, or a folder of pictures."""
    return bool(pictures(path)) if path.is_dir() else path.suffix.lower() in VIDEOS


def holds_videos(folder: Path) -> bool:
    """Return whether a path is a folder with a video in it, or in a class folder of it."""
    if not folder.is_dir():
        return False
    entries = sorted(folder.iterdir())
    inside = (path for entry in entries if entry.is_dir() for path in sorted(entry.iterdir()))
    return any(map(is_video, entries)) or any(map(is_video, inside))


def read_videos(
    path: str | os.PathLike[str],
    columns: Columns,
    form: FrameForm | None = None,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
    memory: int = KEPT,
) -> Sequences:
    """Read videos; a step is a frame.

    A folder holds a folder for each label, with the videos in it; a video may itself be a folder of pictures.
    A table names videos in ``columns.video``, their paths relative to it, and labels in ``columns.label``.
    With ``columns.start`` and ``columns.end`` a row is a stretch of a video, and its label that of the frames
    in it; pictures in a folder are counted, not timed: the first is 0, the second 1.
    Every video is decoded once, several at a time, so that each is known to be sound; frames are kept as far
    as they fit.

    Args:
        path: a folder, a table, or one video.
        columns: what each column of a table is for.
        form: what frames are made to be; None: what ``chosen_form`` chooses.
        labelled: whether every video must have a label.
        limits: ``rows`` is how many there may be; the others are for one of them.
        memory: bytes of frames that are kept at most.

    Raises:
        ArgumentError: a table's columns do not fit videos.
        DataError: a video cannot be used, or what should name or hold one.
        MissingExtraError: PyAV is not installed.
    """
    found = find_videos(Path(path), columns, labelled=labelled, limits=limits)
    form = chosen_form(found.paths) if form is None else form
    clips = clips_of(found.paths, form, limits, memory)
    return Sequences(
        kind="video",
        values=clips,
        ids=found.ids,
        labels=found.labels,
        places=found.places,
        columns=found.columns,
        step_labels=None if found.stretches is None else _of_frames(found.stretches, clips, columns),
    )


def find_videos(path: Path, columns: Columns, *, labelled: bool, limits: Limits = _DEFAULT) -> Found:
    """Return the videos of a folder, of a table, or the one that the path is; none is opened."""
    if is_video(path):
        labels = _no_labels(path) if labelled else None
        return Found([path], [path.name], labels, [named(path)], columns)
    if path.is_dir():
        return _in_folder(path, labelled, limits)
    return _in_table(path, columns, labelled, limits)


def chosen_form(
    paths: Sequence[Path], size: int | None = None, colour: bool = False, rate: float | None = None
) -> FrameForm:
    """Return the form of a data set's frames.

    Args:
        paths: the videos; where the rate is open, they are opened.
        size: pixels on each side.
        colour: whether colours are kept.
        rate: frames a second; None: those that most of the videos have, or every second, third … of these, so
            that there are ``MOST_RATE`` at most.
    """
    side = FRAME_SIZE if size is None else size
    return FrameForm(
        height=side,
        width=side,
        channels=3 if colour else 1,
        frame_rate=_common_rate(paths) if rate is None else rate,
    )


def _common_rate(paths: Sequence[Path]) -> float | None:
    rates = Counter(rate for rate in map(rate_of, paths) if rate)
    if not rates:
        return None
    rate = min(rates, key=lambda rate: (-rates[rate], rate))
    return float(rate / -(-rate // MOST_RATE)) if rate > MOST_RATE else float(rate)


def _no_labels(path: Path) -> list[str]:
    raise DataError(
        f"{named(path)}: is one video without a label; name a folder of class folders, or a table."
    )


def _in_folder(path: Path, labelled: bool, limits: Limits) -> Found:
    filed = read_folders(path, _WHAT, is_video, labelled=labelled, limits=limits)
    labels = [one.label for one in filed if one.label is not None]
    places = [named(one.path) for one in filed]
    return Found(
        paths=[one.path for one in filed],
        ids=[one.name for one in filed],
        labels=checked_labels(labels, places.__getitem__, labelled) if labels else None,
        places=places,
        columns=FOLDER,
    )


def _in_table(path: Path, columns: Columns, labelled: bool, limits: Limits) -> Found:
    """Return the videos that a table names; a column of ids is not needed, as paths are names."""
    if ending(path) not in TABLES:
        require_there(path)
        raise DataError(f"{named(path)}: expected a folder of class folders, a table, or a video.")
    table = load_table(path, limits)
    if columns.video is None:
        raise ArgumentError(f"{table.name}: which column holds the paths of the videos? Name it (--video).")
    video = table.require(columns.video, "video")
    ids = ids_of(table, video)
    if columns.start is not None and columns.end is not None and (labelled or columns.start in table.names):
        return _in_stretches(table, ids, path, columns)
    if columns.start is not None:
        ids = list(dict.fromkeys(ids))  # stretches without their times: only which videos there are
        return Found([path.parent / one for one in ids], ids, None, [table.name] * len(ids), columns)
    check_unique(ids, table.place)
    labels = None
    if columns.label is not None and (labelled or columns.label in table.names):
        label = table.require(columns.label, "label")
        labels = checked_labels(table.texts(label), lambda row: table.cell(row, label), labelled)
    elif labelled:
        raise DataError(f"{table.name}: which column holds the label? Name it (--label).")
    places = [table.place(row) for row in range(table.rows)]
    return Found([path.parent / one for one in ids], ids, labels, places, columns)


def _in_stretches(table: Table, ids: list[str], path: Path, columns: Columns) -> Found:
    """Return the videos of a table in which a row is a stretch of one."""
    if columns.label is None or columns.start is None or columns.end is None:
        raise DataError(f"{table.name}: which column holds the label of a stretch? Name it (--label).")
    of_rows = stretches(table, columns.start, columns.end, columns.label)
    grouped: dict[str, list[Stretch]] = {}
    for id, stretch in zip(ids, of_rows, strict=True):
        grouped.setdefault(id, []).append(stretch)
    places = [group[0].place for group in grouped.values()]
    return Found([path.parent / id for id in grouped], [*grouped], None, places, columns, [*grouped.values()])


def _of_frames(
    given: Sequence[Sequence[Stretch]], clips: Sequence[Clip], columns: Columns
) -> list[list[str]]:
    return [
        frame_labels(one, clip.steps, clip.form.frame_rate or 1.0, columns.background, clip.name)
        for one, clip in zip(given, clips, strict=True)
    ]
