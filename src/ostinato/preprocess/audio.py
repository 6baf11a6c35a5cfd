"""Recordings as a network reads them: log-mel frames, whole or while they are heard."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ostinato import checks
from ostinato.errors import ArgumentError, DataError, StreamError
from ostinato.preprocess.base import Prepared, SequencePreprocessor
from ostinato.read.audio import samples_of
from ostinato.read.recordings import Samples
from ostinato.read.sequences import Sequences
from ostinato.spec.audio import Audio
from ostinato.spec.audio_options import AudioOptions

Frames = NDArray[np.float32]
State = dict[str, NDArray[Any]]


class AudioPreprocessor(SequencePreprocessor):
    """Makes recordings into frames.

    Args:
        spec: what frames are.

    Raises:
        ArgumentError: there are no such frames.
    """

    def __init__(self, spec: Audio) -> None:
        self.spec: Audio = spec
        make_computer(spec)

    @classmethod
    def fit(cls, sequences: Sequences, options: AudioOptions) -> "AudioPreprocessor":
        """Fit to these recordings and to nothing else."""
        rate = checks.given("sample_rate", sequences.sample_rate)
        return cls(fit_audio(cast(list[Samples], sequences.values), rate, options, sequences.places))

    def _applied(self, sequences: Sequences) -> Prepared:
        if sequences.sample_rate != self.spec.sample_rate:
            raise DataError(
                f"the recordings have {sequences.sample_rate} samples a second; the model reads "
                f"{self.spec.sample_rate}: resample them."
            )
        return _all_frames(self.spec, cast(list[Samples], sequences.values), sequences.places)


def fit_audio(
    recordings: Sequence[Samples], sample_rate: int, options: AudioOptions, names: Sequence[str] = ()
) -> Audio:
    """Return what frames are by these options, their bands scaled by all frames of these recordings.

    center is a band's mean, spread its standard deviation (1 where it is constant), in float64.

    Args:
        recordings: (n,) samples each.
        sample_rate: of all of them.
        options: everything else about a frame.
        names: what each recording is called in messages.

    Raises:
        ArgumentError: there are no such frames, such as bands above half of the rate.
        DataError: a recording is shorter than one frame.

    Example:
        >>> tone = np.sin(np.arange(800, dtype=np.float32))
        >>> audio = fit_audio([tone], 8000, AudioOptions())
        >>> audio.width, audio.hop, audio.frames(800), log_mel(audio, tone).shape
        (200, 80, 8, (8, 40))
    """
    raw = unscaled(sample_rate, options)
    frames = np.concatenate(_all_frames(raw, recordings, names)).astype(np.float64)
    spread = frames.std(axis=0)
    return raw.model_copy(
        update={
            "center": tuple(frames.mean(axis=0).tolist()),
            "spread": tuple(np.where(spread > 0, spread, 1.0).tolist()),
        }
    )


def unscaled(sample_rate: int, options: AudioOptions) -> Audio:
    """Return what frames are by these options, before their bands are scaled."""
    try:
        return Audio(
            sample_rate=sample_rate,
            window=options.frame_length,
            shift=options.frame_shift,
            bands=options.mel_bands,
            low=options.low_frequency,
            high=sample_rate / 2 if options.high_frequency is None else options.high_frequency,
            center=(0.0,) * options.mel_bands,
            spread=(1.0,) * options.mel_bands,
        )
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ArgumentError(f"there are no such frames: {reason}.") from error


def log_mel(audio: Audio, samples: Samples, name: str = "the recording") -> Frames:
    """Return a whole recording's frames, (T, bands), T = ``audio.frames(n)`` ≥ 1; see :class:`Audio`.

    Args:
        audio: what frames are.
        samples: (n,) at the rate of ``audio``.
        name: of the recording, for messages.

    Raises:
        DataError: it is shorter than one frame.
    """
    if len(samples) < audio.width:
        raise DataError(
            f"{name}: has {len(samples):,} samples, {1_000 * len(samples) / audio.sample_rate:.3g} ms; "
            f"expected one frame at least, {audio.window:g} ms: leave it out, or shorten the frames."
        )
    return _frames(audio, samples)


def _all_frames(audio: Audio, recordings: Sequence[Samples], names: Sequence[str]) -> list[Frames]:
    called = names or [f"recording {number}" for number in range(1, len(recordings) + 1)]
    return [log_mel(audio, samples, name) for samples, name in zip(recordings, called, strict=True)]


class AudioStream:
    """One recording that is still being heard: samples in, frames out as soon as they are complete.

    The frames are those of the whole recording, to the last bit, in whatever pieces it comes. The state is a
    value, of one size however long the stream is: the last samples and how many there were.

    Args:
        audio: what frames are.

    Example:
        >>> audio = unscaled(8000, AudioOptions())
        >>> tone, stream = np.sin(np.arange(800, dtype=np.float32)), AudioStream(audio)
        >>> pieces = [stream.push(tone[:90]), stream.push(tone[90:300]), stream.push(tone[300:])]
        >>> [len(piece) for piece in pieces], bool((np.concatenate(pieces) == log_mel(audio, tone)).all())
        ([0, 2, 6], True)
    """

    def __init__(self, audio: Audio) -> None:
        self.audio = audio
        self._state = start(audio)

    def push(self, samples: Any) -> Frames:
        """Return the frames that these samples (n,) complete, (T, bands); T may be 0.

        Raises:
            DataError: they are no samples; the stream stays as it was.
        """
        self._state, frames = push(self.audio, self._state, samples_of("samples", samples))
        return frames

    def state(self) -> State:
        """Return a copy of what the stream keeps: ``samples`` (width - 1,), ``position`` ()."""
        return {name: array.copy() for name, array in self._state.items()}

    def restore(self, state: State) -> None:
        """Go on from a state that ``state`` returned, of this stream or of another one of the same frames.

        Raises:
            StreamError: it is no such state; the stream stays as it was.
        """
        self._state = checked_state(self.audio, state)

    def reset(self) -> None:
        """Forget everything: the next sample is the first."""
        self._state = start(self.audio)


def start(audio: Audio) -> State:
    """Return what a stream keeps before its first sample."""
    return {"samples": np.zeros(audio.width - 1, np.float32), "position": np.zeros((), np.int64)}


def push(audio: Audio, state: State, samples: Samples) -> tuple[State, Frames]:
    """Return the state after these samples, and the frames that they complete; ``state`` is not changed."""
    before, after = int(state["position"]), int(state["position"]) + len(samples)
    done = audio.frames(before)
    open_frame = before - done * audio.hop  # samples that have come of the next frame
    heard = np.concatenate([state["samples"], samples])
    count = audio.frames(after) - done
    first = audio.width - 1 - open_frame
    frames = _frames(audio, heard[first:]) if count else np.empty((0, audio.bands), np.float32)
    kept = {"samples": heard[len(heard) - (audio.width - 1) :], "position": np.array(after, np.int64)}
    return kept, frames


def checked_state(audio: Audio, state: Any) -> State:
    """Return a copy of a stream's state, or raise a StreamError if it is none of such frames."""
    fresh = start(audio)
    if not isinstance(state, dict) or state.keys() != fresh.keys():
        raise StreamError(f"state is {checks.shown(state)}; expected what a stream's state() returned.")
    for name, array in fresh.items():
        given = np.asarray(state[name])
        if given.shape != array.shape or given.dtype != array.dtype or not np.isfinite(given).all():
            raise StreamError(
                f"{name} is {given.dtype} of shape {given.shape}; expected finite {array.dtype} of shape "
                f"{array.shape}. The state is of another model."
            )
    if state["position"] < 0:
        raise StreamError(f"position is {state['position']}; expected how many samples were heard.")
    return {name: np.array(state[name]) for name in fresh}


def _frames(audio: Audio, samples: Samples) -> Frames:
    """Return all frames of at least ``width`` samples, scaled."""
    computer = make_computer(audio)
    computer.accept_waveform(audio.sample_rate, samples)
    frames = np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])
    scaled: Frames = ((frames - audio.center) / audio.spread).astype(np.float32)
    return scaled


def make_computer(audio: Audio) -> Any:
    """Return what computes frames, which has heard nothing yet.

    Raises:
        ArgumentError: a band is so narrow that it holds none of the spectrum's points.
    """
    fbank = checks.extra("kaldi_native_fbank", "audio", "hearing")
    try:
        return fbank.OnlineFbank(_options(audio, fbank))
    except ValueError as error:
        raise ArgumentError(
            f"{audio.bands} bands from {audio.low:g} to {audio.high:g} Hz are too narrow for frames of "
            f"{audio.window:g} ms; take fewer bands or longer frames."
        ) from error


def _options(audio: Audio, fbank: Any) -> Any:
    """Return Kaldi's options; half a sample is added, since Kaldi rounds lengths down."""
    options = fbank.FbankOptions()
    frame, mel = options.frame_opts, options.mel_opts
    frame.samp_freq, frame.dither, frame.snip_edges = audio.sample_rate, audio.dither, True
    frame.frame_length_ms = (audio.width + 0.5) * 1_000 / audio.sample_rate
    frame.frame_shift_ms = (audio.hop + 0.5) * 1_000 / audio.sample_rate
    frame.preemph_coeff, frame.remove_dc_offset, frame.window_type = 0.97, True, "povey"
    mel.num_bins, mel.low_freq, mel.high_freq = audio.bands, audio.low, audio.high
    options.use_energy = False
    return options
