"""Language modelling: what comes next in a text or a piece of music, token by token."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from ostinato.checks import given
from ostinato.data.chunks import Chunks
from ostinato.data.crops import Crops
from ostinato.data.lanes import Lanes
from ostinato.errors import ArgumentError, DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.text import TextPreprocessor
from ostinato.read.corpus import Corpus
from ostinato.read.midi import Scores
from ostinato.spec import network as spec
from ostinato.spec.given import check_fit
from ostinato.spec.language import LanguageNetwork, LanguageOptions
from ostinato.spec.model import LanguageModel
from ostinato.spec.preprocessing import Notes, Tokens
from ostinato.spec.record import TrainingRecord
from ostinato.tasks.base import Batch, Carried, Loss, Part, Probe, Problem, StagePlan, Task
from ostinato.tasks.language_data import encoded, fitted, holds_out
from ostinato.tasks.language_defaults import fill
from ostinato.tasks.language_loss import NextTokenLoss

VALID_LANES = 16
"""Validation reads the text in at most so many lanes: a lane's first steps lack what stands before them."""

CUTOFFS = (2_000, 10_000)
"""Adaptive softmax: so many of the most frequent tokens stand apart, and so many are not rare."""

PROBE_LANES, PROBE_STEPS = 8, 128
"""What gradient flow is measured on: so many pieces of the text of so many steps."""


@dataclass
class LanguageProblem(Problem):
    """Documents, each token of which is told from those before it.

    Args:
        documents: the training documents as token numbers.
        valid: the validation documents, or None.
        boundary: the token that stands for a document's beginning and end.
        options: resolved.
    """

    network: spec.Network
    preprocessor: Preprocessor
    documents: list[np.ndarray]
    valid: Lanes | None
    boundary: int
    options: LanguageOptions
    unknown_rate: float | None
    metric: str = "loss"
    maximize: bool = False
    labels: None = None
    unit: str = "tokens"

    def __post_init__(self) -> None:
        self._read = self._dealt(0)
        self._loss = NextTokenLoss.of(self.options.training)

    @property
    def size(self) -> int:
        """Return the number of tokens of an epoch."""
        return self._read.tokens

    @property
    def steps(self) -> int:
        """Return the number of tokens of all documents."""
        return sum(len(document) for document in self.documents)

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of chunks in an epoch; of random lengths, that of the first epoch."""
        return len(self._dealt(0))

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's chunks; documents are read in a new order every time, or pieces cut out anew."""
        self._read = read = self._dealt(number)
        return [Batch(read.size(chunk), read.name(chunk), chunk) for chunk in range(len(read))]

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the summed cross-entropy of a chunk in nats, and the states that the next one begins in."""
        chunk = self._read.chunk(batch.content)
        total, states = self._loss(network, chunk, carried)
        return Loss(total, float(len(chunk.targets)), states if self._read.carried else Carried())

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return nats and bits a token, and perplexity, on the validation part; ends are not counted."""
        if self.valid is None:
            return {}
        total, count, states = 0.0, 0, Carried()
        for number in range(len(self.valid)):
            chunk = self.valid.chunk(number)
            output, states = network.advance(chunk.input, states or None, chunk.resets)
            losses = F.cross_entropy(output.data, chunk.targets, reduction="none")
            real = chunk.targets != self.boundary
            total += float(losses[real].double().sum())
            count += int(real.sum())
        if not math.isfinite(total):
            raise DivergedError("the validation loss is not finite")
        loss = total / count
        return {"loss": loss, "bits": loss / math.log(2), "perplexity": math.exp(min(loss, 700.0))}

    def probe(self) -> Probe | None:
        """Return pieces of the text; the loss is that of what follows each."""
        lanes = Lanes(self.documents, self.boundary, PROBE_LANES, PROBE_STEPS)
        chunk = lanes.steps(0, min(PROBE_STEPS, int(lanes.lengths[-1])))
        lanes_read = int(chunk.input.batch_sizes[0])
        return Probe(chunk.input, chunk.targets[-lanes_read:], _last_loss)

    def _dealt(self, number: int) -> Chunks:
        """Return what the epoch of this number reads."""
        training = self.options.training
        count, bptt = given("batch_size", training.batch_size), given("bptt", training.bptt)
        generator = np.random.default_rng([training.seed, number])
        if training.chunks == "random":
            return Crops(self.documents, self.boundary, count, bptt, generator)
        order = generator.permutation(len(self.documents))
        lengths = np.random.default_rng([training.seed, number, 1]) if training.random_bptt else None
        return Lanes([self.documents[i] for i in order], self.boundary, count, bptt, lengths)


class Language(Task[Corpus | Scores, LanguageOptions]):
    """Network: embedding, recurrent stack, head over tokens. Loss: cross-entropy of what comes next."""

    name = "language"

    def resolve(self, data: Corpus | Scores, options: LanguageOptions) -> LanguageOptions:
        """Return the options with everything open chosen from the level and the amount of data.

        Raises:
            ArgumentError: two options exclude each other, or one says nothing about music.
        """
        check_fit(options, "notes" if isinstance(data, Scores) else "text")
        resolved = fill(options, data)
        if resolved.training.sampled_softmax and resolved.network.softmax == "adaptive":
            raise ArgumentError(
                "sampled_softmax is for the full softmax, not for an adaptive one; leave it out."
            )
        if resolved.training.random_bptt and resolved.training.chunks == "random":
            raise ArgumentError("random_bptt is for chunks that carry the state; leave it out, or carry it.")
        return resolved

    def plan(
        self, data: Corpus | Scores, valid: Corpus | Scores | None, options: LanguageOptions
    ) -> list[StagePlan[Corpus | Scores]]:
        """Return one stage: validated on documents held out or, of a single text, on its end."""
        if valid is not None:
            return [StagePlan("train", [Part(data, valid)])]
        fraction = options.data.valid_fraction or 0.0
        train, held = holds_out(data, fraction, options.training.seed)
        return [StagePlan("train", [Part(train, held)])]

    def problem(
        self, train: Corpus | Scores, valid: Corpus | Scores | None, options: LanguageOptions
    ) -> LanguageProblem:
        """Fit the vocabulary on the training part and return the problem."""
        preprocessor = fitted(train, options)
        documents = encoded(preprocessor, train)
        held = None if valid is None else encoded(preprocessor, valid)
        _check_length(documents)
        read = preprocessor.spec
        boundary, bptt = read.boundary, given("bptt", options.training.bptt)
        return LanguageProblem(
            network=network(max(read.vocabulary_size, boundary + 1), options.network),
            preprocessor=preprocessor,
            documents=documents,
            valid=None if held is None else Lanes(held, boundary, VALID_LANES, bptt),
            boundary=boundary,
            options=options,
            unknown_rate=_unknown_rate(preprocessor, held),
        )

    def model(
        self, data: Corpus | Scores, problem: Problem, options: LanguageOptions, record: TrainingRecord
    ) -> LanguageModel:
        """Return everything about the trained model but its weights."""
        return LanguageModel(
            columns=data.columns,
            preprocessing=cast(Tokens | Notes, problem.preprocessor.spec),
            network=problem.network,
            recipe=options,
            training=record,
        )


LANGUAGE = Language()


def network(tokens: int, options: LanguageNetwork) -> spec.Network:
    """Return the network of a language model over so many tokens; options are resolved."""
    hidden, layers = given("hidden_size", options.hidden_size), given("layers", options.layers)
    size, rate = given("embedding_size", options.embedding_size), given("dropout", options.dropout)
    locked = options.locked_dropout
    ops: tuple[spec.AnyOp, ...] = (
        spec.Embedding(size=size, dropout=given("embedding_dropout", options.embedding_dropout)),
        spec.Dropout(name="input_dropout", rate=given("input_dropout", options.input_dropout), locked=locked),
        spec.Recurrent(
            cell="rnn_tanh" if options.cell == "rnn" else options.cell,
            hidden_size=hidden,
            layers=layers,
            dropout=rate if layers > 1 else 0.0,
            weight_dropout=given("weight_dropout", options.weight_dropout),
            locked=locked,
        ),
        spec.Dropout(name="output_dropout", rate=rate, locked=locked),
        *_heads(tokens, size, hidden, options),
    )
    return spec.Network(input="tokens", input_size=tokens, ops=ops)


def _heads(tokens: int, size: int, hidden: int, options: LanguageNetwork) -> tuple[spec.AnyOp, ...]:
    if options.softmax == "adaptive":
        if options.tie_weights:
            raise ArgumentError("an adaptive softmax has no weights to tie; choose one of the two.")
        return (spec.AdaptiveHead(size=tokens, cutoffs=_cutoffs(tokens)),)
    if not options.tie_weights:
        return (spec.Head(size=tokens),)
    tied = spec.Head(size=tokens, tied="embedding")
    return (tied,) if size == hidden else (spec.Head(name="projection", size=size), tied)


def _cutoffs(tokens: int) -> tuple[int, ...]:
    """Return where the clusters of rare tokens begin, of so many in all."""
    cutoffs = tuple(cutoff for cutoff in CUTOFFS if cutoff < tokens)
    if not cutoffs:
        raise ArgumentError(
            f"softmax is 'adaptive' for a vocabulary of {tokens}; it is of use from {CUTOFFS[0]} tokens on: "
            "choose 'full'."
        )
    return cutoffs


def _unknown_rate(preprocessor: Preprocessor, held: list[np.ndarray] | None) -> float | None:
    """Return the part of a text's validation tokens that the vocabulary lacks."""
    if held is None or not isinstance(preprocessor, TextPreprocessor):
        return None
    return float((np.concatenate(held) == preprocessor.tokenizer.unknown).mean())


def _check_length(documents: list[np.ndarray]) -> None:
    tokens = sum(len(document) for document in documents)
    if tokens < 2:
        raise DataError(f"the training part has {tokens} token; expected two at least.")


def _last_loss(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of what follows each sequence, from the scores of all steps."""
    last = scores[-len(targets) :]
    return F.cross_entropy(last, targets, reduction="sum"), scores.new_tensor(len(targets))
