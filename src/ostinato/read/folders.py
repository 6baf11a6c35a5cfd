"""Folders of files, one folder a class."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.source import named


@dataclass(frozen=True)
class Found:
    """A file of a folder.

    Args:
        path: where it is.
        id: its path in the folder, with ``/`` between, such as ``"yes/3.wav"``.
        label: the name of the folder that it lies in; None: it lies in no class's folder.
    """

    path: Path
    id: str
    label: str | None


def class_files(
    folder: str | os.PathLike[str], endings: Collection[str], what: str, *, labelled: bool
) -> list[Found]:
    """Return the files of a folder whose folders are classes, ``FOLDER/CLASS/FILE``, by their names.

    Names that begin with a dot are passed over; everything else must be a file of these endings.

    Args:
        folder: the folder.
        endings: how the files' names end, such as ``(".wav", ".mp3")``.
        what: what they are, for messages, such as ``"sound"``.
        labelled: whether every file must lie in a class's folder; if not, they may all lie in ``folder``.

    Raises:
        DataError: there are no such files, there are others, or a folder cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "yes").mkdir()
        >>> (folder / "yes" / "3.wav").touch()
        >>> [(one.id, one.label) for one in class_files(folder, [".wav"], "sound", labelled=True)]
        [('yes/3.wav', 'yes')]
    """
    entries = _entries(Path(folder))
    classes = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if not entry.is_dir()]
    if files and (labelled or classes):
        raise DataError(
            f"{named(files[0])}: lies beside the folders of classes, or there are none; expected "
            f"FOLDER/CLASS/FILE: move it into its class's folder."
        )
    found = [Found(file, file.name, None) for file in files]
    for one in classes:
        found += [Found(file, f"{one.name}/{file.name}", one.name) for file in _entries(one)]
    if not found:
        raise DataError(f"{named(folder)}: holds no files; expected FOLDER/CLASS/FILE, {what} files.")
    for file in found:
        _check(file.path, endings, what)
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{named(folder)}: cannot be read as a folder ({error.strerror}).") from error


def _check(path: Path, endings: Collection[str], what: str) -> None:
    if path.is_dir():
        raise DataError(f"{named(path)}: is a folder in a class's folder; expected {what} files there.")
    if path.suffix.lower() not in endings:
        raise DataError(
            f"{named(path)}: ends in {checks.shown(path.suffix)}; expected {what} files "
            f"({', '.join(sorted(endings))}): move it away."
        )
