"""Which labels may follow each other, against a grammar of whole label sequences."""

import itertools
import re

import numpy as np
import pytest

from ostinato.decode.iob import allowed
from ostinato.errors import ArgumentError

IOBES = ["O", "B-x", "I-x", "E-x", "S-x", "B-y-z", "I-y-z", "E-y-z", "S-y-z"]
LABELS = {
    "IOB2": ["I-x", "O", "B-y-z", "B-x", "I-y-z"],
    "IOBES": IOBES,
    "BILOU": [label.replace("E-", "L-").replace("S-", "U-") for label in IOBES],
    "BMES": [label.replace("I-", "M-") for label in IOBES],
}
SPAN = {
    "IOB2": "B-{0} (I-{0} )*",
    "IOBES": "(S-{0} |B-{0} (I-{0} )*E-{0} )",
    "BILOU": "(U-{0} |B-{0} (I-{0} )*L-{0} )",
    "BMES": "(S-{0} |B-{0} (M-{0} )*E-{0} )",
}


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


def test_in_iob1_only_an_entity_of_the_same_type_lets_b_follow():
    labels = ["O", "I-x", "B-x", "I-y", "B-y"]
    mask = allowed(labels, "IOB1")
    may = {(a, b) for (i, a), (j, b) in itertools.product(enumerate(labels), repeat=2) if mask.between[i, j]}
    assert ("I-x", "B-x") in may
    assert ("O", "B-x") not in may
    assert ("I-y", "B-x") not in may
    assert mask.start.tolist() == [True, True, False, True, False]


def test_masks_are_truth_values():
    assert {part.dtype for scheme in LABELS for part in allowed(LABELS[scheme], scheme)} == {np.dtype(bool)}


@pytest.mark.parametrize("label", ["person", "I-", "o", "BI-x", "-x", "O-x"])
def test_what_is_no_entitys_tag_is_refused(label):
    with pytest.raises(ArgumentError, match="is no entity's; expected 'O'"):
        allowed(["O", label], "IOB2")
