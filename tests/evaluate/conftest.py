"""One evaluation of series and one of text, made once."""

import pytest

from evaluations import make_model, noisy_answers, series_data, series_judge, text_data, text_judge
from ostinato.evaluate.classify import Evaluation


@pytest.fixture(scope="session")
def series_evaluation():
    """Return the evaluation of nine classes of twelve channels."""
    labels = [f"speaker {i}" for i in range(1, 10)]
    sequences, targets = series_data(labels, 12, 120)
    return Evaluation.of(
        make_model(labels, 12),
        sequences,
        noisy_answers(targets, 9, 5.0),
        probabilities_of=series_judge(9),
        name="speakers",
        source="test.ts",
    )


@pytest.fixture(scope="session")
def text_evaluation():
    """Return the evaluation of two classes of texts."""
    sequences, targets = text_data(["negative", "positive"], 80)
    return Evaluation.of(
        make_model(["negative", "positive"]),
        sequences,
        noisy_answers(targets, 2, 2.0),
        probabilities_of=text_judge(2),
        unknown_rate=0.042,
        name="reviews",
        source="test.csv",
    )
