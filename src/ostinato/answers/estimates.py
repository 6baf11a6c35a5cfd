"""Numbers that a regression model told, as rows to be written."""

from collections.abc import Sequence

from ostinato.answers.regress import Estimates
from ostinato.answers.rows import Rows, check_as_many


def columns(answer: Estimates) -> list[str]:
    """Return the columns of the file: ``id``, ``step`` where there is a number a step, and the number's name.

    The name is ``prediction`` where the number is called as another column.
    """
    named = answer.name if answer.name not in ("id", "step") else "prediction"
    return ["id", "step", named] if answer.per_step else ["id", named]


def rows(ids: Sequence[str], answer: Estimates) -> Rows:
    """Return one row a sequence, or one a step; steps are counted from 1.

    Raises:
        ArgumentError: there are not as many names as sequences.

    Example:
        >>> import numpy as np
        >>> life = rows(["u1"], Estimates([np.array([3.5, 2.5])], "life", per_step=True))
        >>> print(life.to_csv(), end="")
        id,step,life
        u1,1,3.5
        u1,2,2.5
    """
    check_as_many(ids, len(answer))
    return Rows(
        columns(answer),
        [
            (name, step, value) if answer.per_step else (name, value)
            for name, values in zip(ids, answer.values, strict=True)
            for step, value in enumerate(values.tolist(), start=1)
        ],
    )
