"""Learning to say one text after having read another: what translation and dialogue have in common."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.translate import TranslationScores
from ostinato.checks import given
from ostinato.data.pairs import PairBatch, PairExamples
from ostinato.data.sampler import ordered_batches
from ostinato.decode.beam import Beam
from ostinato.errors import DataError, DivergedError, OstinatoWarning
from ostinato.nn.network import Network, export_tensors
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.preprocess.untokenize import untokenize
from ostinato.runtime.encoder_decoder import EncoderDecoder
from ostinato.runtime.search import likeliest
from ostinato.spec import network as spec
from ostinato.spec.translate import PairTraining
from ostinato.tasks.base import Batch, Carried, Loss
from ostinato.tasks.sampled import Sampled, SampledProblem

METRICS = {"loss": False, "perplexity": False, "accuracy": True, "bleu": True, "chrf": True}
"""What progress can be measured by, and whether more of it is better; the last two take translations."""


@dataclass(frozen=True)
class Held:
    """The validation part.

    Args:
        examples: the pairs.
        sources: one (S,) array of tokens a pair.
        references: the targets as texts.
        tokenized: whether these are scored as they are.
    """

    examples: PairExamples
    sources: list[Integers]
    references: Sequence[str]
    tokenized: bool


@dataclass
class PairProblem(SampledProblem):
    """Pairs of texts, the second of which is told from the first, token by token.

    Args:
        examples: the training pairs.
        held: the validation part, or None.
        sampled: which training pairs form a batch.
        options: resolved.
        boundary: the token that begins and ends every target.
        unknown: the token of the target's side that is never learnt.
    """

    network: spec.Network
    preprocessor: PairPreprocessor
    examples: PairExamples
    held: Held | None
    sampled: Sampled
    options: PairTraining
    boundary: int
    unknown: int
    unknown_rate: float | None
    labels: None = None

    def __post_init__(self) -> None:
        self.metric = given("metric", self.options.metric)
        self.maximize = METRICS[self.metric]
        self._epoch = 0

    @property
    def steps(self) -> int:
        """Return the number of their tokens, both sides together."""
        return int(self.examples.tokens.sum())

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.held is not None

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches."""
        self._epoch = number
        return super().epoch(number)

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the smoothed cross-entropy of one batch, summed over the target's tokens."""
        pairs = on(self.examples.batch(batch.content), self.options.device)
        scores = self._scores(network, pairs)
        weight = torch.ones_like(scores[0])
        weight[self.unknown] = 0.0  # nothing is spread over the unknown token
        total = F.cross_entropy(
            scores,
            pairs.target,
            weight=weight,
            ignore_index=self.unknown,
            reduction="sum",
            label_smoothing=given("label_smoothing", self.options.label_smoothing),
        )
        return Loss(total, max(1.0, float((pairs.target != self.unknown).sum())), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return nats a token without smoothing, perplexity, accuracy; BLEU or chrF if progress is that."""
        if self.held is None:
            return {}
        scores = self._by_token(network, self.held.examples)
        if self.metric in ("bleu", "chrf"):
            found = self._by_translation(network, self.held)
            scores |= {"bleu": found.bleu, "chrf": found.chrf}
        return scores

    def probe(self) -> None:
        """Return nothing: a decoder's gradient reaches the source by its attention, not through time."""

    def _by_token(self, network: Network, examples: PairExamples) -> dict[str, float]:
        total, right, count = 0.0, 0, 0
        for indices in ordered_batches(examples.lengths, self.sampled.batch_size):
            pairs = on(examples.batch(indices), self.options.device)
            scores, known = _said(network, pairs, pairs.input), pairs.target != self.unknown
            losses = F.cross_entropy(scores, pairs.target, reduction="none")[known]
            total += float(losses.double().sum())
            right += int((scores.argmax(dim=1) == pairs.target)[known].sum())
            count += int(known.sum())
        if not math.isfinite(total):
            raise DivergedError("the validation loss is not finite")
        loss = total / count
        return {"loss": loss, "perplexity": math.exp(min(loss, 700.0)), "accuracy": right / count}

    def _by_translation(self, network: Network, held: Held) -> TranslationScores:
        """Judge greedy translations."""
        runtime = EncoderDecoder(self.network, export_tensors(network))
        greedy = Beam(beam_size=1, length_penalty=0.0)
        answers = likeliest(runtime, held.sources, greedy, boundary=self.boundary, banned=[self.unknown])
        texts = [untokenize(self.preprocessor.target, best.tokens.tolist()) for best, *_ in answers]
        return TranslationScores.of(texts, held.references, tokenized=held.tokenized)

    def _scores(self, network: Network, pairs: PairBatch) -> Tensor:
        """Return the scores of every step (N, W + 1); some steps may be told what the decoder says itself."""
        rate = self.options.scheduled_sampling
        share = rate * min(1.0, self._epoch / max(1, given("epochs", self.options.epochs) - 1))
        if share == 0.0:
            return _said(network, pairs, pairs.input)
        with torch.no_grad():
            said = _said(network, pairs, pairs.input)
        return _said(network, pairs, mixed(pairs.input, said, share))


def pair_problem(
    pair: PairPreprocessor,
    network: spec.Network,
    examples: PairExamples,
    ids: Sequence[str],
    held: Held | None,
    training: PairTraining,
) -> PairProblem:
    """Return the problem of these training pairs, which are called by ``ids``; options are resolved."""
    unknown = Tokenizer.unknown
    return PairProblem(
        network=network,
        preprocessor=pair,
        examples=examples,
        held=held,
        sampled=Sampled(examples.lengths, ids, training, examples.tokens, training.batch_tokens),
        options=training,
        boundary=pair.spec.target.vocabulary_size,
        unknown=unknown,
        unknown_rate=None if held is None else float((np.concatenate(held.sources) == unknown).mean()),
    )


def fitting(
    sources: list[Integers], targets: list[Integers], most_read: int, most_said: int, what: str
) -> list[int]:
    """Return the positions of the pairs that are short enough to train on; warn of the others.

    Args:
        sources: with the mark that ends each, which does not count.
        targets: as they are.
        most_read, most_said: tokens of a source and of a target at most.
        what: what pairs are called.

    Raises:
        DataError: none is short enough.
    """
    lengths = [(len(source) - 1, len(target)) for source, target in zip(sources, targets, strict=True)]
    kept = [i for i, (read, said) in enumerate(lengths) if read <= most_read and said <= most_said]
    if not kept:
        raise DataError(
            f"every one of the {len(sources):,} {what} has a side of more than {min(most_read, most_said)} "
            "tokens; raise longest."
        )
    if len(kept) < len(sources):
        warnings.warn(
            f"{len(sources) - len(kept):,} of {len(sources):,} {what} have a side of more than "
            f"{min(most_read, most_said)} tokens and are not trained on; raise longest to keep them.",
            OstinatoWarning,
            stacklevel=2,
        )
    return kept


def mixed(input: PackedSequence, scores: Tensor, share: float) -> PackedSequence:
    """Return what a decoder reads, where a part of the tokens is replaced by what it says itself.

    Scheduled sampling (Bengio et al. 2015, arXiv:1506.03099) in two passes over all steps at once (Duckworth
    et al. 2019, arXiv:1906.04331): a replaced token is drawn as the decoder says it after the right tokens,
    not after its own. No target begins with a replaced token.

    Args:
        input: tokens (N,).
        scores: (N, W) of what comes after each of them.
        share: the probability that a token is replaced.
    """
    sizes = input.batch_sizes.tolist()
    drawn = torch.multinomial(scores.softmax(dim=1), 1)[:, 0]
    steps = list(input.data.split_with_sizes(sizes))
    own = drawn.split_with_sizes(sizes)
    for t in range(1, len(steps)):
        chosen = torch.rand(len(steps[t]), device=drawn.device) < share
        steps[t] = torch.where(chosen, own[t - 1][: len(steps[t])], steps[t])
    return PackedSequence(torch.cat(steps), input.batch_sizes)


def on(pairs: PairBatch, device: str) -> PairBatch:
    """Return a batch on the device that the network is trained on."""
    if device == "cpu":
        return pairs
    return PairBatch(pairs.source.cuda(), pairs.order.cuda(), pairs.input.cuda(), pairs.target.cuda())


def _said(network: Network, pairs: PairBatch, input: PackedSequence) -> Tensor:
    """Return the scores of every step, (N, W + 1)."""
    said = network(input, network.remember(pairs.source, pairs.order))
    rows: Tensor = said.data
    return rows


def marked(tokens: Integers, mark: int) -> Integers:
    """Return a text's tokens with the mark that ends it."""
    return np.append(tokens, mark)
