"""Transcription: what is said in a recording, letter by letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ostinato.answers.transcribe import TranscribeScores
from ostinato.checks import choice, given, shown
from ostinato.data.examples import Examples
from ostinato.data.recordings import Recordings
from ostinato.decode.ctc import greedy
from ostinato.decode.ctc_align import least_steps
from ostinato.errors import DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.audio import AudioPreprocessor, unscaled
from ostinato.preprocess.pack import Integers, unpacked
from ostinato.read.utterances import Utterances
from ostinato.spec import network as spec
from ostinato.spec.answers import Letters
from ostinato.spec.audio import Audio
from ostinato.spec.model import TranscribeModel
from ostinato.spec.record import TrainingRecord
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.tasks.base import Batch, Carried, Loss, Problem, StagePlan, Task, moved
from ostinato.tasks.parts import one_stage
from ostinato.tasks.sampled import Sampled, VariedProblem, in_order
from ostinato.tasks.transcribe_defaults import fill
from ostinato.tasks.transcribe_network import network

METRICS = {"wer": False, "cer": False, "loss": False}
"""What progress can be measured by, and whether more of it is better."""


@dataclass(frozen=True)
class Validation:
    """The validation part, as it is.

    Args:
        frames: its recordings.
        letters: the symbol numbers of each text.
        texts: what is said.
    """

    frames: Examples
    letters: list[Tensor]
    texts: list[str]


@dataclass
class TranscribeProblem(VariedProblem):
    """Recordings, and the letters that are said in each of them.

    Args:
        labels: what the network's scores stand for, the blank first.
        train: the training recordings, which are varied in every epoch.
        letters: the symbol numbers of each of their texts.
        valid: the validation part, or None.
        sampled: which training recordings form a batch.
        device: where the network is.
    """

    network: spec.Network
    preprocessor: AudioPreprocessor
    labels: tuple[str, ...]
    train: Recordings
    letters: list[Tensor]
    valid: Validation | None
    sampled: Sampled
    metric: str
    device: str
    maximize: bool = False
    unknown_rate: None = None

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the negative log-likelihood of a batch's texts in nats; a letter weighs 1."""
        indices, number = batch.content
        input, order = self.train.drawn(indices, number)
        letters = [self.letters[i] for i in indices[order]]
        scores = _scores(network, moved(input, self.device))
        return Loss(negative_log_likelihood(scores, letters), float(sum(map(len, letters))), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part, decoded greedily; the loss is in nats a letter."""
        if self.valid is None:
            return {}
        order, position = in_order(self.valid.frames.lengths, self.sampled.batch_size)
        total, heard = 0.0, list[str]()
        for indices in order:
            scores = _scores(network, moved(self.valid.frames.batch(indices), self.device))
            letters = [self.valid.letters[i] for i in indices]
            total += negative_log_likelihood(scores, letters).double().item()
            if not np.isfinite(total):
                raise DivergedError("validation scores are not finite")
            heard += self._texts(scores)
        found = TranscribeScores.of(self.valid.texts, [heard[place] for place in position])
        return {**found.named(), "loss": total / sum(map(len, self.valid.letters))}

    def probe(self) -> None:
        """Return None: the loss is of the whole text, so no distance from it is measured."""

    def _texts(self, scores: PackedSequence) -> list[str]:
        """Return the text of the likeliest alignment of each sequence."""
        logs = scores.data.float().log_softmax(dim=1).cpu().numpy()
        found = [greedy(rows).tokens.tolist() for rows in unpacked(logs, scores.batch_sizes.numpy())]
        return [" ".join("".join(self.labels[token] for token in text).split()) for text in found]


class Transcribe(Task[Utterances, TranscribeOptions]):
    """Network: convolutions over frames, recurrent stack, head.

    Loss: connectionist temporal classification (Graves et al. 2006), by torch.
    """

    name = "transcribe"

    def resolve(self, data: Utterances, options: TranscribeOptions) -> TranscribeOptions:
        """Return the options with everything open chosen from the recordings and texts.

        Raises:
            DataError: there are no texts, or one has more letters than its recording leaves room for.
            ArgumentError: the metric is unknown, or there are no such frames.
        """
        rate = given("sample_rate", data.sounds.sample_rate)
        options = options.model_copy(update={"data": options.data.model_copy(update={"sample_rate": rate})})
        needed = np.array([least_steps(_numbers(text)) for text in _texts(data, options)], np.int64)
        frames = _least_frames(data, options)
        resolved = fill(options, needed, frames)
        choice("metric", resolved.training.metric, METRICS)
        _check_room(data, needed, frames, given("stride", resolved.network.stride))
        return resolved

    def plan(
        self, data: Utterances, valid: Utterances | None, options: TranscribeOptions
    ) -> list[StagePlan[Utterances]]:
        """Return one stage, a part held out by chance where none was given.

        Raises:
            DataError: validation data cannot be used.
        """
        if valid is None:
            return one_stage(data, None, options)
        if valid.sounds.sample_rate != options.data.sample_rate:
            raise DataError(
                f"{valid.name}: has {valid.sounds.sample_rate} samples a second, and the training data "
                f"{options.data.sample_rate}; read both at one rate (--sample-rate)."
            )
        needed = np.array([least_steps(_numbers(text)) for text in _texts(valid, options)], np.int64)
        frames = _frames(unscaled(given("rate", valid.sounds.sample_rate), options.data), valid)
        _check_room(valid, needed, frames, given("stride", options.network.stride))
        return one_stage(data, valid, options)

    def problem(
        self, train: Utterances, valid: Utterances | None, options: TranscribeOptions
    ) -> TranscribeProblem:
        """Fit the frames' scale on the training part and return the problem.

        Letters are those of both parts: one that is in the validation part alone can be given a probability,
        though nothing is learnt of it.
        """
        parts = [train] if valid is None else [train, valid]
        letters = tuple(
            sorted({letter for part in parts for text in _texts(part, options) for letter in text})
        )
        symbols = ("", *letters)
        frames = AudioPreprocessor.fit(train.sounds, options.data)
        sounds = Recordings(train.samples, frames.spec, options.training, options.training.seed)
        return TranscribeProblem(
            network=network(frames.spec.bands, len(symbols), options.network),
            preprocessor=frames,
            labels=symbols,
            train=sounds,
            letters=_encoded(_texts(train, options), symbols),
            valid=None if valid is None else _validation(valid, frames, symbols, options),
            sampled=Sampled(sounds.lengths, train.sounds.ids, options.training),
            metric=given("metric", options.training.metric),
            device=options.training.device,
        )

    def model(
        self, data: Utterances, problem: Problem, options: TranscribeOptions, record: TrainingRecord
    ) -> TranscribeModel:
        """Return everything about the trained model but its weights."""
        frames = problem.preprocessor.spec
        if not isinstance(problem, TranscribeProblem) or not isinstance(frames, Audio):
            raise TypeError("the problem is of another task")
        return TranscribeModel(
            columns=data.columns,
            preprocessing=frames,
            network=problem.network,
            answer=Letters(letters=problem.labels[1:]),
            recipe=options,
            training=record,
        )


TRANSCRIBE = Transcribe()


def negative_log_likelihood(scores: PackedSequence, letters: Sequence[Tensor]) -> Tensor:
    """Return ``-log P(text)``, summed over a batch; the blank is symbol 0.

    Args:
        scores: (N, V + 1) of B sequences.
        letters: the symbol numbers of each of the B texts.
    """
    logs = PackedSequence(scores.data.float().log_softmax(dim=1), scores.batch_sizes)
    padded, lengths = pad_packed_sequence(logs)
    counts = torch.tensor([len(text) for text in letters])
    targets = torch.cat([*letters]).to(padded.device)
    return F.ctc_loss(padded, targets, lengths, counts, blank=0, reduction="sum")


def _scores(network: Network, input: PackedSequence) -> PackedSequence:
    scores = network(input)
    if not isinstance(scores, PackedSequence):
        raise TypeError("a transcriber's network answers every step")
    return scores


def _texts(data: Utterances, options: TranscribeOptions) -> list[str]:
    """Return what is said, as it is learnt."""
    if data.texts is None:
        raise DataError(f"{data.name}: says nothing of what is said; a transcriber learns from texts.")
    return [text.lower() if options.data.lowercase else text for text in data.texts]


def _numbers(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def _encoded(texts: Sequence[str], symbols: Sequence[str]) -> list[Tensor]:
    number = {symbol: place for place, symbol in enumerate(symbols)}
    return [torch.tensor([number[letter] for letter in text]) for text in texts]


def _validation(
    valid: Utterances, frames: AudioPreprocessor, symbols: Sequence[str], options: TranscribeOptions
) -> Validation:
    texts = _texts(valid, options)
    return Validation(Examples(frames.apply(valid.sounds)), _encoded(texts, symbols), texts)


def _frames(audio: Audio, data: Utterances) -> Integers:
    """Return how many frames each recording has."""
    return np.array([audio.frames(len(samples)) for samples in data.samples], np.int64)


def _least_frames(data: Utterances, options: TranscribeOptions) -> Integers:
    """Return how many frames each recording has at least, played as fast as training does."""
    audio = unscaled(given("sample_rate", options.data.sample_rate), options.data)
    fastest = 1.0 + options.training.speed_change
    fast = [audio.frames(int(len(samples) / fastest) - 1) for samples in data.samples]
    return np.maximum(np.array(fast, np.int64), np.minimum(_frames(audio, data), 1))


def _check_room(data: Utterances, needed: Integers, frames: Integers, stride: int) -> None:
    """Refuse a text that has more letters than its recording has steps."""
    short = np.flatnonzero(-(-frames // stride) < needed)
    if not len(short):
        return
    first = int(short[0])
    place, text = data.sounds.places[first], shown((data.texts or [])[first])
    raise DataError(
        f"{place}: {text} needs {needed[first]} steps, and its recording has {-(-frames[first] // stride)}, "
        f"of {stride} frames each ({len(short)} of {len(data)} are too short): is it the right text? If so, "
        "take a smaller --stride or a shorter --frame-shift, or leave it out."
    )
