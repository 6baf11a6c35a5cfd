"""Tagged sentences from files of any known format, chosen by the path."""

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from ostinato.errors import DataError
from ostinato.read.aligned import Role, load_aligned, read_aligned
from ostinato.read.conll import read_conll
from ostinato.read.conllu import read_conllu
from ostinato.read.files import JSON_LINES, ending
from ostinato.read.limits import Limits
from ostinato.read.sentences import TaggedSentences, check_tags
from ostinato.read.source import Source, load_text, named
from ostinato.read.tagged_jsonl import read_tagged_jsonl
from ostinato.spec.columns import TaggedColumns

Format = Literal["columns", "conllu", "jsonl", "lines"]

_DEFAULT = Limits()
_ANY = TaggedColumns()


@dataclass(frozen=True)
class TaggedDocument:
    """A tagged file as it stands, so that it can be written again with other tags.

    Args:
        name: of the file or the folder, without the folders above it.
        format: what it is.
        sources: what was read; the formats of one file have only ``words``.
    """

    name: str
    format: Format
    sources: dict[Role, Source]

    @property
    def source(self) -> Source:
        """Return the file that holds the words."""
        return self.sources["words"]

    def own(self, columns: TaggedColumns) -> TaggedColumns:
        """Return the columns if they were given for this format, or for any; else the format's own."""
        return columns if columns.format in (None, self.format) else _ANY


def read_tagged(
    path: str | os.PathLike[str],
    columns: TaggedColumns = _ANY,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
) -> TaggedSentences:
    """Read words, their tags, and labels of sentences.

    A folder is read as ``lines``, .conllu as ``conllu``, .jsonl and .ndjson as ``jsonl``, each file also with
    .gz; anything else as ``columns.format``, or as ``columns``. ``TaggedColumns`` says what each format is.

    Args:
        path: a file, or a folder with files of aligned lines.
        columns: which parts hold what; ``columns`` of the result has the names filled in.
        labelled: whether every word must have a tag. If not, tags and labels are taken where they are there.
        limits: how much is taken.

    Raises:
        ArgumentError: the columns contradict each other or do not exist in the format.
        DataError: the file cannot be used as it is; the message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.conll"
        >>> _ = path.write_text("to\\tO\\nVienna\\tB-city\\n\\nhello\\tO\\n")
        >>> sentences = read_tagged(path, labelled=True)
        >>> sentences.words, sentences.tags, sentences.columns.tags
        ([['to', 'Vienna'], ['hello']], [['O', 'B-city'], ['O']], '2')
    """
    return parse_tagged(load_tagged(path, columns, limits), columns, labelled=labelled, limits=limits)


def load_tagged(
    path: str | os.PathLike[str], columns: TaggedColumns = _ANY, limits: Limits = _DEFAULT
) -> TaggedDocument:
    """Read a tagged file as it stands, without looking for words and tags in it.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    name = PurePath(named(path)).name
    if os.path.isdir(path):
        document = TaggedDocument(name, "lines", {})
        return TaggedDocument(name, "lines", load_aligned(path, document.own(columns), limits))
    source = load_text(path, limits, limits.line_bytes)
    return TaggedDocument(name, _format(path, columns), {"words": source})


def parse_tagged(
    document: TaggedDocument,
    columns: TaggedColumns = _ANY,
    *,
    labelled: bool,
    limits: Limits = _DEFAULT,
) -> TaggedSentences:
    """Find words and tags in a document; as for :func:`read_tagged`."""
    columns = document.own(columns)
    if document.format == "lines":
        sentences = read_aligned(document.sources, columns, labelled=labelled, limits=limits)
    else:
        read = {"columns": read_conll, "conllu": read_conllu, "jsonl": read_tagged_jsonl}[document.format]
        sentences = read(document.source, columns, labelled=labelled, limits=limits)
    check_tags(sentences)
    return sentences


def _format(path: str | os.PathLike[str], columns: TaggedColumns) -> Format:
    suffix = ending(path)
    if suffix in JSON_LINES:
        return "jsonl"
    if suffix == ".conllu":
        return "conllu"
    if columns.format == "lines":
        raise DataError(
            f"{named(path)}: is a file; of the format 'lines' expected the folder with its files."
        )
    return columns.format or "columns"
