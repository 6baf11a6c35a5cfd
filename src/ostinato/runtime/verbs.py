"""From a model's and a file's path to what ``ostinato evaluate`` and ``ostinato predict`` print."""

from pathlib import Path
from typing import NamedTuple

from ostinato.answers.classify import Classification
from ostinato.evaluate.classify import Evaluation
from ostinato.read import read
from ostinato.runtime.model import load


class Predictions(NamedTuple):
    """The answers for a file.

    Args:
        ids: the sequences' names, N.
        answer: their probabilities and labels, in the same order.
    """

    ids: list[str]
    answer: Classification


def evaluate(model: Path, data: Path, *, explain: bool = False) -> Evaluation:
    """Judge a model on a labelled file, whose columns are found by the names that the model was trained with.

    Args:
        model: a model directory.
        data: the file.
        explain: also find out what a few decisions rested on, as a report shows it; takes longer.

    Raises:
        ModelFileError: the model cannot be loaded.
        DataError: the file cannot be read, lacks a column, or has a label that the model does not know.
    """
    loaded = load(model)
    sequences = read(data, loaded.spec.columns, labelled=True)
    prepared = loaded.preprocessor.apply(sequences)
    return Evaluation.of(
        loaded.spec,
        sequences,
        loaded.probabilities(sequences),
        probabilities_of=loaded.probabilities if explain else None,
        lengths=[len(rows) for rows in prepared],
        unknown_rate=loaded.preprocessor.unknown_rate(sequences),
        name=model.name,
        source=data.name,
    )


def predict(model: Path, data: Path) -> Predictions:
    """Answer for every sequence of a file; labels in it are not needed and not looked at.

    Raises:
        ModelFileError: the model cannot be loaded.
        DataError: the file cannot be read, or lacks a column.
    """
    loaded = load(model)
    sequences = read(data, loaded.spec.columns, labelled=False)
    return Predictions(sequences.ids, loaded.predict(sequences))
