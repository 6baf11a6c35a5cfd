"""Write down what is said."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ostinato.answers.transcribe import Word
    from ostinato.runtime import Transcriber
    from ostinato.runtime.transcribe import Decoding

STANDARD_INPUT = Path("-")

BeamSize = Annotated[
    int | None,
    typer.Option(help="transcripts: texts that stay open (default: 1, with a language model 16)", min=1),
]
LanguageModel = Annotated[
    Path | None, typer.Option("--lm", help="transcripts: a language model of characters", metavar="MODEL")
]
Weight = Annotated[
    float | None, typer.Option("--lm-weight", help="transcripts: how much the language model counts (0.3)")
]
Bonus = Annotated[
    float | None,
    typer.Option("--insertion-bonus", help="transcripts: what every letter gets beside it (0.5)"),
]


def transcribe(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="a transcriber's directory")],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="sound files; -: raw sound from stdin, 16-bit samples of one channel"
        ),
    ],
    beam_size: BeamSize = None,
    lm: LanguageModel = None,
    lm_weight: Weight = None,
    insertion_bonus: Bonus = None,
    rate: Annotated[
        int | None, typer.Option(help="stdin: samples a second (default: the model's)", min=1_000)
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="print JSON, a line each: files with their words; of stdin words")
    ] = False,
) -> None:
    """Write down what is said in each FILE, or what comes from stdin while it is heard."""
    from ostinato import runtime
    from ostinato.errors import ArgumentError
    from ostinato.runtime.verb_speech import decoding_of

    if rate is not None and files != [STANDARD_INPUT]:
        raise ArgumentError("--rate is about raw sound from stdin; files say their rates themselves.")
    loaded = runtime.load(model)
    if not isinstance(loaded, runtime.Transcriber):
        raise ArgumentError(f"{model} is a {loaded.spec.task} model; expected a transcriber.")
    decoding = decoding_of(beam_size, lm, lm_weight, insertion_bonus)
    if files == [STANDARD_INPUT]:
        _listen(loaded, decoding, rate, json)
    else:
        _read(loaded, decoding, files, json)


def _read(model: "Transcriber", decoding: "Decoding", files: list[Path], as_json: bool) -> None:
    """Print what is said in each file; where there are several, with its name."""
    from ostinato.answers.plain import plain
    from ostinato.cli.output import result
    from ostinato.runtime.verb_speech import transcribe_file

    for file in files:
        text, words = transcribe_file(model, file, decoding)
        if as_json:
            result(_line({"file": str(file), "text": text, "words": [*map(_timed, words)]}))
        else:
            result((f"{file}\t" if len(files) > 1 else "") + plain(text) + "\n")


def _listen(model: "Transcriber", decoding: "Decoding", rate: int | None, as_json: bool) -> None:
    """Print letters, or words with their times, as soon as they are certain."""
    from ostinato.answers.plain import plain
    from ostinato.answers.transcribe import Heard
    from ostinato.cli.output import result
    from ostinato.runtime.verb_speech import listen

    open_word = Heard("", ())
    for heard in listen(model, decoding, rate):
        if not as_json:
            result(plain(heard.text))
            continue
        words, open_word = (open_word + heard).parted()
        result("".join(_line(_timed(word)) for word in words))
    result("".join(_line(_timed(word)) for word in open_word.words()) if as_json else "\n")


def _timed(word: "Word") -> dict[str, Any]:
    return {"word": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
