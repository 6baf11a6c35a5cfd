"""Corpora for language models: running text, in documents."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.content import encoded
from ostinato.read.files import TABLES, ending, load_table
from ostinato.read.labels import check_unique
from ostinato.read.limits import Limits
from ostinato.read.source import Source, load_text, named
from ostinato.spec.preprocessing import Columns

Path = str | os.PathLike[str]
Documents = Literal["file", "paragraph", "line"]
LineEnds = Literal["keep", "lf"]

_DEFAULT = Limits()
_CR = re.compile(r"\r\n?")


@dataclass(frozen=True)
class Corpus:
    """Running text, in documents.

    Args:
        documents: one text each, none of them blank.
        ids: one name a document, unique.
        places: where each one begins, for messages, such as ``"novel.txt, line 1"``.
        columns: the column of text that was read from tables, so that a model finds it again.
    """

    documents: list[str]
    ids: list[str]
    places: list[str] = field(default_factory=list)
    columns: Columns = field(default_factory=Columns)

    def __len__(self) -> int:
        return len(self.documents)

    def select(self, indices: NDArray[np.int64]) -> "Corpus":
        """Return the documents at these positions, in this order."""
        return replace(
            self,
            documents=[self.documents[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            places=[self.places[i] for i in indices] if self.places else [],
        )

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        return encoded(self.documents, self.ids)


class _Document(NamedTuple):
    name: str
    place: str
    text: str


def read_corpus(
    paths: Path | Sequence[Path],
    text: str | None = None,
    *,
    documents: Documents = "file",
    line_ends: LineEnds = "keep",
    limits: Limits = _DEFAULT,
) -> Corpus:
    """Read running text from text files and tables.

    A text file, whatever its ending, is one document with every space and line end as it stands, or is cut
    into several. A table (.csv, .tsv, .jsonl, .ndjson, each also with .gz; .parquet, .pq, .arrow, .arrows,
    .feather, .ipc) has one document a row. Folders and patterns are not expanded: name the files.

    Args:
        paths: one file or several.
        text: of tables, the column that holds the text.
        documents: of a text file: ``file``: all of it is one; ``paragraph``: blank lines stand between two;
            ``line``: every line that is not blank is one. The line ends around a cut belong to no document.
        line_ends: ``keep``: as they are; ``lf``: every CR LF and CR becomes LF.
        limits: how much is taken; ``bytes`` holds for each file and for all of them together.

    Raises:
        ArgumentError: an option does not fit the files.
        DataError: a file cannot be used as it is, or a document is blank; with its place.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "play.txt"
        >>> _ = path.write_text("To be,\\nor not\\n\\nto be.\\n")
        >>> read_corpus(path, documents="paragraph").documents
        ['To be,\\nor not', 'to be.']
    """
    checks.choice("documents", documents, ("file", "paragraph", "line"))
    checks.choice("line_ends", line_ends, ("keep", "lf"))
    files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    _check_options(files, text, documents)
    found: list[_Document] = []
    total = 0
    for path in files:
        added = _texts(path, documents, limits) if text is None else _rows(path, text, limits)
        total += sum(len(document.text) for document in added)
        _check_total(path, total, limits)
        found += added
    texts = [document.text for document in found]
    corpus = Corpus(
        documents=[_CR.sub("\n", text) for text in texts] if line_ends == "lf" else texts,
        ids=[document.name for document in found],
        places=[document.place for document in found],
        columns=Columns(text=text),
    )
    check_unique(corpus.ids, corpus.places.__getitem__)
    return corpus


def _check_options(files: list[Path], text: str | None, documents: Documents) -> None:
    """Check that the files are all tables, with a column named, or all texts."""
    if not files:
        raise ArgumentError("no file is given; name at least one.")
    for path in files:
        name, table = named(path), ending(path) in TABLES
        if table and text is None:
            raise ArgumentError(f"{name}: is a table; name the column that holds the text (--text).")
        if table and documents != "file":
            raise ArgumentError(
                f"{name}: is a table, with one document a row; it cannot be cut by {documents}."
            )
        if not table and text is not None:
            raise ArgumentError(
                f"{name}: is a text file; it has no column {checks.shown(text)}: leave it out."
            )


def _check_total(path: Path, total: int, limits: Limits) -> None:
    if total > limits.bytes:
        raise DataError(
            f"{named(path)}: with this file there are more than the limit of {limits.bytes:,} bytes in all; "
            "read fewer files."
        )


def _rows(path: Path, column: str, limits: Limits) -> list[_Document]:
    """Return the documents of a table."""
    table = load_table(path, limits)
    found = []
    for row, text in enumerate(table.texts(table.require(column, "text"))):
        if text is None or not text.strip():
            raise DataError(f"{table.cell(row, column)}: the text is blank; fill it in or remove the row.")
        found.append(_Document(f"{table.name}:{row + 1}", table.place(row), text))
    return found


def _texts(path: Path, documents: Documents, limits: Limits) -> list[_Document]:
    """Return the documents of a text file."""
    source = load_text(path, limits, limits.bytes)  # one line may be the whole text
    text = source.data.decode()
    if not text.strip():
        raise DataError(f"{source.name}: is empty; expected text.")
    if documents == "file":
        return [_Document(source.name, source.line(1), text)]
    return _lines(source) if documents == "line" else _paragraphs(source)


def _lines(source: Source) -> list[_Document]:
    return [
        _Document(f"{source.name}:{number}", source.line(number), text)
        for number, (text, _) in enumerate(source.whole_lines(), start=1)
        if text.strip()
    ]


def _paragraphs(source: Source) -> list[_Document]:
    found: list[_Document] = []
    pending: list[str] = []  # the line ends are kept between two lines of a paragraph, not after its last
    for number, (text, end) in enumerate([*source.whole_lines(), ("", "")], start=1):
        if text.strip():
            pending += [text, end]
        elif pending:
            first = number - len(pending) // 2
            found.append(_Document(f"{source.name}:{first}", source.line(first), "".join(pending[:-1])))
            pending = []
    return found
