"""Files of one word a line, with blank lines between sentences: what all CoNLL formats share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.labels import check_unique, checked_ids, checked_labels
from ostinato.read.source import Source

Separator = Literal["tab", "space"]

CELL = re.compile(r"[^ \t]+")
"""A cell of a line that is separated by spaces and tabs."""

SENTENCE_ID = "sent_id"
"""The key of the comment that names a sentence, where no other is asked for."""

_COMMENT = re.compile(r"#[ \t]*(?P<key>[^=]*?)[ \t]*=[ \t]*(?P<value>.*?)[ \t]*")


@dataclass(frozen=True)
class Block:
    """The lines of one sentence, by their positions from 0.

    Args:
        comments: the lines before the first word.
        start: the first line behind them.
        words: the line of each word.
    """

    comments: list[int]
    start: int
    words: list[int]


@dataclass(frozen=True)
class TokenLines:
    """A file of one word a line, taken apart so that it can be put together again.

    Args:
        source: the file.
        lines: every line and its end.
        blocks: its sentences.
        separator: what stands between two cells of a line.
    """

    source: Source
    lines: list[tuple[str, str]]
    blocks: list[Block]
    separator: Separator

    def cells(self, position: int) -> list[str]:
        """Return the cells of a line."""
        return cut(self.lines[position][0], self.separator)

    def place(self, position: int) -> str:
        """Return the place of a line, for messages."""
        return self.source.line(position + 1)

    def comment(self, block: Block, key: str) -> tuple[int, str] | None:
        """Return the position and the value of the comment ``# key = value``; None where there is none."""
        pairs = [(position, comment_of(self.lines[position][0])) for position in block.comments]
        found = [(position, pair[1]) for position, pair in pairs if pair is not None and pair[0] == key]
        if len(found) > 1:
            raise DataError(f"{self.place(found[1][0])}: {checks.shown(key)} stands twice; keep one.")
        return found[0] if found else None

    def ids(self, key: str | None) -> list[str]:
        """Return the sentences' names, from comments where they are there, else numbers from 1."""
        names = self._values(key or SENTENCE_ID)
        if key is None and None in names:
            return [str(number) for number in range(1, len(names) + 1)]
        ids = checked_ids(names, self._place_of)
        check_unique(ids, self._place_of)
        return ids

    def labels(self, key: str | None, labelled: bool) -> list[str] | None:
        """Return the sentences' labels, from comments; None where they have none and need none."""
        return None if key is None else checked_labels(self._values(key), self._place_of, labelled)

    def _values(self, key: str) -> list[str | None]:
        comments = [self.comment(block, key) for block in self.blocks]
        return [None if comment is None else comment[1] for comment in comments]

    def _place_of(self, sentence: int) -> str:
        return self.place(self.blocks[sentence].words[0])


def cut(text: str, separator: Separator) -> list[str]:
    """Return the cells of a line.

    Example:
        >>> cut("New York\\tB-place", "tab"), cut(" Vienna   B-place ", "space")
        (['New York', 'B-place'], ['Vienna', 'B-place'])
    """
    return text.split("\t") if separator == "tab" else CELL.findall(text)


def comment_of(text: str) -> tuple[str, str] | None:
    """Return key and value of a comment ``# key = value``; None where it has another form.

    Example:
        >>> comment_of("# text = 1 = 1"), comment_of("# newpar")
        (('text', '1 = 1'), None)
    """
    match = _COMMENT.fullmatch(text)
    return (match["key"], match["value"]) if match else None


def group(
    lines: list[tuple[str, str]], is_comment: Callable[[int], bool], is_break: Callable[[int], bool]
) -> list[Block]:
    """Return the sentences of a file.

    Args:
        lines: every line and its end.
        is_comment: whether the line at a position is a comment; asked before the first word of a sentence.
        is_break: whether a line that is not blank stands between sentences as a blank one does.
    """
    blocks: list[Block] = []
    comments: list[int] = []
    words: list[int] = []
    for position, (text, _) in enumerate([*lines, ("", "")]):
        if not text.strip(" \t") or is_break(position):
            blocks += [Block(comments, words[0], words)] if words else []
            comments, words = [], []
        elif not words and is_comment(position):
            comments.append(position)
        else:
            words.append(position)
    return blocks
