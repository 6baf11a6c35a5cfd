"""What ``ostinato evaluate`` and ``ostinato transcribe`` do with transcribers."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ostinato import checks
from ostinato.answers.transcribe import Heard, Transcript
from ostinato.errors import ArgumentError, DataError
from ostinato.evaluate.transcribe import TranscribeEvaluation
from ostinato.read.manifest import read_manifest
from ostinato.read.recordings import Samples, read_recording, resampled
from ostinato.runtime.language import TextModel
from ostinato.runtime.loading import load
from ostinato.runtime.transcribe import BEAM_SIZE, Decoding, Transcriber

BLOCK_SECONDS = 0.1
"""So much sound is read of a pipe at once at most: text comes no later than that."""

LOUDEST = 32_768
"""What 16-bit samples are divided by."""


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
    stream = model.stream(decoding)
    source = sys.stdin.buffer if pipe is None else pipe
    for samples in _resampled(_samples(source, rate or model.sample_rate), rate, model.sample_rate):
        if len(samples):
            yield stream.push(samples)
    yield stream.finish()


def described(decoding: Decoding) -> str:
    """Return in words how letters are found."""
    if decoding.language is None and decoding.beam_size == 1:
        return "greedy"
    beam = f"beam of {decoding.beam_size}"
    if decoding.language is None:
        return beam
    return f"{beam}, language model ({decoding.weight:g}), letter bonus {decoding.bonus:g}"


def _samples(pipe: BinaryIO, rate: int) -> Iterator[Samples]:
    """Yield samples as they come, at most ``BLOCK_SECONDS`` of them at once."""
    size, rest = 2 * max(1, int(BLOCK_SECONDS * rate)), b""
    while block := getattr(pipe, "read1", pipe.read)(size):
        whole = rest + block
        rest = whole[len(whole) - len(whole) % 2 :]
        yield np.frombuffer(whole[: len(whole) - len(rest)], "<i2").astype(np.float32) / np.float32(LOUDEST)
    if rest:
        raise DataError("standard input: ends within a sample; expected 16-bit samples of one channel.")


def _resampled(blocks: Iterator[Samples], rate: int | None, wanted: int) -> Iterator[Samples]:
    """Yield samples at the rate that is wanted."""
    if rate in (None, wanted):
        yield from blocks
        return
    soxr = checks.extra("soxr", "audio", "resampling")
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)
