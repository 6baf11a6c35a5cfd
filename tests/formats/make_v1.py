"""Write the golden model directories of format version 1: `PYTHONPATH=tests python tests/formats/make_v1.py`.

They were written once, when version 1 was new, and are never written again: every later Ostinato must load
them and answer as `expected.json` says.
"""

import json
from pathlib import Path

import numpy as np

from model_files import RECORD, SERIES, weights
from ostinato import runtime
from ostinato.archive import model as archive
from ostinato.preprocess.tokens import Tokenizer
from ostinato.spec.answers import Classes
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.model import ClassifyModel
from ostinato.spec.network import Dropout, Embedding, Head, Network, Pool, Recurrent
from ostinato.spec.preprocessing import Columns, Series

HERE = Path(__file__).parent
SAID = ["what a good film", "what a bad film", "so so", "Good, good!", "bad"]


def text_model(method: str, size: int) -> tuple[ClassifyModel, bytes]:
    """A bidirectional LSTM with attention over tokens."""
    tokenizer = Tokenizer.fit(SAID, method, vocabulary_size=size, lowercase=True)
    ops = (
        Embedding(size=4),
        Dropout(name="embedding_dropout", rate=0.5),
        Recurrent(cell="lstm", hidden_size=3, layers=2, bidirectional=True, dropout=0.25),
        Pool(kinds=("attention", "max"), attention_size=2, directions=2),
        Head(size=3),
    )
    spec = ClassifyModel(
        task="classify",
        columns=Columns(label="class", text="said"),
        preprocessing=tokenizer.spec,
        network=Network(input="tokens", input_size=tokenizer.spec.vocabulary_size, ops=ops),
        answer=Classes(labels=("bad", "so so", "gut \u2600")),
        recipe=ClassifyOptions(),
        training=RECORD.model_copy(update={"unknown_rate": 0.125}),
    )
    return spec, tokenizer.to_json()


def plain_model() -> ClassifyModel:
    """Two layers of a plain recurrence on one unscaled channel, its labels numbers."""
    ops = (
        Recurrent(name="tanh", cell="rnn_tanh", hidden_size=3),
        Recurrent(name="relu", cell="rnn_relu", hidden_size=3),
        Pool(kinds=("last",)),
        Head(size=2),
    )
    return ClassifyModel(
        task="classify",
        columns=Columns(),
        preprocessing=Series(channels=("0",), scale="none", center=(0.0,), spread=(1.0,)),
        network=Network(input="steps", input_size=1, ops=ops),
        answer=Classes(labels=("-1", "1"), label_type="integer"),
        recipe=ClassifyOptions(),
        training=RECORD.model_copy(update={"selection": "none", "scores": {}}),
    )


def save(
    place: Path, name: str, spec: ClassifyModel, tokenizer: bytes | None, inputs: list, dtype: str
) -> dict:
    """Write one model; return its inputs and its scores."""
    archive.save(place / name, spec, weights(spec, dtype), tokenizer, f"# {name}\n\nfor tests: caf\u00e9\n")
    given = inputs if tokenizer else [np.array(values, np.float32) for values in inputs]
    return {"inputs": inputs, "scores": runtime.load(place / name).scores(given).tolist()}


def main() -> None:
    """Write all directories into tests/formats/v1, which must not be there."""
    place = HERE / "v1"
    place.mkdir()
    three = [np.round(np.sin(np.arange(3.0 * steps)), 3).reshape(steps, 3).tolist() for steps in (1, 2, 7)]
    one = [[[0.5]], [[1.0], [-1.0], [0.25]]]
    texts = ["what a good film", "Unheard-of words", "bad"]
    words, characters = text_model("word", 12), text_model("bpe", 262)
    expected = {
        "series-gru": save(place, "series-gru", SERIES, None, three, "float32"),
        "series-rnn-float64": save(place, "series-rnn-float64", plain_model(), None, one, "float64"),
        "text-lstm-word": save(place, "text-lstm-word", *words, texts, "float32"),
        "text-lstm-bpe": save(place, "text-lstm-bpe", *characters, texts, "float32"),
    }
    (place / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
