"""Tagging: one tag a word and, in a joint model, one label for the whole sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.answers.tag import Tagged, TagScores
from ostinato.checks import choice, given, shown
from ostinato.data.examples import Examples
from ostinato.decode.tags import AnyScheme, Chain, TagDecoder
from ostinato.errors import DataError, DivergedError
from ostinato.nn.crf import Crf
from ostinato.nn.network import Network
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers, falling, unpacked
from ostinato.preprocess.words import WordVocabulary
from ostinato.read import iob
from ostinato.read.sentences import TaggedSentences
from ostinato.spec import network as spec
from ostinato.spec.answers import Classes, Tags
from ostinato.spec.model import TagModel
from ostinato.spec.preprocessing import Words
from ostinato.spec.record import TrainingRecord
from ostinato.spec.tag import TagOptions
from ostinato.tasks.base import Batch, Carried, Loss, Probe, Problem, StagePlan, Task, moved
from ostinato.tasks.parts import one_stage
from ostinato.tasks.sampled import Sampled, SampledProblem, in_order
from ostinato.tasks.tag_defaults import fill
from ostinato.tasks.tag_network import network

METRICS = {
    "f1": True,
    "precision": True,
    "recall": True,
    "accuracy": True,
    "label_accuracy": True,
    "exact": True,
    "loss": False,
}
"""What progress can be measured by, and whether more of it is better."""

ENTITY_METRICS = ("f1", "precision", "recall")

PROBED = 8
"""Gradient flow is measured on so many sentences."""


class Targets:
    """The true answers for sentences, as numbers.

    Args:
        sentences: with tags, and with labels if there are some to tell.
        tags: what the tags' numbers stand for.
        labels: what the labels' numbers stand for; none: no label is told.
    """

    def __init__(self, sentences: TaggedSentences, tags: Sequence[str], labels: Sequence[str]) -> None:
        number = {tag: i for i, tag in enumerate(tags)}
        rows = [np.array([number[tag] for tag in one], np.int64) for one in sentences.tags or []]
        self._tags = Examples(rows)
        self.labels = torch.tensor([labels.index(one) for one in sentences.labels or [] if labels])
        self.true = Tagged(sentences.tags or [], sentences.labels if labels else None)

    def batch(self, indices: Integers) -> tuple[Tensor, Tensor]:
        """Return the tags of these sentences, packed (N,), and their labels (B,)."""
        chosen = self.labels[torch.from_numpy(indices)] if len(self.labels) else self.labels
        return self._tags.batch(indices).data, chosen


@dataclass
class TagProblem(SampledProblem):
    """Sentences, one tag a word each.

    Args:
        labels: the tags that the network's scores stand for.
        sentence_labels: what the scores of its branch stand for; none: there is no branch.
        scheme: how tags mark entities, or ``"none"``.
        train, train_targets: the training part.
        valid, valid_targets: the validation part, or None.
        sampled: which training sentences form a batch.
        label_weight: how many words' loss a sentence's label weighs.
        device: where the network is.
    """

    network: spec.Network
    preprocessor: Preprocessor
    labels: tuple[str, ...]
    sentence_labels: tuple[str, ...]
    scheme: AnyScheme
    train: Examples
    train_targets: Targets
    valid: Examples | None
    valid_targets: Targets | None
    sampled: Sampled
    metric: str
    maximize: bool
    unknown_rate: float | None
    label_weight: float
    device: str

    @property
    def branch_labels(self) -> Mapping[str, tuple[str, ...]]:
        """Return the labels of sentences, which the branch tells."""
        return {"label": self.sentence_labels} if self.sentence_labels else {}

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.valid is not None

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the negative log-likelihood of a batch's tags and labels in nats; a word weighs 1."""
        input = moved(self.train.batch(batch.content), self.device)
        total = self._loss(network, *_answers(network, input), self.train_targets, batch.content)
        return Loss(total, float(len(input.data)), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the scores on the validation part; the loss is in nats a word."""
        if self.valid is None or self.valid_targets is None:
            return {}
        decoder = TagDecoder(self.labels, self.scheme, _chain(network))
        order, position = in_order(self.valid.lengths, self.sampled.batch_size)
        total, tags, labels = 0.0, list[NDArray[np.int64]](), list[int]()
        for indices in order:
            steps, said = _answers(network, moved(self.valid.batch(indices), self.device))
            total += self._loss(network, steps, said, self.valid_targets, indices).double().item()
            if not np.isfinite(total):
                raise DivergedError("validation scores are not finite")
            sizes = steps.batch_sizes.numpy()
            tags += unpacked(decoder.best(steps.data.float().cpu().numpy(), sizes), sizes)
            labels += [] if said is None else said.argmax(dim=1).tolist()
        found = self._named(tags, labels, position)
        scores = TagScores.of(self.valid_targets.true, found, entities=self.scheme != "none").named()
        return {**scores, "loss": total / int(self.valid.lengths.sum())}

    def probe(self) -> Probe:
        """Return the longest sentences, cut to the words before the last one of the shortest of them.

        The loss is that of the last word's tag alone.
        """
        longest = falling(self.train.lengths)[:PROBED]
        length = int(self.train.lengths[longest].min())
        input, tags = self.train.batch(longest), self.train_targets.batch(longest)[0]
        rows = int(input.batch_sizes[:length].sum())
        kept = PackedSequence(input.data[:rows], input.batch_sizes[:length])
        targets = tags[rows - len(longest) : rows]
        return Probe(moved(kept, self.device), targets.to(self.device), _last_loss)

    def _named(self, tags: Sequence[NDArray[np.int64]], labels: Sequence[int], position: Integers) -> Tagged:
        """Return numbers as tags and labels, each sentence at its place."""
        return Tagged(
            [[self.labels[tag] for tag in tags[place]] for place in position],
            [self.sentence_labels[labels[place]] for place in position] if labels else None,
        )

    def _loss(
        self, network: Network, steps: PackedSequence, said: Tensor | None, true: Targets, which: Integers
    ) -> Tensor:
        """Return the summed negative log-likelihood of tags and, where they are told, of labels, weighted."""
        tags, labels = (targets.to(self.device) for targets in true.batch(which))
        crf = network.ops.get("crf")
        if isinstance(crf, Crf):
            total = crf.negative_log_likelihood(steps, tags).sum()
        else:
            total = F.cross_entropy(steps.data, tags, reduction="sum")
        if said is None:
            return total
        return total + self.label_weight * F.cross_entropy(said, labels, reduction="sum")


class Tag(Task[TaggedSentences, TagOptions]):
    """Network: words and letters, recurrent stack, head, CRF; a branch with a pool for the sentence's label.

    Loss: the negative log-likelihood of all tags and, ``label_weight`` times, of the label.
    """

    name = "tag"

    def resolve(self, data: TaggedSentences, options: TagOptions) -> TagOptions:
        """Return the options with everything open chosen from the tags and the number of sentences.

        Raises:
            DataError: there are no tags or only one, no labels though they are asked for, or tags that break
                their scheme.
            ArgumentError: the metric is unknown, or does not fit the tags.
        """
        tags = _several_tags(data)
        scheme: AnyScheme = options.data.scheme or iob.scheme_of(tags) or "none"
        _check_scheme(data, scheme)
        resolved = fill(options, data, scheme, _is_joint(data, options.data.joint))
        metric = choice("metric", resolved.training.metric, METRICS)
        if metric in ENTITY_METRICS and scheme == "none":
            raise DataError(f"metric is {metric!r}, of entities, and the tags mark none; choose 'accuracy'.")
        if metric == "label_accuracy" and not resolved.data.joint:
            raise DataError("metric is 'label_accuracy', and no label of sentences is told.")
        return resolved

    def plan(
        self, data: TaggedSentences, valid: TaggedSentences | None, options: TagOptions
    ) -> list[StagePlan[TaggedSentences]]:
        """Return one stage; of a part held out, labels have the proportions of all."""
        if valid is not None:
            _check_scheme(valid, given("scheme", options.data.scheme))
        return one_stage(data, valid, options, data.labels if options.data.joint else None)

    def problem(
        self, train: TaggedSentences, valid: TaggedSentences | None, options: TagOptions
    ) -> TagProblem:
        """Fit the vocabularies on the training part and return the problem.

        Tags and labels are those of both parts: one that is in the validation part alone can be given a
        probability, though nothing is learnt of it.
        """
        parts = [train] if valid is None else [train, valid]
        tags = tuple(sorted({tag for part in parts for one in _tags(part) for tag in one}))
        labels = tuple(sorted({one for part in parts for one in _labels(part)})) if options.data.joint else ()
        words = _fitted(train, options)
        metric = given("metric", options.training.metric)
        examples = _examples(words, train)
        return TagProblem(
            network=network(words.spec, len(tags), len(labels), options.network),
            preprocessor=words,
            labels=tags,
            sentence_labels=labels,
            scheme=given("scheme", options.data.scheme),
            train=examples,
            train_targets=Targets(train, tags, labels),
            valid=None if valid is None else _examples(words, valid),
            valid_targets=None if valid is None else Targets(valid, tags, labels),
            sampled=Sampled(examples.lengths, train.ids, options.training),
            metric=metric,
            maximize=METRICS[metric],
            unknown_rate=None if valid is None else words.unknown_rate(valid.words),
            label_weight=options.training.label_weight,
            device=options.training.device,
        )

    def model(
        self, data: TaggedSentences, problem: Problem, options: TagOptions, record: TrainingRecord
    ) -> TagModel:
        """Return everything about the trained model but its weights."""
        words = problem.preprocessor.spec
        if not isinstance(problem, TagProblem) or not isinstance(words, Words):
            raise TypeError("the problem is of another task")
        return TagModel(
            columns=data.columns,
            preprocessing=words,
            network=problem.network,
            answer=Tags(labels=problem.labels, scheme=given("scheme", options.data.scheme)),
            sentence=Classes(labels=problem.sentence_labels) if problem.sentence_labels else None,
            recipe=options,
            training=record,
        )


TAG = Tag()


def _fitted(train: TaggedSentences, options: TagOptions) -> WordVocabulary:
    data = options.data
    return WordVocabulary.fit(
        train.words,
        word_length=data.word_length,
        size=data.vocabulary_size,
        minimum_count=given("minimum_count", data.minimum_count),
        lowercase=data.lowercase,
        fold_digits=data.fold_digits,
    )


def _examples(words: WordVocabulary, sentences: TaggedSentences) -> Examples:
    return Examples([words.encode(sentence) for sentence in sentences.words])


def _answers(network: Network, input: PackedSequence) -> tuple[PackedSequence, Tensor | None]:
    """Return the scores of tags (N, C), and of labels (B, L) if they are told."""
    steps, branches = network.answers(input)
    labels = branches.get("label")
    if not isinstance(steps, PackedSequence) or isinstance(labels, PackedSequence):
        raise TypeError("a tagger answers every step, and its branch the sentence")
    return steps, labels


def _chain(network: Network) -> Chain | None:
    """Return the weights of the network's CRF, if it has one."""
    crf = network.ops.get("crf")
    if not isinstance(crf, Crf):
        return None
    return Chain(*(part.detach().cpu().numpy() for part in (crf.transitions, crf.start, crf.end)))


def _tags(data: TaggedSentences) -> list[list[str]]:
    """Return the tags, which must be there."""
    if data.tags is None:
        raise DataError(f"{data.name}: has no tags, and a tagger needs one for every word.")
    return data.tags


def _several_tags(data: TaggedSentences) -> list[list[str]]:
    """Return the tags, of which there must be two at least."""
    kinds = {tag for one in _tags(data) for tag in one}
    if len(kinds) < 2:
        tag = shown(next(iter(kinds)))
        raise DataError(f"{data.name}: every word has the tag {tag}; a tagger needs at least two.")
    return _tags(data)


def _labels(data: TaggedSentences) -> list[str]:
    """Return the sentences' labels, which must be there."""
    if data.labels is None:
        raise DataError(
            f"{data.name}: its sentences have no labels, which a joint model tells; name where they are, or "
            "train without (--no-joint)."
        )
    return data.labels


def _is_joint(data: TaggedSentences, wanted: bool | None) -> bool:
    """Return whether the sentence's label is told: on request, or where the data has several."""
    if wanted is None:
        return data.labels is not None and len(set(data.labels)) > 1
    if wanted and len(set(_labels(data))) < 2:
        raise DataError(
            f"{data.name}: all sentences have the label {shown(_labels(data)[0])}; use --no-joint."
        )
    return wanted


def _check_scheme(data: TaggedSentences, scheme: AnyScheme) -> None:
    """Refuse tags that break their scheme."""
    if scheme != "none":
        iob.check(data, scheme)


def _last_loss(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of each sentence's last tag, from the scores of all steps of equally long ones."""
    last = scores[-len(targets) :]
    return F.cross_entropy(last, targets, reduction="sum"), scores.new_tensor(len(targets))
