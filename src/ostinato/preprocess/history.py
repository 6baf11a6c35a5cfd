"""The turns of a dialogue as one sequence of tokens, shortened where it began."""

from collections.abc import Sequence

import numpy as np

from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.tokens import Tokenizer


def read_history(tokenizer: Tokenizer, turns: Sequence[str], most: int) -> Integers:
    """Return the tokens of turns, each with a mark at its end: the token that is one more than the last.

    Args:
        tokenizer: what makes tokens of a turn.
        turns: at least one, the last one nearest.
        most: tokens that are kept at most, the marks between turns counted and the last one not; what is
            furthest back goes first.

    Raises:
        DataError: there is no turn.

    Example:
        >>> tokenizer = Tokenizer.fit(["a b c"], "word", vocabulary_size=9, lowercase=False)
        >>> [read_history(tokenizer, ["a b", "c"], most).tolist() for most in (10, 3)]
        [[1, 2, 4, 3, 4], [2, 4, 3, 4]]
    """
    if not turns:
        raise DataError("the history has no turn; expected at least one.")
    mark = tokenizer.spec.vocabulary_size
    marked = [np.append(tokenizer.encode(turn), mark) for turn in turns]
    return np.concatenate(marked)[-(most + 1) :]
