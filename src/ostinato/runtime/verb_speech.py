"""What ``ostinato evaluate`` and ``ostinato transcribe`` do with transcribers."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ostinato import checks
from ostinato.answers.transcribe import Heard, Transcript
from ostinato.errors import ArgumentError, DataError
from ostinato.evaluate.transcribe import TranscribeEvaluation
from ostinato.read.manifest import read_manifest
from ostinato.read.pcm import WIDTH, Resampler, block_bytes, samples_of
from ostinato.read.recordings import read_recording, resampled
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import load
from ostinato.runtime.transcribe import BEAM_SIZE, Decoding, Transcriber


def decoding_of(
    beam_size: int | None, language: Path | None, weight: float | None, bonus: float | None
) -> Decoding:
    """Return how to find letters, where options of it were given.

    Raises:
        ArgumentError: what weighs a language model is given, and none is; or the model is none of language.
    """
    if language is None:
        if weight is not None or bonus is not None:
            raise ArgumentError(
                "--lm-weight and --insertion-bonus are about a language model; give one (--lm)."
            )
        return Decoding(beam_size=beam_size or 1)
    loaded = load(language)
    if not isinstance(loaded, TextModel):
        raise ArgumentError(f"{language} is a {loaded.spec.task} model; expected a language model of text.")
    usual = Decoding()
    return Decoding(
        beam_size=beam_size or BEAM_SIZE,
        language=loaded,
        weight=usual.weight if weight is None else weight,
        bonus=usual.bonus if bonus is None else bonus,
    )


def evaluate_transcriber(
    model: Transcriber, manifest: Path, name: str, decoding: Decoding
) -> TranscribeEvaluation:
    """Judge a transcriber on recordings whose texts are known."""
    data = read_manifest(manifest, model.spec.columns, model.sample_rate, labelled=True)
    lower = model.spec.recipe.data.lowercase
    said = [text.lower() if lower else text for text in checks.given("texts", data.texts)]
    heard = model.transcribe(data.samples, decoding)
    return TranscribeEvaluation.of(
        model.spec,
        said,
        [one.text for one in heard],
        data.sounds.places,
        seconds=sum(map(len, data.samples)) / model.sample_rate,
        decoding=described(decoding),
        name=name,
        source=manifest.name,
    )


def transcribe_file(model: Transcriber, file: Path, decoding: Decoding) -> Transcript:
    """Return what is said in a sound file.

    Raises:
        DataError: it cannot be read, or is shorter than a frame.
    """
    samples = resampled(read_recording(file), model.sample_rate)
    if len(samples) < model.audio.width:
        raise DataError(
            f"{file}: lasts {1_000 * len(samples) / model.sample_rate:.0f} ms; expected one frame at least, "
            f"{model.audio.window:g} ms."
        )
    return model.transcribe([samples], decoding)[0]


def listen(
    model: Transcriber, decoding: Decoding, rate: int | None = None, pipe: BinaryIO | None = None
) -> Iterator[Heard]:
    """Yield what is said in raw sound while it comes: 16-bit little-endian samples of one channel.

    Args:
        model: one that listens forwards alone.
        decoding: how letters are found.
        rate: samples a second; None: as many as the model's.
        pipe: where the sound comes from; None: the standard input.

    Raises:
        StreamError: the model listens both ways.
        DataError: the sound ends within a sample.
    """
    stream, coming = model.stream(decoding), rate or model.sample_rate
    resampler = Resampler(coming, model.sample_rate)
    for block in _blocks(sys.stdin.buffer if pipe is None else pipe, block_bytes(coming)):
        samples = resampler.push(samples_of(block))
        if len(samples):
            yield stream.push(samples)
    rest = resampler.finish()
    if len(rest):
        yield stream.push(rest)
    yield stream.finish()


def described(decoding: Decoding) -> str:
    """Return in words how letters are found."""
    if decoding.language is None and decoding.beam_size == 1:
        return "greedy"
    beam = f"beam of {decoding.beam_size}"
    if decoding.language is None:
        return beam
    return f"{beam}, language model ({decoding.weight:g}), letter bonus {decoding.bonus:g}"


def _blocks(pipe: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield whole samples as they come, at most so many bytes at once, and at the end what is left."""
    rest = b""
    while block := getattr(pipe, "read1", pipe.read)(size):
        whole = rest + block
        rest = whole[len(whole) - len(whole) % WIDTH :]
        yield whole[: len(whole) - len(rest)]
    yield rest
