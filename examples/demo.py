"""The main job, from data to a model that listens: nine speakers, told apart by two Japanese vowels.

    make demo        or, where Ostinato is installed:  python examples/demo.py

The data ships with sktime: 640 utterances of 7 to 29 steps and 12 channels (Kudo et al. 1999), with the
archive's own training and test parts.
"""

import json
import shlex
import sys
from pathlib import Path

import numpy as np
from sktime.datasets import load_japanese_vowels

import ostinato
from ostinato.cli import run

FOLDER = Path("demo")
COLUMNS = "--label speaker --sequence id"


def write(part: str) -> Path:
    """Write one part of the data as JSON Lines, one utterance a line."""
    utterances, speakers = load_japanese_vowels(split=part, return_X_y=True, return_type="df-list")
    path = FOLDER / f"{part}.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for number, (steps, speaker) in enumerate(zip(utterances, speakers, strict=True)):
            record = {"id": f"{part}-{number}", "speaker": speaker, "values": steps.to_numpy().tolist()}
            lines.write(json.dumps(record) + "\n")
    return path


def command(line: str) -> None:
    """Show a command and run it, as a shell would."""
    print(f"\n$ ostinato {line}", flush=True)
    if code := run(shlex.split(line)):
        sys.exit(code)


def listen(model_path: Path, test: Path) -> None:
    """Let the model hear one utterance step by step, and show what it believes after each."""
    model = ostinato.load(model_path)
    if not isinstance(model, ostinato.Classifier):
        raise TypeError("the commands above train a classifier")
    record = json.loads(test.read_text(encoding="utf-8").splitlines()[100])
    print(f"\nListening to utterance {record['id']}, spoken by speaker {record['speaker']}, step by step:")
    stream = model.stream()
    for step, values in enumerate(record["values"], start=1):
        probabilities = np.asarray(stream.push(values))
        best = probabilities.argmax()
        bar = "█" * round(40 * probabilities[best])
        print(f"  step {step:2}  speaker {model.labels[best]}  {probabilities[best]:6.1%}  {bar}")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    train, test = write("train"), write("test")
    model, report = FOLDER / "model", FOLDER / "report.html"
    command(f"train classify {train} {COLUMNS} --cell gru --out {model} --overwrite")
    command(f"evaluate {model} {test} --report {report}")
    listen(model, test)
    print(f"\nThe model lies in {model}, the report in {report}: open it in a browser.")


if __name__ == "__main__":
    main()
