"""Write the golden states of version 1: `PYTHONPATH=tests python tests/formats/make_states_v1.py`.

They were written once, when version 1 was new, and are never written again: every later Ostinato must go on
from them as `expected.json` says.
"""

import json
from pathlib import Path

import numpy as np

import language_models
import model_files
from ostinato import runtime
from ostinato.archive import model as archive

HERE = Path(__file__).parent
PLACE = HERE / "states_v1"
SERIES = (HERE / "v1" / "series-gru", np.round(np.sin(np.arange(21.0)), 3).reshape(7, 3).tolist())
TEXT = (PLACE / "language-lstm-char", "to be, or n\u00f6t to b\u00e9")


def save_language_model(place: Path) -> None:
    """Write a small language model of characters."""
    made = language_models.model("char")
    tensors = {name: array.astype(np.float32) for name, array in made.network.tensors.items()}
    tokenizer = made.preprocessor.tokenizer_json()
    archive.save(place, made.spec, tensors, tokenizer, model_files.CARD)


def main() -> None:
    """Write all states into tests/formats/states_v1, which must not be there."""
    PLACE.mkdir()
    save_language_model(TEXT[0])
    expected = {}
    for place, given in (SERIES, TEXT):
        stream = runtime.load(place).stream()
        half = len(given) // 2 + 2
        stream.push(given[:half])
        (PLACE / f"{place.name}.state").write_bytes(stream.state())
        answer = stream.push(given[half:])
        rows = answer.nats if isinstance(given, str) else answer
        expected[place.name] = {
            "model": str(place.relative_to(HERE)),
            "given": given[half:],
            "steps": stream.steps,
            "said": rows.tolist(),
        }
    (PLACE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
