"""At which points of time a video is looked at, and what it shows then."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple, TypeVar

from ostinato.errors import DataError

Frame = TypeVar("Frame")


class Pace(NamedTuple):
    """What a video file says of its time.

    Args:
        period: seconds from one frame to the next, on average; None where it does not say.
        seconds: how long it is; None where it does not say.
        frames: how many it has; 0 where it does not say.
    """

    period: Fraction | None
    seconds: Fraction | None
    frames: int


def paced(
    frames: Iterable[tuple[Fraction | None, Frame]], pace: Pace, rate: float | None, name: str
) -> Iterator[Frame]:
    """Yield the frame that is nearest at 0, 1 / rate, 2 / rate … seconds after the first, up to the end.

    At the video's own rate these are its frames, each once, however its file rounds their times.

    Args:
        frames: every frame with its time in seconds; None where it has none, then they are evenly spaced.
        pace: what the file says.
        rate: frames a second; None: every frame once.
        name: the file, for messages.

    Raises:
        DataError: the video ends before its file says that it does, or says nothing of its time.

    Example:
        >>> quarter = Fraction(1, 4)
        >>> shown = [(index * quarter, "abcdef"[index]) for index in range(6)]
        >>> list(paced(shown, Pace(quarter, 6 * quarter, 6), 2.0, "clip.mp4"))
        ['a', 'c', 'e']
    """
    clock = _Clock(pace.period, rate, name)
    last: Frame | None = None
    begin = now = Fraction(0)
    count = 0
    for time, frame in frames:
        if count == 0:
            begin = time or now
        now = clock.time(count) if time is None else time - begin
        if last is not None:
            yield from clock.until(now, last)
        last, count = frame, count + 1
    if last is not None:
        _check_end(now, count, pace, name)
        yield from clock.end(now, last)


class _Clock:
    """The points of time at which a video is looked at.

    Args:
        period: of the video.
        rate: looks a second; None: one a frame.
        name: the file, for messages.
    """

    def __init__(self, period: Fraction | None, rate: float | None, name: str) -> None:
        self._every = None if rate is None else 1 / Fraction(rate)
        self._period, self._name = period, name
        self._half = min((one for one in (period, self._every) if one is not None), default=Fraction(1)) / 2
        self._looks = 0

    def time(self, index: int) -> Fraction:
        """Return when a frame is shown that has no time."""
        if self._period is not None:
            return index * self._period
        if self._every is None:
            return Fraction(index)
        raise DataError(f"{self._name}: says neither when its frames are shown nor how often; convert it.")

    def until(self, now: Fraction, last: Frame) -> Iterator[Frame]:
        """Yield a frame once for every look before the next one, of which it is the nearest."""
        if self._every is None:
            yield last
            return
        while self._looks * self._every + self._half < now:
            yield last
            self._looks += 1

    def end(self, now: Fraction, last: Frame) -> Iterator[Frame]:
        """Yield the last frame as often as it is looked at: it is shown for as long as any other."""
        return self.until(now + (self._period or self._every or Fraction(1)), last)


def _check_end(now: Fraction, count: int, pace: Pace, name: str) -> None:
    """Refuse a video of which frames and time are missing at the end."""
    if pace.period is None or pace.seconds is None or (pace.frames and count >= pace.frames):
        return
    if now + pace.period * Fraction(5, 2) < pace.seconds:
        said = f" of {pace.frames:,}" if pace.frames else ""
        raise DataError(
            f"{name}: is cut off: it ends after {count:,}{said} frames, {float(now + pace.period):.2f} of "
            f"{float(pace.seconds):.2f} seconds; copy or make it again."
        )
