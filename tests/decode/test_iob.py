"""Which labels may follow each other, against a grammar of whole label sequences."""

import itertools
import re

import numpy as np
import pytest

from ostinato.decode.iob import allowed
from ostinato.errors import ArgumentError

LABELS = {
    "iob": ["I-x", "O", "B-y-z", "B-x", "I-y-z"],
    "iobes": ["O", "B-x", "I-x", "E-x", "S-x", "B-y-z", "I-y-z", "E-y-z", "S-y-z"],
}
SPAN = {"iob": "B-{0} (I-{0} )*", "iobes": "(S-{0} |B-{0} (I-{0} )*E-{0} )"}


def is_allowed(mask, path):
    """Return whether the masks let a path of label numbers be."""
    pairs = itertools.pairwise(path)
    return bool(mask.start[path[0]] and mask.end[path[-1]] and all(mask.between[a, b] for a, b in pairs))


@pytest.mark.parametrize("scheme", LABELS)
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_exactly_the_sequences_of_whole_spans_are_allowed(scheme, steps):
    labels = LABELS[scheme]
    mask = allowed(labels, scheme)
    grammar = "|".join(["O ", *(SPAN[scheme].format(kind) for kind in ("x", "y-z"))])
    for path in itertools.product(range(len(labels)), repeat=steps):
        text = "".join(labels[i] + " " for i in path)
        assert is_allowed(mask, path) == bool(re.fullmatch(f"({grammar})*", text)), text


def test_masks_are_truth_values():
    assert {part.dtype for scheme in LABELS for part in allowed(LABELS[scheme], scheme)} == {np.dtype(bool)}


@pytest.mark.parametrize("label", ["", "person", "I", "I-", "E-x", "o", "BI-x", "-x", "O-x"])
def test_a_label_of_another_scheme_is_refused(label):
    with pytest.raises(ArgumentError, match=f"label '{label}' is none of iob; expected O, B-kind, I-kind"):
        allowed(["O", label], "iob")


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ArgumentError, match="scheme is 'bilou'; choose one of iob, iobes"):
        allowed(["O"], "bilou")
