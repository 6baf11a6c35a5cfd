"""Recordings in memory with what is said in them: what the readers of spoken data return."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ostinato.errors import DataError
from ostinato.read.content import encoded
from ostinato.read.recordings import Samples
from ostinato.read.sequences import Sequences
from ostinato.spec.columns import SpokenColumns


@dataclass(frozen=True)
class Utterances:
    """Recordings at one rate, and perhaps what is said in them.

    Args:
        name: the file that messages about all of them name.
        sounds: the recordings, of the kind ``"audio"``.
        texts: what is said in each, as ``composed`` writes it and never blank; None where nothing says it.
        columns: what was read, with every name filled in, so that a model finds it again.
    """

    name: str
    sounds: Sequences
    texts: list[str] | None
    columns: SpokenColumns = field(default_factory=SpokenColumns)

    def __len__(self) -> int:
        return len(self.sounds)

    @property
    def samples(self) -> list[Samples]:
        """Return the recordings' samples."""
        return cast(list[Samples], self.sounds.values)

    def select(self, indices: NDArray[np.int64]) -> "Utterances":
        """Return the utterances at these positions, in this order."""
        texts = None if self.texts is None else [self.texts[i] for i in indices]
        return replace(self, sounds=self.sounds.select(indices), texts=texts)

    def content(self) -> Iterator[bytes]:
        """Yield all that training depends on, as bytes."""
        yield from self.sounds.content()
        yield from encoded(self.texts)


def composed(text: str) -> str:
    """Return a text in composed characters (NFC), with single spaces between its words.

    Example:
        >>> composed("  cafe\\u0301  noir\\n")
        'café noir'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def spoken(texts: Sequence[str | None], places: Sequence[str]) -> list[str]:
    """Return what is said, composed.

    Args:
        texts: one a recording; None where it is missing.
        places: where each stands, for messages.

    Raises:
        DataError: one is blank.
    """
    found = [composed(text or "") for text in texts]
    if blank := [place for place, text in zip(places, found, strict=True) if not text]:
        raise DataError(
            f"{blank[0]}: the text is blank; {len(blank):,} of {len(found):,} are: write down what is said, "
            "or leave the recording out."
        )
    return found
