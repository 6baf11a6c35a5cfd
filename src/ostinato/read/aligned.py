"""Tagged sentences in aligned lines: a sentence in one file, its tags in another, its label in a third.

The slot-gated benchmark sets (ATIS, SNIPS) have this form: a folder with ``seq.in``, ``seq.out``, ``label``.
"""

import os
from pathlib import Path
from typing import Literal

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read.labels import checked_labels
from ostinato.read.limits import Limits
from ostinato.read.sentences import TaggedSentences, check_words
from ostinato.read.source import Source, load_text, named
from ostinato.read.token_lines import cut
from ostinato.spec.columns import TaggedColumns

Role = Literal["words", "tags", "label"]


def load_aligned(
    folder: str | os.PathLike[str], columns: TaggedColumns, limits: Limits
) -> dict[Role, Source]:
    """Read the files of a folder: that of the words, and those of tags and labels where they are there.

    Raises:
        ArgumentError: a name is no file's name.
        DataError: there is no file of words, or one cannot be read.
    """
    names = file_names(columns)
    if not os.path.lexists(Path(folder, names["words"])):
        raise DataError(
            f"{named(folder)}: is a folder without {checks.shown(names['words'])}; expected a file, or "
            "a folder of files with aligned lines."
        )
    found = {role: Path(folder, name) for role, name in names.items()}
    return {
        role: load_text(path, limits, limits.line_bytes)
        for role, path in found.items()
        if os.path.lexists(path)
    }


def file_names(columns: TaggedColumns) -> dict[Role, str]:
    """Return the names of the three files."""
    names: dict[Role, str] = {
        "words": columns.words or "seq.in",
        "tags": columns.tags or "seq.out",
        "label": columns.label or "label",
    }
    for name in names.values():
        if name in (".", "..") or Path(name).name != name:
            raise ArgumentError(f"{checks.shown(name)} is no file's name; expected one in the data's folder.")
        if list(names.values()).count(name) > 1:
            raise ArgumentError(f"{checks.shown(name)} is given two roles; a file has one.")
    return names


def read_aligned(
    sources: dict[Role, Source], columns: TaggedColumns, *, labelled: bool, limits: Limits
) -> TaggedSentences:
    """Read sentences from files of aligned lines, in which spaces and tabs separate words, and tags.

    Raises:
        DataError: the files have different numbers of lines, or a line not as many tags as words.
    """
    names = file_names(columns)
    source = sources["words"]
    words = [cut(text, "space") for text, _ in source.whole_lines()]
    if not words:
        raise DataError(f"{source.name}: is empty; expected a sentence a line.")
    places = [source.line(number) for number in range(1, len(words) + 1)]
    check_words(words, places.__getitem__, limits)
    tags = _tags(sources, words) if "tags" in sources else None
    labels = _labels(sources, len(words), labelled) if "label" in sources else None
    if labelled:
        _require(sources, names, columns)
    found = {"tags": names["tags"], "label": names["label"] if "label" in sources else columns.label}
    return TaggedSentences(
        name=source.name,
        words=words,
        tags=tags,
        labels=labels,
        ids=[str(number) for number in range(1, len(words) + 1)],
        places=places,
        columns=columns.model_copy(update={"format": "lines", "words": names["words"], **found}),
    )


def _require(sources: dict[Role, Source], names: dict[Role, str], columns: TaggedColumns) -> None:
    """Check that there are tags, and labels if they were asked for."""
    needed: list[Role] = ["tags"] if columns.label is None else ["tags", "label"]
    for role in needed:
        if role not in sources:
            raise DataError(
                f"{sources['words'].name}: beside it there is no {checks.shown(names[role])} with its {role}."
            )


def _tags(sources: dict[Role, Source], words: list[list[str]]) -> list[list[str]]:
    tags = [cut(text, "space") for text, _ in sources["tags"].whole_lines()]
    _check_count(sources["words"], len(words), sources["tags"], len(tags))
    for number, (tagged, sentence) in enumerate(zip(tags, words, strict=True), start=1):
        if len(tagged) != len(sentence):
            raise DataError(
                f"{sources['tags'].line(number)}: {len(tagged)} tags, but {len(sentence)} words in "
                f"{sources['words'].line(number)}; expected one each."
            )
    return tags


def _labels(sources: dict[Role, Source], count: int, labelled: bool) -> list[str] | None:
    source = sources["label"]
    labels = [text.strip(" \t") for text, _ in source.whole_lines()]
    _check_count(sources["words"], count, source, len(labels))
    return checked_labels(labels, lambda index: source.line(index + 1), labelled)


def _check_count(source: Source, count: int, other: Source, found: int) -> None:
    if found != count:
        raise DataError(
            f"{other.name}: {found:,} lines, but {source.name} has {count:,}; line N of one belongs to "
            "line N of the other."
        )
