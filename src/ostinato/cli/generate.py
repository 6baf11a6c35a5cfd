"""Let a language model write text, or music."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.cli.options import UsageError, flag
from ostinato.spec.base import Spec
from ostinato.spec.sampling import Sampling

if TYPE_CHECKING:
    from ostinato.read.midi import Score
    from ostinato.runtime import FrameModel, MusicModel, TextModel

TOKENS, FRAMES, FRAME_BEATS = 500, 64, 0.5
"""How long what is written is, and how long a frame, where nothing was said of it."""

FOR_TEXT = ("samples", "stop", "stream")
FOR_TOKENS = ("top_k", "top_p", "repetition_penalty")
"""Options that say nothing about music, and those that say nothing about frames of it."""


class GenerateOptions(Spec):
    """All options of ``ostinato generate`` that are no matter of the command line."""

    sampling: Sampling = Sampling()


def generate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="a language model's directory")],
    prompt: Annotated[
        str, typer.Option(help="what the text goes on from; for music, a MIDI file", metavar="TEXT")
    ] = "",
    length: Annotated[
        int | None,
        typer.Option(help=f"tokens to write at most ({TOKENS}); piano rolls: frames ({FRAMES})", min=1),
    ] = None,
    samples: Annotated[int, typer.Option(help="how many texts", min=1, max=10_000)] = 1,
    stop: Annotated[str | None, typer.Option(help="end before this comes up", metavar="TEXT")] = None,
    stream: Annotated[bool, typer.Option("--stream", help="print every token as it is drawn")] = False,
    out: Annotated[
        Path | None, typer.Option(help="music: the MIDI file to write", metavar="SONG.mid")
    ] = None,
    frame_beats: Annotated[
        float | None, typer.Option(help=f"piano rolls: quarter notes that a frame lasts ({FRAME_BEATS})")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print JSON: the prompt and the texts")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Write text with MODEL, token by token, after its prompt; or music into a MIDI file."""
    from ostinato import runtime
    from ostinato.errors import ArgumentError

    if stream and (json or samples > 1):
        raise UsageError("--stream prints one text as it is written; leave --samples and --json out.")
    loaded = runtime.load(model)
    music = given | {"samples": samples > 1, "stop": stop, "stream": stream}
    if isinstance(loaded, runtime.TextModel):
        _refuse({"out": out, "frame_beats": frame_beats}, ("out", "frame_beats"), "text")
        _write(loaded, prompt, length or TOKENS, Sampling(**given), samples, stop, stream, json)
    elif isinstance(loaded, runtime.MusicModel):
        _refuse(music | {"frame_beats": frame_beats}, (*FOR_TEXT, "frame_beats"), "notes")
        _compose(loaded, prompt, length or TOKENS, Sampling(**given), _place(out), json)
    elif isinstance(loaded, runtime.FrameModel):
        _refuse(music, (*FOR_TEXT, *FOR_TOKENS), "piano rolls")
        beats = FRAME_BEATS if frame_beats is None else frame_beats
        _play(loaded, prompt, length or FRAMES, Sampling(**given), _place(out), beats, json)
    else:
        raise ArgumentError(f"{model} is a {loaded.spec.task} model; expected a language model.")


def _refuse(given: dict[str, Any], names: tuple[str, ...], kind: str) -> None:
    """Refuse options that say nothing about what the model writes."""
    if found := [flag(name) for name in names if given.get(name) not in (None, False)]:
        raise UsageError(f"{', '.join(found)}: the model writes {kind}, for which this says nothing.")


def _place(out: Path | None) -> Path:
    """Return where the music goes, before any is written."""
    from ostinato.answers.midi import ENDINGS

    if out is None or out.suffix.lower() not in ENDINGS:
        raise UsageError("the model writes music; name a file for it: --out SONG.mid")
    return out


def _write(
    model: "TextModel",
    prompt: str,
    length: int,
    sampling: Sampling,
    samples: int,
    stop: str | None,
    stream: bool,
    json: bool,
) -> None:
    from ostinato.cli.output import result, result_json

    if stream:
        result(prompt)
        for (piece,) in model.write(prompt, length, sampling, stop=stop):
            result(piece)
        result("\n")
        return
    texts = model.generate(prompt, length, sampling, samples, stop)
    if json:
        result_json({"prompt": prompt, "texts": texts})
    else:
        result("\n\n".join(prompt + text for text in texts) + "\n")


def _compose(
    model: "MusicModel", prompt: str, length: int, sampling: Sampling, out: Path, json: bool
) -> None:
    from ostinato.read.midi import read_midi

    begun = read_midi(prompt) if prompt else None
    ((score, skipped),) = model.generate(begun, length, sampling)
    _save(score, out, skipped, json)


def _play(
    model: "FrameModel", prompt: str, length: int, sampling: Sampling, out: Path, beats: float, json: bool
) -> None:
    from ostinato.read.midi import read_midi
    from ostinato.read.roll_notes import roll_of, score_of

    begun = roll_of(read_midi(prompt), beats) if prompt else None
    (roll,) = model.generate(length, sampling.temperature, sampling.seed, prompt=begun)
    _save(score_of(roll, beats), out, 0, json)


def _save(score: "Score", out: Path, skipped: int, json: bool) -> None:
    """Write the MIDI file, and say what is in it."""
    from ostinato.answers.midi import write_midi
    from ostinato.cli.output import result, result_json

    write_midi(out, score)
    if json:
        result_json({"file": str(out), "notes": score.note_num(), "skipped": skipped})
        return
    left = f"; {skipped:,} tokens could not be played and were skipped" if skipped else ""
    result(f"{out}: {score.note_num():,} notes{left}\n")
