"""Folders of classes: every folder is called as a label, and holds that label's files."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.limits import Limits
from ostinato.read.source import named

_DEFAULT = Limits()


class Filed(NamedTuple):
    """One thing that was found.

    Args:
        path: where it is.
        name: its path below the root, with ``/`` between the parts: its name as a sequence.
        label: the name of its folder, or None if it stands in the root itself.
    """

    path: Path
    name: str
    label: str | None


def read_folders(
    root: str | os.PathLike[str],
    what: str,
    wanted: Callable[[Path], bool],
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
) -> list[Filed]:
    """Return what stands in a folder of class folders, sorted by label and then by name.

    ``root/walk/a.mp4`` has the label ``walk``. Without labels the files may also stand in the root itself.
    Names that begin with a dot are passed over, as file managers and systems leave such files; anything else
    that is not wanted is refused. Links are followed. Nothing is opened.

    Args:
        root: the folder.
        what: what is wanted, in the plural and with its forms, such as ``"videos (.mp4, .mkv)"``.
        wanted: whether a file, or a folder, is one of them; a folder that is one is not looked into further.
        labelled: whether everything must stand in a class folder.
        limits: ``rows`` is how many there may be.

    Raises:
        DataError: the root is no folder, a folder is empty, something in it is not wanted, files stand beside
            class folders, or there are too many.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> for name in ("walk/b.wav", "run/a.wav"):
        ...     (root / name).parent.mkdir()
        ...     (root / name).touch()
        >>> found = read_folders(root, "sounds (.wav)", lambda path: path.suffix == ".wav", labelled=True)
        >>> [(one.name, one.label) for one in found]
        [('run/a.wav', 'run'), ('walk/b.wav', 'walk')]
    """
    entries = _entries(Path(root))
    loose = [path for path in entries if wanted(path)]
    classes = [path for path in entries if path not in loose]
    if loose and (classes or labelled):
        why = f"stands beside the folder {named(classes[0])}" if classes else "stands in no class folder"
        raise DataError(f"{named(loose[0])}: {why}; give every label a folder, and put each file in one.")
    found = [Filed(path, path.name, None) for path in loose]
    found += [one for folder in classes for one in _of_class(folder, what, wanted)]
    if not found:
        raise DataError(f"{named(root)}: the folder is empty; expected a folder for each label, with {what}.")
    if len(found) > limits.rows:
        raise DataError(f"{named(root)}: holds {len(found):,} files, above the limit of {limits.rows:,}.")
    return found


def _of_class(folder: Path, what: str, wanted: Callable[[Path], bool]) -> Iterator[Filed]:
    if not folder.is_dir():
        raise _foreign(folder, what)
    entries = _entries(folder)
    if not entries:
        raise DataError(f"{named(folder)}: the class folder is empty; put {what} into it, or remove it.")
    for path in entries:
        if not wanted(path):
            raise _foreign(path, what)
        yield Filed(path, f"{folder.name}/{path.name}", folder.name)


def _foreign(path: Path, what: str) -> DataError:
    return DataError(f"{named(path)}: is none of the {what}; move it to another place.")


def _entries(folder: Path) -> list[Path]:
    """Return what stands in a folder, sorted by name: the same on every system."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except FileNotFoundError as error:
        raise DataError(f"{named(folder)}: no such folder; check the path.") from error
    except OSError as error:
        raise DataError(f"{named(folder)}: cannot be read as a folder ({error.strerror}).") from error
    for name in names:
        if not name.isprintable():
            raise DataError(f"{named(folder)}: the name {checks.shown(name)} cannot be printed; rename it.")
    return [folder / name for name in names]
