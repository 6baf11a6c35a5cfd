"""Decoding: the frames of a video file, or of a folder of pictures, in one form.

FFmpeg, through PyAV, knows the formats. It is given an open file and may open nothing else: a playlist that
calls itself a video reaches neither a network nor another file.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.clip import Frames
from ostinato.read.limits import Limits
from ostinato.read.pace import Pace, paced
from ostinato.read.source import named, opened, why
from ostinato.spec.video import FrameForm

Picture = NDArray[np.uint8]
"""(height, width, channels)."""

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
"""The endings of the pictures that a folder of frames may hold."""

_ALONE = {"protocol_whitelist": "none"}
_MICROSECONDS = 1_000_000
_NUMBER = re.compile(r"(\d+)")


def decode(path: Path, form: FrameForm, limits: Limits) -> Frames:
    """Return the frames of a video file, or of a folder of pictures, in a form.

    A video is looked at as often as the form says, and each time shows the frame that is nearest then. The
    pictures of a folder are taken one by one, in the order of their names, in which numbers count as numbers.

    Raises:
        DataError: it is no video, is cut off, damaged, without a frame, or too long.
        MissingExtraError: PyAV is not installed.
    """
    shown = _folder(path, form) if path.is_dir() else _video(path, form)
    return gathered(shown, named(path), form, limits)


def gathered(shown: Iterable[Picture], name: str, form: FrameForm, limits: Limits) -> Frames:
    """Return pictures of a form as one array; there must be some, and not too many."""
    most = min(limits.steps, limits.frame_bytes // form.size)
    frames: list[Picture] = []
    for frame in shown:
        if len(frames) == most:
            raise DataError(
                f"{name}: has more than {most:,} frames of {form.height} by {form.width}, the limit; cut it, "
                "or take fewer or smaller ones (--frame-rate, --frame-size)."
            )
        frames.append(frame)
    if not frames:
        raise DataError(_no_frame(name))
    return np.stack(frames)


def resized(frames: Frames, form: FrameForm) -> Iterator[Picture]:
    """Yield frames (T, height, width, 1 or 3), of whatever size, in a form.

    Raises:
        MissingExtraError: they are of another form, and PyAV is not installed.
    """
    if frames.shape[1:] == form.shape:
        yield from frames
        return
    library = _av()
    format = "gray" if frames.shape[3] == 1 else "rgb24"
    for frame in frames:
        flat = np.ascontiguousarray(frame[..., 0] if format == "gray" else frame)
        yield _formed(library.VideoFrame.from_ndarray(flat, format=format), form)


def pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder in their order; none where it is no folder of pictures alone.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("f10.png", "f9.png"):
        ...     (folder / name).touch()
        >>> [path.name for path in pictures(folder)]
        ['f9.png', 'f10.png']
    """
    entries = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
    if any(path.suffix.lower() not in PICTURES for path in entries):
        return []
    return sorted(entries, key=_by_numbers)


def rate_of(path: Path) -> Fraction | None:
    """Return how many frames a second a video file says that it has; None for pictures, or if it does not.

    Raises:
        DataError: it is no video.
    """
    if path.is_dir():
        return None
    with _reading(path) as (_, stream):
        rate: Fraction | None = stream.average_rate
        return rate


def _av() -> ModuleType:
    return checks.extra("av", "video", "reading video")


@contextmanager
def _reading(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file and hand out its container and its video; what goes wrong in the block is worded here."""
    library, name = _av(), named(path)
    try:
        with opened(path, name) as file:
            if not file.read(1):
                raise DataError(f"{name}: the file is empty; expected a video.")
            file.seek(0)
            with library.open(file, options=_ALONE) as container:
                yield container, _pictured(container, name)
    except library.FFmpegError as error:
        raise DataError(
            f"{name}: is no video or picture, or is damaged or cut off; see if a player shows it."
        ) from error
    except OSError as error:
        raise DataError(f"{name}: {why(error)}.") from error


def _pictured(container: Any, name: str) -> Any:
    """Return the first video of a container that is no cover of a sound."""
    attached = _av().stream.Disposition.attached_pic
    moving = [stream for stream in container.streams.video if not stream.disposition & attached]
    if not container.streams:
        raise DataError(_no_frame(name))
    if not moving:
        raise DataError(f"{name}: holds no pictures, only sound or text; expected a video.")
    moving[0].thread_type = "NONE"  # clips are decoded side by side
    return moving[0]


def _folder(folder: Path, form: FrameForm) -> Iterator[Picture]:
    for path in pictures(folder):
        with _reading(path) as (container, stream):
            yield from (_formed(frame, form) for _, frame in _timed(container, stream, path))


def _video(path: Path, form: FrameForm) -> Iterator[Picture]:
    with _reading(path) as (container, stream):
        frames = _timed(container, stream, path)
        for frame in paced(frames, _pace(container, stream), form.frame_rate, named(path)):
            yield _formed(frame, form)


def _timed(container: Any, stream: Any, path: Path) -> Iterator[tuple[Fraction | None, Any]]:
    """Yield every frame with its time in seconds, None where it has none."""
    for frame in container.decode(stream):
        if frame.is_corrupt:
            raise DataError(f"{named(path)}: a frame is damaged or cut off; copy or make the file again.")
        yield None if frame.pts is None else frame.pts * frame.time_base, frame


def _pace(container: Any, stream: Any) -> Pace:
    seconds = None
    if stream.duration is not None:
        seconds = stream.duration * stream.time_base
    elif container.duration is not None and len(container.streams) == 1:
        seconds = Fraction(container.duration, _MICROSECONDS)
    return Pace(1 / stream.average_rate if stream.average_rate else None, seconds, stream.frames)


def _formed(frame: Any, form: FrameForm) -> Picture:
    """Return a frame resized, (height, width, channels)."""
    format = "gray" if form.channels == 1 else "rgb24"
    smooth = _av().video.reformatter.Interpolation.BILINEAR
    made = frame.reformat(form.width, form.height, format, interpolation=smooth, threads=1)
    picture: Picture = made.to_ndarray().reshape(form.shape)
    return picture


def _no_frame(name: str) -> str:
    return f"{name}: the video has no frame; remove it, or make it again."


def _by_numbers(path: Path) -> list[tuple[int, str]]:
    """Return what sorts names with their numbers as numbers, and differs for different names."""
    parts = _NUMBER.split(path.name)
    keys = [(int(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)]
    return [*keys, (0, path.name)]
