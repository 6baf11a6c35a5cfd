"""Columns of a word a line: the formats of the CoNLL shared tasks and of most tagged data since."""

import re

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits
from ostinato.read.sentences import TaggedSentences, check_words, filled_tags
from ostinato.read.source import Source
from ostinato.read.token_lines import SENTENCE_ID, Separator, TokenLines, comment_of, cut, group
from ostinato.spec.columns import TaggedColumns

_DOCUMENT = "-DOCSTART-"
_NUMBER = re.compile(r"-?[1-9][0-9]{0,5}")


def read_conll(source: Source, columns: TaggedColumns, *, labelled: bool, limits: Limits) -> TaggedSentences:
    """Read words and tags from columns.

    A blank line, or one that begins with ``-DOCSTART-``, stands between sentences.

    Raises:
        DataError: a line has more or fewer columns than the others, or no word, or no tag; with the line.
    """
    parts = token_lines(source, columns)
    word, tag = found_columns(parts, columns, labelled)
    rows = [[parts.cells(position) for position in block.words] for block in parts.blocks]
    lines = [[position + 1 for position in block.words] for block in parts.blocks]
    words = [[_filled(cells[word]) for cells in row] for row in rows]
    _check_blank(parts, words)
    places = [source.line(numbers[0]) for numbers in lines]
    check_words(words, places.__getitem__, limits)
    tags = None
    if tag is not None:
        found = [[_filled(cells[tag]) for cells in row] for row in rows]
        tags = filled_tags(found, "", lambda s, w: source.line(lines[s][w]), labelled)
    return TaggedSentences(
        name=source.name,
        words=words,
        tags=tags,
        labels=parts.labels(columns.label, labelled),
        ids=parts.ids(columns.id),
        places=places,
        lines=lines,
        columns=_resolved(columns, word, tag),
    )


def found_columns(parts: TokenLines, columns: TaggedColumns, labelled: bool) -> tuple[int, int | None]:
    """Return the positions, from 0, of the words' column and the tags'; None where the file has no tags.

    Raises:
        ArgumentError: a name is no number, or both are one column.
        DataError: the file has no such column.
    """
    first = parts.blocks[0].words[0]
    width = len(parts.cells(first))
    word = _position("words", columns.words or "1", width)
    tag = None if columns.tags is None and width == 1 else _position("tags", columns.tags or "-1", width)
    if word is None or (labelled and tag is None):
        raise DataError(
            f"{parts.place(first)}: {_count(width)} separated by {parts.separator}s; expected words in "
            f"column {columns.words or 1} and tags in column {columns.tags or -1}."
        )
    if word == tag:
        raise ArgumentError(f"words and tags are both column {word + 1}; they are two columns.")
    return word, tag


def token_lines(source: Source, columns: TaggedColumns) -> TokenLines:
    """Take a file of columns apart.

    Raises:
        DataError: it has no words, or a line has more or fewer columns than the others.
    """
    lines = source.whole_lines()
    first = _first(lines)
    if first is None:
        raise DataError(f"{source.name}: is empty; expected a word and its tag a line.")
    separator: Separator = columns.separator or ("tab" if "\t" in first else "space")
    width = len(cut(first, separator))

    def is_comment(position: int) -> bool:
        text = lines[position][0]
        return text.startswith("#") and _is_comment(
            source.line(position + 1), text, width, separator, columns
        )

    blocks = group(lines, is_comment, lambda position: _is_document(lines[position][0]))
    if not blocks:
        raise DataError(f"{source.name}: has comments alone; expected a word and its tag a line.")
    parts = TokenLines(source, lines, blocks, separator)
    _check_widths(parts, width)
    return parts


def _position(name: str, text: str, width: int) -> int | None:
    """Return a column's position from 0; None where the file has no such column.

    Args:
        name: what the column is for.
        text: its number from 1 onwards, or from -1 backwards.
        width: how many columns there are.
    """
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if number == 0:
        raise ArgumentError(
            f"{name} is {checks.shown(text)}; of a file of columns it is a number from 1 onwards, or from -1 "
            "backwards."
        )
    position = number - 1 if number > 0 else width + number
    return position if 0 <= position < width else None


def _first(lines: list[tuple[str, str]]) -> str | None:
    """Return the first line that is surely one of a word, or may be; it shows how lines are cut."""
    texts = [text for text, _ in lines if text.strip(" \t") and not _is_document(text)]
    return next((text for text in texts if not text.startswith("#")), texts[0] if texts else None)


def _is_document(text: str) -> bool:
    return text.strip(" \t").partition("\t")[0].partition(" ")[0] == _DOCUMENT


def _is_comment(place: str, text: str, width: int, separator: Separator, columns: TaggedColumns) -> bool:
    """Return whether a line that begins with # is a comment, where one may stand, or refuse to guess."""
    if columns.comments is not None:
        return columns.comments
    comment, cells = comment_of(text), cut(text, separator)
    if len(cells) != width or (comment and comment[0] in (columns.label, columns.id or SENTENCE_ID)):
        return True
    if separator == "space" and cells[0] == "#" and width > 1:
        raise DataError(
            f"{place}: {checks.shown(text)} may be a comment or the word '#'; say whether the file has "
            "comments (--comments or --no-comments)."
        )
    return False


def _check_widths(parts: TokenLines, width: int) -> None:
    positions = [position for block in parts.blocks for position in block.words]
    wrong = [position for position in positions if len(parts.cells(position)) != width]
    if wrong:
        raise DataError(
            f"{parts.place(wrong[0])}: {_count(len(parts.cells(wrong[0])))} separated by {parts.separator}s, "
            f"but {width} in the first line of words ({len(wrong):,} such lines in all)."
        )


def _filled(cell: str) -> str:
    """Return a cell as it stands, or nothing if it is blank."""
    return cell if cell.strip(" ") else ""


def _check_blank(parts: TokenLines, words: list[list[str]]) -> None:
    for block, sentence in zip(parts.blocks, words, strict=True):
        if "" in sentence:
            raise DataError(f"{parts.place(block.words[sentence.index('')])}: the word is blank; write it.")


def _resolved(columns: TaggedColumns, word: int, tag: int | None) -> TaggedColumns:
    """Return the columns counted from the left, so that they are the same in a file without tags."""
    names = {"words": str(word + 1), "tags": columns.tags if tag is None else str(tag + 1)}
    return columns.model_copy(update={"format": "columns", **names})


def _count(width: int) -> str:
    return f"{width} column" if width == 1 else f"{width} columns"
