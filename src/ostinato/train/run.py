"""The run directory: what a training run keeps beside the model that it is making.

    MODEL.run/   lock  owner  checkpoints/  metrics.csv  report.html  finished.json

One process at a time may use it. A run that was stopped goes on from its newest checkpoint; one that has
finished leaves the log, the report and a note that it has.
"""

import csv
import hashlib
import io
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ostinato import checks
from ostinato.archive import files
from ostinato.archive.manifest import MANIFEST
from ostinato.errors import ArgumentError, BusyError, Interrupted, ModelFileError, TrainingError
from ostinato.spec.base import Spec
from ostinato.spec.record import Epoch
from ostinato.train.checkpoint import Checkpoint, Checkpoints
from ostinato.train.fingerprint import Fingerprint, require_same
from ostinato.train.progress import Progress
from ostinato.train.session import Session
from ostinato.train.signals import Signals

SECONDS = 20.0
"""Seconds between two checkpoints at least."""

SHARE = 50
"""A checkpoint that took a while is followed by so many times as long without one."""

ROOM = 3
"""The disk must have room for so many checkpoints, or the run is not begun."""


class Finished(Spec):
    """The note that a run has finished: what it depended on, and the SHA-256 of the manifest of its model."""

    fingerprint: Fingerprint
    manifest_sha256: str


class RunDirectory:
    """A run's directory, locked while the ``with`` block lasts; signals are noted meanwhile.

    Args:
        model: the model's place; the directory is called as it is, and ``.run``.
        every: seconds between checkpoints at least; 0: one after every step.
        progress: told what is found and done.
    """

    def __init__(self, model: Path, every: float, progress: Progress) -> None:
        self.model = model
        self.path = model.with_name(model.name + ".run")
        self.checkpoints = Checkpoints(self.path / "checkpoints")
        self._every, self._progress = every, progress
        self._signals = Signals()
        self._stack = ExitStack()
        self._due = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._locked())
            self.checkpoints.sweep()
            stack.enter_context(self._signals)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def require_unused(self, overwrite: bool) -> None:
        """Raise an ArgumentError if an unfinished run is here that nobody said may be thrown away."""
        if self.checkpoints.present() and not overwrite:
            raise ArgumentError(
                f"{self.path} holds a run that has not finished; go on with it by resume (--resume), or "
                "throw it away by overwrite (--overwrite)."
            )

    def begin(self, session: Session) -> None:
        """Make the directory ready for a new run, and save where it starts."""
        self.checkpoints.clear()
        for name in ("finished.json", "report.html"):
            (self.path / name).unlink(missing_ok=True)
        self._require_room(session.snapshot())
        self.write_log(session)
        self.save(session)

    def finished(self, fingerprint: Fingerprint) -> bool:
        """Return whether the run had finished and its model is there; the run must be the same one.

        Raises:
            ResumeError: the run was another one; the message says what differs.
        """
        try:
            note = Finished.model_validate_json((self.path / "finished.json").read_bytes())
        except FileNotFoundError:
            return False
        require_same(note.fingerprint, fingerprint)
        return self._manifest_sha256() == note.manifest_sha256

    def resume(self, session: Session) -> bool:
        """Take a session back to the newest checkpoint, if there is one.

        Raises:
            ResumeError: the saved run is another one, or cannot be read.
        """
        checkpoint = self.checkpoints.newest(self._progress.say)
        if checkpoint is None:
            return False
        require_same(checkpoint.state.fingerprint, session.fingerprint)
        session.restore(checkpoint)
        self.write_log(session)
        self._due = time.monotonic() + self._every
        return True

    def after_step(self, session: Session) -> None:
        """Save if it is time or a signal came; then raise Interrupted."""
        if self._signals.received is not None:
            self._stop(session, self._signals.received)
        if time.monotonic() >= self._due:
            self.save(session)

    def after_epoch(self, session: Session) -> None:
        """Add the epoch to the log; save if it is time or a signal came."""
        path = self.path / "metrics.csv"
        with _disk_errors(path), path.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(_cells(session.rows[-1]))
        self.after_step(session)

    def save(self, session: Session) -> bool:
        """Write a checkpoint, unless a weight is not finite: the loop is about to find out and stop.

        Raises:
            TrainingError: the disk refused; the earlier checkpoints are as they were.
        """
        if not session.is_good():
            return False
        began = time.monotonic()
        try:
            self.checkpoints.save(session.snapshot())
        except ModelFileError as error:
            raise TrainingError(
                f"the checkpoint at {session.place} could not be written: {error.hint} The one before it is "
                "whole: make room and go on with resume."
            ) from error
        ended = time.monotonic()
        self._due = ended + max(self._every, SHARE * (ended - began)) if self._every else ended
        return True

    def rescue(self, session: Session) -> str:
        """Keep what is good of a run that must stop, and return where it is in words."""
        self.save(session)
        return f"The last good weights are in {self.checkpoints.present()[-1]}; no model was written."

    def write_log(self, session: Session) -> None:
        """Write ``metrics.csv`` anew."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Epoch.model_fields)
        writer.writerows(_cells(row) for row in session.rows)
        write_whole(self.path / "metrics.csv", text.getvalue().encode())

    def finish(self, session: Session) -> None:
        """Note that the model is saved, and remove the checkpoints."""
        self.write_log(session)
        note = Finished(fingerprint=session.fingerprint, manifest_sha256=self._manifest_sha256() or "")
        write_whole(self.path / "finished.json", note.model_dump_json().encode())
        self.checkpoints.clear()

    def _stop(self, session: Session, signal_number: int) -> None:
        saved = f"saved at {session.place}" if self.save(session) else "an earlier checkpoint is kept"
        raise Interrupted(
            signal_number, f"stopped, and {saved}; the same command with --resume goes on from there."
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, or raise a BusyError; the system frees it when the process dies."""
        filelock = checks.extra("filelock", "train", "training into a directory")
        with _disk_errors(self.path):
            self.path.mkdir(exist_ok=True)
            lock = filelock.FileLock(self.path / "lock")
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout as error:
                raise BusyError(
                    f"{self.path} is in use by {self._owner()}; wait for it, or give this run another name."
                ) from error
        try:
            with _disk_errors(self.path):
                (self.path / "owner").write_text(f"process {os.getpid()} on {socket.gethostname()}\n")
            yield
        finally:
            lock.release()

    def _owner(self) -> str:
        try:
            return (self.path / "owner").read_text().strip() or "another process"
        except OSError:
            return "another process"

    def _require_room(self, checkpoint: Checkpoint) -> None:
        size = ROOM * sum(value.nbytes for value in checkpoint.tensors.values())
        free = shutil.disk_usage(self.path).free
        if free < size:
            raise TrainingError(
                f"{self.path} is on a disk with {free:,} bytes left; checkpoints need {size:,}: make room."
            )

    def _manifest_sha256(self) -> str | None:
        try:
            return hashlib.sha256((self.model / MANIFEST).read_bytes()).hexdigest()
        except OSError:
            return None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole, on disk, or as it was before."""
    temporary = path.with_name(f".{path.name}.new")
    with _disk_errors(path):
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        files.sync(path.parent)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be written: {error.strerror}; make room or give the run another place, then go "
            "on with resume."
        ) from error


def _cells(row: Epoch) -> list[str]:
    return ["" if value is None else str(value) for value in row.model_dump().values()]
