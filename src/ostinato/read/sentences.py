"""Tagged sentences in memory: what the readers of tagged files return."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.errors import DataError
from ostinato.read.content import encoded
from ostinato.read.finite import check_lengths
from ostinato.read.labels import LONGEST
from ostinato.read.limits import Limits
from ostinato.spec.columns import TaggedColumns


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences in words, one tag a word, and perhaps a label of the whole sentence.

    Args:
        name: the file that messages about tags name.
        words: of every sentence, at least one, exactly as written.
        tags: of every sentence, one a word; None where the data has none.
        labels: one a sentence, such as what its speaker wants; None where the data has none.
        ids: one name a sentence, unique.
        places: where each sentence stands, for messages, such as ``"train.conll, line 12"``.
        lines: of every sentence, the line of each word; None where a sentence stands in one line.
        columns: what was read, with every name that the format has filled in, so that a model finds it again.
    """

    name: str
    words: list[list[str]]
    tags: list[list[str]] | None
    labels: list[str] | None
    ids: list[str]
    places: list[str]
    lines: list[list[int]] | None = None
    columns: TaggedColumns = field(default_factory=TaggedColumns)

    def __len__(self) -> int:
        return len(self.words)

    def select(self, indices: NDArray[np.int64]) -> "TaggedSentences":
        """Return the sentences at these positions, in this order."""
        return replace(
            self,
            words=[self.words[i] for i in indices],
            tags=None if self.tags is None else [self.tags[i] for i in indices],
            labels=None if self.labels is None else [self.labels[i] for i in indices],
            ids=[self.ids[i] for i in indices],
            places=[self.places[i] for i in indices],
            lines=None if self.lines is None else [self.lines[i] for i in indices],
        )

    def place_of(self, sentence: int, word: int) -> str:
        """Return the place of one word, for messages; both numbers count from 0."""
        if self.lines is None:
            return f"{self.places[sentence]}, word {word + 1}"
        return f"{self.name}, line {self.lines[sentence][word]}"

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        yield from encoded(*self.words)
        yield from encoded(*([None] if self.tags is None else self.tags))
        yield from encoded(self.labels, self.ids)


def check_words(words: Sequence[Sequence[str]], place: Callable[[int], str], limits: Limits) -> None:
    """Check that there are sentences, and none longer than the limit."""
    check_lengths(np.array([len(sentence) for sentence in words]), place, limits, unit="words")


def check_tags(sentences: TaggedSentences) -> None:
    """Check that no tag is as long as a document; a model's manifest takes no such ones."""
    for index, tags in enumerate(sentences.tags or []):
        for step, tag in enumerate(tags):
            if len(tag) > LONGEST:
                raise DataError(
                    f"{sentences.place_of(index, step)}: the tag {checks.shown(tag)} has {len(tag):,} "
                    f"characters, above the limit of {LONGEST:,}; are these the tags?"
                )


def filled_tags(
    tags: list[list[str]], missing: str, place: Callable[[int, int], str], labelled: bool
) -> list[list[str]] | None:
    """Return the tags; None where all are missing and none is needed.

    Args:
        tags: of every sentence, one a word.
        missing: what stands where there is none.
        place: from a sentence's and a word's position to the place of the tag.
        labelled: whether every word must have one.

    Raises:
        DataError: some are missing.
    """
    total = sum(map(len, tags))
    blank = sum(sentence.count(missing) for sentence in tags)
    if blank == 0:
        return tags
    if blank == total and not labelled:
        return None
    first = next(index for index, sentence in enumerate(tags) if missing in sentence)
    where = place(first, tags[first].index(missing))
    raise DataError(f"{where}: the word has no tag; {blank:,} of {total:,} words have none: fill them in.")
