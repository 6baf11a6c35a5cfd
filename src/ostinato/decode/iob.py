"""Which labels of spans may follow each other.

        iob    B-x begins a span of kind x, I-x goes on with it, O is outside (also called IOB2 or BIO)
        iobes  B-x begins, I-x goes on, E-x ends a span of two steps or more; S-x is a span of one step

Sources: Ramshaw & Marcus 1995 (arXiv:cmp-lg/9505040); Tjong Kim Sang & Veenstra 1999 (arXiv:cs/9907006).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ostinato import checks
from ostinato.decode.viterbi import Allowed
from ostinato.errors import ArgumentError


class Scheme(NamedTuple):
    """The prefixes of a scheme.

    Args:
        all: every prefix.
        follows: those that only go on with a span.
        open: those after which the span may go on.
        unfinished: those after which it must.
    """

    all: str
    follows: str
    open: str
    unfinished: str


SCHEMES = {
    "iob": Scheme("BI", follows="I", open="BI", unfinished=""),
    "iobes": Scheme("BIES", follows="IE", open="BI", unfinished="BI"),
}


def allowed(labels: Sequence[str], scheme: str) -> Allowed:
    """Return which of C labels may follow each other, begin and end a sequence.

    Args:
        labels: names such as ``"O"``, ``"B-person"``; the kind is what follows the first hyphen.
        scheme: ``"iob"`` or ``"iobes"``.

    Raises:
        ArgumentError: the scheme is unknown, or a label is none of it.

    Example:
        >>> mask = allowed(["O", "B-x", "I-x", "B-y"], "iob")
        >>> mask.between.astype(int).tolist(), mask.start.tolist()
        ([[1, 1, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 1]], [True, True, False, True])
    """
    rules = SCHEMES[checks.choice("scheme", scheme, SCHEMES)]
    parts = [_parts(label, scheme, rules) for label in labels]
    follows = np.array([prefix in rules.follows for prefix, _ in parts], bool)
    finished = np.array([prefix not in rules.unfinished for prefix, _ in parts], bool)
    goes_on = np.array([[_same_span(a, b, rules) for b in parts] for a in parts], bool)
    between = np.where(follows, goes_on, finished[:, None])
    return Allowed(between, start=~follows, end=finished)


def _same_span(earlier: tuple[str, str], later: tuple[str, str], rules: Scheme) -> bool:
    return earlier[0] in rules.open and earlier[1] == later[1]


def _parts(label: str, scheme: str, rules: Scheme) -> tuple[str, str]:
    """Return a label's prefix and kind."""
    prefix, _, kind = label.partition("-")
    if label != "O" and not (kind and len(prefix) == 1 and prefix in rules.all):
        prefixes = ", ".join(f"{p}-kind" for p in rules.all)
        raise ArgumentError(f"label {checks.shown(label)} is none of {scheme}; expected O, {prefixes}.")
    return prefix, kind
