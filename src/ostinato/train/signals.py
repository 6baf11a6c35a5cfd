"""Ctrl-C and SIGTERM while a run is going on: the step is finished and saved first."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Signals:
    """Note the first SIGINT or SIGTERM; a second one ends the process at once.

    Handlers can be set in the main thread only; elsewhere this notes nothing and changes nothing. The
    handlers that were there before are put back at the end.

    Example:
        >>> with Signals() as signals:
        ...     signals.received is None
        True
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        for handled in self._before:
            signal.signal(handled, signal.SIG_DFL)
