"""Train a classifier."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.train.common import (
    InitFrom,
    Json,
    Out,
    Outcomes,
    Overwrite,
    Place,
    Recipe,
    Resume,
    TensorBoard,
    assembled,
    described,
    fitted,
    quoted,
    refuse_unfit,
    shared_columns,
    show,
    suggest,
)
from ostinato.spec.classify import ClassifyOptions

if TYPE_CHECKING:
    from ostinato.read.sequences import Sequences
    from ostinato.spec.options import SequenceData
    from ostinato.spec.preprocessing import Columns


def classify(
    train: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN",
            help="labelled sequences: .csv .tsv .jsonl .parquet .arrow .ts .arff .npz; or a folder "
            "FOLDER/CLASS/FILE of sound (.wav .flac .ogg .mp3) or of videos (.mp4 .mkv .webm …)",
        ),
    ],
    out: Out,
    valid: Annotated[
        Path | None, typer.Option(help="labelled sequences to validate on", metavar="DATA")
    ] = None,
    outcomes: Outcomes = None,
    valid_outcomes: Outcomes = None,
    recipe: Recipe = None,
    init_from: InitFrom = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    tensorboard: TensorBoard = None,
    json: Json = False,
    *,
    given: dict[str, Any],
) -> None:
    """Train a classifier on TRAIN: one label a sequence or, with --labels, any of several.

    What has no default below is chosen from the data; `ostinato inspect MODEL` shows what was chosen.
    """
    options = assembled(ClassifyOptions, given, recipe, valid)
    _check_per_frame(options.data)
    sequences = _read(train, options.data, outcomes)
    refuse_unfit(options, sequences)
    validation = None if valid is None else _read(valid, options.data, valid_outcomes, sequences)

    from ostinato.tasks.classify import CLASSIFY
    from ostinato.tasks.frames import CLASSIFY_FRAMES
    from ostinato.tasks.labels import LABELS

    task = CLASSIFY_FRAMES if options.data.per_frame else CLASSIFY
    place = Place(out, resume, overwrite, tensorboard, init_from)
    trained = fitted(LABELS if options.data.labels else task, sequences, options, validation, place)
    show(trained, out, f"{train}: {_described(sequences)}", json)
    model = quoted(out)
    if valid is None:
        test = "TEST_FILE" if outcomes is None else "TEST_FILE TEST_OUTCOMES"
        suggest(f"ostinato inspect {model}", f"ostinato evaluate {model} {test} --report report.html")
    else:
        test = " ".join(quoted(one) for one in (valid, valid_outcomes) if one is not None)
        suggest(f"ostinato evaluate {model} {test} --report {quoted(f'{out}.html')}")


def _check_per_frame(data: "SequenceData") -> None:
    """Refuse labels of frames without their times, and times without labels of frames."""
    from ostinato.cli.options import UsageError

    times = (data.video, data.start, data.end)
    if data.per_frame and None in times:
        raise UsageError("--per-frame needs a table, and its columns by --video, --start and --end.")
    if not data.per_frame and (data.start or data.end or data.background):
        raise UsageError("--start, --end and --background are about the labels of frames; say --per-frame.")


def _check_folder(path: Path, data: "SequenceData") -> None:
    """Refuse columns of what is no table: a folder, whose folders are the labels of the files in them."""
    from ostinato.cli.options import UsageError, flag

    columns = ("label", "audio", "video", "sequence", "names")
    if named := [flag(name) for name in columns if getattr(data, name) is not None]:
        raise UsageError(
            f"{path} is a folder, whose folders name the labels; {', '.join(named)} is about tables: leave "
            "it out."
        )


def _read(
    path: Path, data: "SequenceData", outcomes: Path | None, like: "Sequences | None" = None
) -> "Sequences":
    """Return what is in a file or folder; at the rate and in the form of ``like``, where it is given.

    A folder holds videos or recordings, unless values may be missing: then it is one of stays.
    """
    from ostinato.read import read
    from ostinato.read.audio import read_audio
    from ostinato.read.physionet import require_no_stays
    from ostinato.read.video import holds_videos
    from ostinato.spec.preprocessing import Columns

    columns = Columns(
        label=data.label,
        labels=data.labels,
        audio=data.audio,
        video=data.video,
        start=data.start if data.per_frame else None,
        end=data.end if data.per_frame else None,
        background=data.background if data.per_frame else None,
        **shared_columns(data),
    )
    if path.is_dir() and data.missing == "forbid":
        require_no_stays(path)
        _check_folder(path, data)
    if data.video is not None or holds_videos(path):
        return _watched(path, columns, data, like)
    if data.audio is not None or (path.is_dir() and data.missing == "forbid"):
        rate = data.sample_rate if like is None else like.sample_rate
        return read_audio(path, columns, rate, labelled=True)
    return read(path, columns, labelled=True, outcomes=outcomes)


def _watched(path: Path, columns: "Columns", data: "SequenceData", like: "Sequences | None") -> "Sequences":
    from ostinato.read.clip import Clip
    from ostinato.read.video import chosen_form, find_videos, read_videos

    if like is not None and isinstance(like.values[0], Clip):
        return read_videos(path, columns, like.values[0].form, labelled=True)
    videos = find_videos(path, columns, labelled=True).paths
    form = chosen_form(videos, data.frame_size, data.colour, data.frame_rate)
    return read_videos(path, columns, form, labelled=True)


def _described(sequences: "Sequences") -> str:
    """Return in words what was read, so that one sees it where it is not what one meant."""
    if sequences.flags is not None:
        return f"{described(sequences)}, {sequences.flags.shape[1]} labels"
    of_steps = [label for said in sequences.step_labels or () for label in said]
    return f"{described(sequences)}, {len({*(sequences.labels or ()), *of_steps})} classes"
