"""A directory of files with a manifest: published whole by one rename, verified whole when read.

Models and training checkpoints are such directories. A new one is written beside its place under a hidden
name, put on disk, and renamed; one that it replaces is moved aside first and removed last. A process killed
at any moment leaves the old one or the new one whole, under its name or (between the two renames) under the
hidden name that `read` then tells. The next `publish` under the same name removes what was left over.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostinato import checks
from ostinato.archive import files as disk
from ostinato.archive import manifest
from ostinato.archive.manifest import MANIFEST, Form
from ostinato.errors import ModelFileError

NEW, OLD = ".new", ".old"
ATTEMPTS = 100  # against other writers of the same name
PAUSE = 0.005  # seconds between attempts to read

Fetch = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Contents:
    """What was read and verified.

    Args:
        version: the version of the form that the directory was written in.
        ostinato: the version of Ostinato that wrote it.
        header: the manifest's keys beside the store's own.
        files: the bytes of every listed file.
    """

    version: int
    ostinato: str
    header: dict[str, Any]
    files: dict[str, bytes]


def publish(
    directory: str | os.PathLike[str],
    files: Mapping[str, bytes],
    header: Mapping[str, Any],
    form: Form,
    *,
    overwrite: bool = False,
) -> None:
    """Write a directory whole: it is there with all of its files, on disk, or it is not there.

    Args:
        directory: its place; the parent is there already.
        files: the contents by name; the names stand in ``form.files``.
        header: JSON-able keys for the manifest.
        form: the kind of directory.
        overwrite: replace a directory of the same kind; anything else is never replaced.

    Raises:
        ModelFileError: the place is taken or unsafe, or the disk refused; what was there is unchanged.

    Writers of one name do not wait for each other: the last rename wins, whole. Leftovers of a writer that
    still runs are recognised by its lock; where the file system has no locks they stay.
    """
    target = Path(directory)
    check_target(target, form, overwrite=overwrite)
    contents = {**files, MANIFEST: manifest.encode(header, files, form)}
    if len(contents[MANIFEST]) > manifest.LIMIT:
        found = f"its manifest would have {len(contents[MANIFEST])} bytes and may have {manifest.LIMIT}"
        raise ModelFileError(target, "too large", f"{found}; keep a shorter history.")
    with _disk_errors(target, "cannot write"), _temporary(target, contents) as temporary:
        _install(temporary, target, form, overwrite=overwrite)
        disk.sync(target.parent)
    with suppress(OSError):  # what cannot be removed stays, harms nobody, and is tried again next time
        _sweep(target, form)


def read(directory: str | os.PathLike[str], form: Form) -> Contents:
    """Read a directory and verify every byte of it; nothing but the listed files is touched.

    Raises:
        ModelFileError: it is missing, not of this kind, damaged or unsafe.
    """
    target = Path(directory)
    if "\0" in str(target):
        raise _unusable(target, form)
    with _disk_errors(target, "unreadable"):
        for _ in range(ATTEMPTS):
            if (contents := _read_unless_replaced(target, form)) is not None:
                return contents
            time.sleep(PAUSE)
    raise _missing(target, form) if not target.exists() else _busy(target)


def assemble(target: Path, form: Form, fetch: Fetch) -> Contents:
    """Verify a directory's files, however they are fetched.

    Args:
        target: the directory, for messages.
        fetch: from a file's name and a limit to its first ``limit + 1`` bytes, or all if there are fewer.
    """
    described = manifest.decode(target / MANIFEST, fetch(MANIFEST, manifest.LIMIT), form)
    contents = {}
    for name, entry in described.files.items():
        contents[name] = fetch(name, entry.bytes)
        manifest.check(target / name, contents[name], entry)
    return Contents(described.version, described.ostinato, described.header, contents)


def check_target(directory: str | os.PathLike[str], form: Form, *, overwrite: bool = False) -> None:
    """Check that `publish` may write here, before hours of work are spent on what to write."""
    target = Path(directory)
    if target.name in ("", "..") or "\0" in str(target):
        raise _unusable(target, form)
    if not target.parent.is_dir():
        raise ModelFileError(target, "cannot write", f"{target.parent} is no directory; create it first.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise ModelFileError(target, "cannot write", f"you may not write into {target.parent}.")
    if not os.path.lexists(target):
        return
    if reason := _why_not_ours(target, form):
        raise ModelFileError(target, f"not a {form.noun}", f"{reason}; choose another name.")
    if not overwrite:
        hint = f"a {form.noun} of this name is there; choose another name, or replace it (--overwrite)."
        raise ModelFileError(target, "exists", hint)


def leftovers(directory: str | os.PathLike[str], kind: str) -> list[Path]:
    """Return what a killed `publish` left beside its place: ``NEW`` (unfinished) or ``OLD`` (moved aside)."""
    target = Path(directory)
    if not target.parent.is_dir():
        return []
    mark, names = _mark(target), os.listdir(target.parent)
    return sorted(target.parent / name for name in names if name.startswith(mark) and name.endswith(kind))


def _read_unless_replaced(target: Path, form: Form) -> Contents | None:
    """Return what a directory holds, or None if it seems that it is just being replaced."""
    try:
        with disk.opened(target) as descriptor:
            return _read_open(target, descriptor, form)
    except FileNotFoundError:
        if target.exists() or leftovers(target, OLD):
            return None
        raise _missing(target, form) from None
    except NotADirectoryError:
        hint = f"a {form.noun} is a directory; an archive such as a zip must be unpacked first."
        raise ModelFileError(target, f"not a {form.noun}", hint) from None


def _read_open(target: Path, descriptor: int, form: Form) -> Contents | None:
    try:
        return assemble(target, form, lambda name, limit: disk.read(descriptor, target / name, limit))
    except FileNotFoundError as error:
        if not _is_still(descriptor, target):
            return None  # another writer moved it aside and is removing it
        hint = f"it holds no {error.filename}; name a {form.noun}'s directory."
        raise ModelFileError(target, f"not a {form.noun}", hint) from None


def _mark(target: Path) -> str:
    whole = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return f".{target.name[:32]}-{whole}-"


def _beside(target: Path, kind: str) -> Path:
    return target.parent / f"{_mark(target)}{secrets.token_hex(8)}{kind}"


@contextmanager
def _temporary(target: Path, contents: Mapping[str, bytes]) -> Iterator[Path]:
    """Write the files into a new hidden directory; remove it if it is not renamed."""
    temporary, descriptor = _locked(target)
    try:
        for name, data in contents.items():
            disk.write(descriptor, name, data)
        os.fsync(descriptor)
        yield temporary
    finally:
        if temporary.exists():
            disk.remove(temporary, list(contents))
        os.close(descriptor)


def _locked(target: Path) -> tuple[Path, int]:
    """Make a hidden directory that no sweeper will take for a dead writer's; return it open."""
    while True:
        temporary = _beside(target, NEW)
        temporary.mkdir()
        with suppress(FileNotFoundError):  # a sweeper was faster than the lock
            descriptor = os.open(temporary, disk.DIRECTORY)
            with suppress(OSError):  # a file system without locks: there nobody sweeps
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(descriptor, temporary):
                return temporary, descriptor
            os.close(descriptor)


def _install(temporary: Path, target: Path, form: Form, *, overwrite: bool) -> None:
    for _ in range(ATTEMPTS):
        check_target(target, form, overwrite=overwrite)
        aside = _move_aside(target) if overwrite else None
        try:
            os.rename(temporary, target)
            return
        except OSError as error:
            if aside is not None:
                with suppress(OSError):  # another writer's directory stands there by now
                    os.rename(aside, target)
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise _busy(target)


def _move_aside(target: Path) -> Path | None:
    aside = _beside(target, OLD)
    try:
        os.rename(target, aside)
    except FileNotFoundError:
        return None
    return aside


def _sweep(target: Path, form: Form) -> None:
    names = [MANIFEST, *form.files]
    for old in leftovers(target, OLD):
        if target.exists():  # else another writer needs it: it stands between its two renames
            with suppress(OSError):
                disk.remove(old, names)
    for new in leftovers(target, NEW):
        with suppress(OSError), disk.opened(new) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its writer lives
            disk.remove(new, names)


def _why_not_ours(target: Path, form: Form) -> str | None:
    """Return why what stands in a place is not a directory of this form and nothing else, or None."""
    if target.is_symlink():
        return "it is a symbolic link"
    try:
        with disk.opened(target) as descriptor:
            return _why_not_form(target, descriptor, form)
    except FileNotFoundError:
        return None  # moved aside by another writer just now
    except OSError as error:
        return f"it is no directory that can be read ({error.strerror})"


def _why_not_form(target: Path, descriptor: int, form: Form) -> str | None:
    if strange := sorted(set(os.listdir(descriptor)) - {MANIFEST, *form.files}):
        return f"the directory there holds {checks.shown(strange[0])}"
    try:
        start = disk.read(descriptor, target / MANIFEST, 256)
    except FileNotFoundError:
        return f"the directory there has no {MANIFEST}" if _is_still(descriptor, target) else None
    return None if manifest.begins(start, form) else f"its {MANIFEST} is not that of an {form.name}"


def _is_still(descriptor: int, path: Path) -> bool:
    """Return whether an open directory still stands under its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _missing(target: Path, form: Form) -> ModelFileError:
    hint = f"nothing is there; name the {form.noun}'s directory."
    if aside := leftovers(target, OLD):
        hint = f"a save was killed while it replaced it; the earlier one is whole: rename {aside[-1]} to it."
    return ModelFileError(target, "missing", hint)


def _busy(target: Path) -> ModelFileError:
    return ModelFileError(target, "busy", "other processes keep writing this name; try again.")


def _unusable(target: Path, form: Form) -> ModelFileError:
    name = checks.shown(os.fspath(target))
    return ModelFileError(name, "unusable name", f"give the {form.noun} a name of its own.")


@contextmanager
def _disk_errors(target: Path, reason: str) -> Iterator[None]:
    """Turn the system's refusals into one ModelFileError."""
    try:
        yield
    except OSError as error:
        name = target if error.filename is None else error.filename
        raise ModelFileError(target, reason, f"{error.strerror} ({name}).") from error
