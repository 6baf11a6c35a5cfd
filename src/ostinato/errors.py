"""Every error that Ostinato raises on purpose.

Each message says what was passed, what was expected and what to do. Where a caller may rightly expect a
built-in type (``ValueError`` for a bad argument, ``ImportError`` for a missing extra), the class is that too.
"""

import signal


class OstinatoWarning(UserWarning):
    """Something that the user should look at, though the work goes on; one line on the command line."""


class OstinatoError(Exception):
    """The root of all errors below: what the command line prints as one line, with exit code 1."""


class ArgumentError(OstinatoError, ValueError):
    """An argument or option has a value that cannot be used."""


class ShapeError(OstinatoError, RuntimeError):
    """A tensor given to a layer has a wrong shape; torch.nn raises a RuntimeError for it, so this is one."""


class BackendError(OstinatoError, RuntimeError):
    """A kernel backend that was asked for by name cannot run here; the message says why."""


class DataError(OstinatoError, ValueError):
    """A data file or an in-memory data set cannot be used as it is."""


class ModelFileError(OstinatoError, ValueError):
    """A model directory is missing, damaged, foreign or unsafe.

    Args:
        path: the directory or file at fault.
        reason: a short code, such as ``"checksum mismatch"`` or ``"truncated"``.
        hint: what was found and what to do.
    """

    def __init__(self, path: object, reason: str, hint: str) -> None:
        super().__init__(f"{path}: {reason}: {hint}")
        self.path = path
        self.reason = reason
        self.hint = hint


class MissingExtraError(OstinatoError, ImportError):
    """A library of an optional part is not installed."""


class StreamError(OstinatoError, RuntimeError):
    """A model or a stream cannot do what was asked of it step by step."""


class ExportError(OstinatoError, RuntimeError):
    """An export does not say what the model says, and was not written."""


class TrainingError(OstinatoError, RuntimeError):
    """Training stopped because going on would be wrong, such as after a NaN loss."""


class DivergedError(TrainingError):
    """A loss, a gradient or a weight became NaN or infinite."""


class ResumeError(OstinatoError, ValueError):
    """A run cannot be continued with what was passed."""


class BusyError(OstinatoError, RuntimeError):
    """Another process is using the same run directory."""


class ServeError(OstinatoError):
    """What a server answers instead of what was asked for.

    Args:
        status: the HTTP status that says so.
        message: what was asked, what was expected, what to do; never a path, a trace or another's name.
        retry_after: seconds after which trying again makes sense; None: it does not.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Interrupted(OstinatoError):  # noqa: N818 - it is no fault
    """A signal asked the run to stop; what was done is saved.

    Args:
        signal_number: the signal, from which the exit code 128 + number follows.
        message: what was saved and how to go on.
    """

    def __init__(self, signal_number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal.Signals(signal_number)
