"""Which tags of entities may follow each other, as the masks that decoding takes."""

from collections.abc import Sequence

import numpy as np

from ostinato.decode.viterbi import Allowed
from ostinato.read import iob
from ostinato.read.iob import Scheme


def allowed(labels: Sequence[str], scheme: Scheme) -> Allowed:
    """Return which of C labels may follow each other, begin and end a sequence.

    Args:
        labels: names such as ``"O"``, ``"B-person"``; the kind is what follows the first hyphen.
        scheme: as ``read.iob`` has them.

    Raises:
        ArgumentError: a label is no entity's tag.

    Example:
        >>> mask = allowed(["O", "B-x", "I-x", "B-y"], "IOB2")
        >>> mask.between.astype(int).tolist(), mask.start.tolist()
        ([[1, 1, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 1]], [True, True, False, True])
    """
    return Allowed(
        between=np.array([[iob.allowed(scheme, a, b) for b in labels] for a in labels]),
        start=np.array([iob.allowed(scheme, None, label) for label in labels]),
        end=np.array([iob.allowed(scheme, label, None) for label in labels]),
    )
