"""CoNLL-U, the format of Universal Dependencies (universaldependencies.org/format.html).

A word is a line of ten fields, numbered from 1 in every sentence. A line ``1-2`` writes two words as one
token, a line ``1.1`` adds a node that is not written: neither is a word, and both are left alone.

We read it ourselves, because what is read must be written again byte for byte and an error must name its
line; the libraries for it take a line apart further than that, and put it together in their own way.
"""

import re

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.limits import Limits
from ostinato.read.sentences import TaggedSentences, check_words, filled_tags
from ostinato.read.source import Source
from ostinato.read.token_lines import Block, TokenLines, group
from ostinato.spec.columns import TaggedColumns

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
EMPTY = "_"
"""What stands in a field that holds nothing."""

_FORM, _FEATS = FIELDS.index("form"), FIELDS.index("feats")
_TAGS = FIELDS[2:]
_ALWAYS = ("upos", "xpos", "head", "deprel")  # the others may be empty for good reasons
_FEATURE = re.compile(r"[A-Z][A-Za-z0-9]*(\[[a-z0-9]+\])?")
_WORD = re.compile(r"[1-9][0-9]{0,8}")
_RANGE = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,8})")
_NODE = re.compile(r"(0|[1-9][0-9]{0,8})\.[1-9][0-9]{0,8}")


def read_conllu(source: Source, columns: TaggedColumns, *, labelled: bool, limits: Limits) -> TaggedSentences:
    """Read words and one field, or one feature, of each.

    A word without the feature has the tag ``_``.

    Raises:
        ArgumentError: there is no such field.
        DataError: the file is no CoNLL-U, or some words have no tag; with the line.
    """
    name = tag_name(columns)
    parts = token_lines(source)
    lines = [[position + 1 for position in block.words] for block in parts.blocks]
    words = [[parts.cells(position)[_FORM] for position in block.words] for block in parts.blocks]
    places = [source.line(numbers[0]) for numbers in lines]
    check_words(words, places.__getitem__, limits)
    tags = [[_tag(parts, position, name) for position in block.words] for block in parts.blocks]
    return TaggedSentences(
        name=source.name,
        words=words,
        tags=_checked(source, name, tags, lines, labelled),
        labels=parts.labels(columns.label, labelled),
        ids=parts.ids(columns.id),
        places=places,
        lines=lines,
        columns=columns.model_copy(update={"format": "conllu", "words": "form", "tags": name}),
    )


def tag_name(columns: TaggedColumns) -> str:
    """Return the field or the feature that holds the tags."""
    name = columns.tags or "upos"
    if columns.words not in (None, "form"):
        raise ArgumentError(f"words is {checks.shown(columns.words)}; of CoNLL-U they are always 'form'.")
    if name not in _TAGS and not _FEATURE.fullmatch(name):
        raise ArgumentError(
            f"tags is {checks.shown(name)}; of CoNLL-U choose one of {', '.join(_TAGS)}, or a feature such "
            "as Number."
        )
    return name


def token_lines(source: Source) -> TokenLines:
    """Take a CoNLL-U file apart; the blocks of the result hold lines of words alone.

    Raises:
        DataError: it has no words, or is no CoNLL-U.
    """
    lines = source.whole_lines()
    blocks = group(lines, lambda position: lines[position][0].startswith("#"), lambda position: False)
    if not blocks:
        raise DataError(f"{source.name}: is empty; expected sentences in CoNLL-U.")
    parts = TokenLines(source, lines, blocks, "tab")
    return TokenLines(source, lines, [_words(parts, block) for block in blocks], "tab")


def features(place: str, cell: str) -> dict[str, str]:
    """Return the features of a field, ``Case=Nom|Number=Sing``, by name.

    Example:
        >>> features("a.conllu, line 2", "Case=Nom|Number=Sing")
        {'Case': 'Nom', 'Number': 'Sing'}
    """
    pairs = [feature.partition("=") for feature in cell.split("|")] if cell != EMPTY else []
    found = {name: value for name, _, value in pairs}
    if len(found) < len(pairs) or not all(name and value for name, value in found.items()):
        raise DataError(
            f"{place}: {checks.shown(cell)} is no list of features; expected such as Number=Sing."
        )
    return found


def _tag(parts: TokenLines, position: int, name: str) -> str:
    cells = parts.cells(position)
    if name in FIELDS:
        return cells[FIELDS.index(name)]
    return features(parts.place(position), cells[_FEATS]).get(name, EMPTY)


def _checked(
    source: Source, name: str, tags: list[list[str]], lines: list[list[int]], labelled: bool
) -> list[list[str]] | None:
    """Return the tags; None where there are none and none are needed."""
    if name in _ALWAYS:
        return filled_tags(tags, EMPTY, lambda s, w: source.line(lines[s][w]), labelled)
    if any(tag != EMPTY for sentence in tags for tag in sentence):
        return tags
    if labelled:
        raise DataError(f"{source.name}: no word has {checks.shown(name)}; name another field (--tags).")
    return None


def _words(parts: TokenLines, block: Block) -> Block:
    """Return a block with its lines of words alone, all of whose lines are sound."""
    words: list[int] = []
    covered = 0  # the last word of the tokens so far that are written for several
    for position in block.words:
        name = _cells(parts, position)[0]
        if _WORD.fullmatch(name) and int(name) == len(words) + 1:
            words.append(position)
        elif (match := _RANGE.fullmatch(name)) and covered < int(match[1]) == len(words) + 1 < int(match[2]):
            covered = int(match[2])
        elif not ((match := _NODE.fullmatch(name)) and int(match[1]) == len(words)):
            raise DataError(
                f"{parts.place(position)}: the id is {checks.shown(name)}; the next word's is "
                f"{len(words) + 1}."
            )
    if covered > len(words) or not words:
        raise DataError(
            f"{parts.place(block.words[-1])}: the sentence ends after {len(words)} words; expected "
            f"{covered or 1}."
        )
    return Block(block.comments, block.start, words)


def _cells(parts: TokenLines, position: int) -> list[str]:
    cells = parts.cells(position)
    if len(cells) != len(FIELDS):
        raise DataError(
            f"{parts.place(position)}: {len(cells)} fields separated by tabs; expected {len(FIELDS)}: "
            f"{', '.join(FIELDS).upper()}."
        )
    if "" in cells:
        field = FIELDS[cells.index("")].upper()
        raise DataError(f"{parts.place(position)}: {field} is blank; write _ where there is nothing.")
    return cells
