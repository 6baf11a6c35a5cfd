"""Pairs of texts, such as sentences and their translations."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.content import encoded
from ostinato.read.files import TABLES, ending, load_table
from ostinato.read.finite import check_lengths
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text, named
from ostinato.spec.columns import PairColumns

Path = str | os.PathLike[str]

_DEFAULT = Limits()
_LINES = PairColumns()


@dataclass(frozen=True)
class Pairs:
    """Texts and what each one becomes.

    Args:
        sources: one text each, none of them blank.
        targets: one text each, none of them blank; None where the data has none.
        ids: the number, from 1, of each pair's line or row.
        places: where each source stands, for messages, such as ``"train.en, line 12"``.
        dropped: the pairs that were left out, as was asked for, because a side was blank.
        columns: what was read of a table, so that a model finds it again.
    """

    sources: list[str]
    targets: list[str] | None
    ids: list[str]
    places: list[str]
    dropped: int = 0
    columns: PairColumns = field(default_factory=PairColumns)

    def __len__(self) -> int:
        return len(self.sources)

    def select(self, indices: NDArray[np.int64]) -> "Pairs":
        """Return the pairs at these positions, in this order."""
        return replace(
            self,
            sources=[self.sources[i] for i in indices],
            targets=None if self.targets is None else [self.targets[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            places=[self.places[i] for i in indices],
        )

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        return encoded(self.sources, self.targets, self.ids)


@dataclass(frozen=True)
class _Side:
    """One side of all pairs: a text each, and its place."""

    texts: list[str]
    places: list[str]


def read_pairs(
    paths: Path | Sequence[Path],
    columns: PairColumns = _LINES,
    *,
    labelled: bool,
    drop_blank: bool = False,
    limits: Limits = _DEFAULT,
) -> Pairs:
    """Read pairs from two text files, line N of one belonging to line N of the other, or from one table.

    Texts are kept exactly as they stand; of a line without its end.

    Args:
        paths: two text files, source and target; or one, the source alone; or one table (.csv, .tsv, .jsonl,
            .ndjson, each also with .gz; .parquet, .pq, .arrow, .arrows, .feather, .ipc).
        columns: of a table, which columns hold the two sides.
        labelled: whether there must be targets. If not, they are taken where they are there.
        drop_blank: leave out pairs of which a side is blank; ``dropped`` of the result says how many.
        limits: how much is taken; ``steps`` is characters of one text.

    Raises:
        ArgumentError: the paths and columns do not fit each other.
        DataError: a file cannot be used as it is, the files have different numbers of lines, or a text is
            blank; with the line.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.en").write_text("a dog\\n"), (folder / "a.de").write_text("ein Hund\\n")
        >>> pairs = read_pairs([folder / "a.en", folder / "a.de"], labelled=True)
        >>> pairs.sources, pairs.targets
        (['a dog'], ['ein Hund'])
    """
    files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    _check_paths(files, columns, labelled)
    if columns.source is not None:
        source, target = _of_table(files[0], columns, labelled, limits)
    else:
        source, target = _of_lines(files, limits)
    kept, dropped = _kept(source, target, drop_blank)
    for side in (source, target or source):
        check_lengths(
            np.array([len(side.texts[i]) for i in kept]), side.places.__getitem__, limits, "characters"
        )
    return Pairs(
        sources=[source.texts[i] for i in kept],
        targets=None if target is None else [target.texts[i] for i in kept],
        ids=[str(i + 1) for i in kept],
        places=[source.places[i] for i in kept],
        dropped=dropped,
        columns=columns,
    )


def _check_paths(files: list[Path], columns: PairColumns, labelled: bool) -> None:
    names = [named(path) for path in files]
    if len(files) not in (1, 2):
        raise ArgumentError(
            f"{len(files)} files are given; expected a source and a target file, or one table."
        )
    tables = [name for name, path in zip(names, files, strict=True) if ending(path) in TABLES]
    if tables and (len(files) > 1 or columns.source is None):
        raise ArgumentError(
            f"{tables[0]}: is a table; give it alone and name its columns (--source, and --target to train)."
        )
    if columns.source is not None and not tables:
        raise ArgumentError(
            f"{names[0]}: is a text file and has no columns; leave out --source and --target."
        )
    if labelled and not tables and len(files) < 2:
        raise ArgumentError(f"{names[0]}: is given alone; give the file of its translations, too.")


def _of_table(path: Path, columns: PairColumns, labelled: bool, limits: Limits) -> tuple[_Side, _Side | None]:
    table = load_table(path, limits)
    source = table.require(checks.given("source", columns.source), "source")
    places = [table.place(row) for row in range(table.rows)]
    texts = _Side([text or "" for text in table.texts(source)], places)
    if labelled and columns.target is None:
        raise ArgumentError(f"{table.name}: which column holds the targets? Name it (--target).")
    if columns.target is None or (not labelled and columns.target not in table.names):
        return texts, None
    target = table.require(columns.target, "target")
    return texts, _Side([text or "" for text in table.texts(target)], places)


def _of_lines(files: list[Path], limits: Limits) -> tuple[_Side, _Side | None]:
    sources = [load_text(path, limits, limits.line_bytes) for path in files]
    sides = [_lines(source) for source in sources]
    counts = [len(side.texts) for side in sides]
    if len(set(counts)) > 1:
        raise DataError(
            f"{sources[0].name} has {counts[0]:,} lines and {sources[1].name} has {counts[1]:,}; line N of "
            "one belongs to line N of the other: find where they part."
        )
    return sides[0], sides[1] if len(sides) > 1 else None


def _lines(source: Source) -> _Side:
    texts = [text for text, _ in source.whole_lines()]
    if not texts:
        raise DataError(f"{source.name}: is empty; expected a text a line.")
    return _Side(texts, [source.line(number) for number in range(1, len(texts) + 1)])


def _kept(source: _Side, target: _Side | None, drop: bool) -> tuple[list[int], int]:
    """Return the positions of the pairs whose sides both hold something, and the number of the others."""
    sides = [source] if target is None else [source, target]
    blank = {i: side for side in sides for i, text in enumerate(side.texts) if not text.strip()}
    kept = [i for i in range(len(source.texts)) if i not in blank]
    if blank and not drop:
        first = min(blank)
        raise DataError(
            f"{blank[first].places[first]}: the text is blank; {len(blank):,} of {len(source.texts):,} pairs "
            "have a blank side: fill them in, or leave such pairs out (--drop-blank)."
        )
    if not kept:
        raise DataError(f"{source.places[0]}: every pair has a blank side; nothing is left.")
    return kept, len(blank)
