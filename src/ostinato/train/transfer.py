"""Starting from another model's weights: what means the same is copied, the rest stays fresh.

Ops are matched by name. A token's vector goes to the same token, an output's weights to the same label, an
input channel's weights to the channel of the same name; everything else is copied where the op is of the
same kind and sizes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ostinato.archive.model import Saved
from ostinato.checks import shown
from ostinato.errors import ArgumentError
from ostinato.nn.network import Network
from ostinato.preprocess.notes import NoteTokenizer
from ostinato.preprocess.words import WordVocabulary
from ostinato.spec import network as spec
from ostinato.spec.audio import Audio
from ostinato.spec.flow import Flow
from ostinato.spec.model import (
    ClassifyModel,
    LabelsModel,
    Model,
    RegressModel,
    RollModel,
    TagModel,
    TranscribeModel,
)
from ostinato.spec.preprocessing import Notes, Preprocessing, Series, Tokens, Words
from ostinato.spec.windows import Windows
from ostinato.tasks.base import Problem

SAME: dict[type[spec.Op], tuple[str, ...]] = {
    spec.Embedding: ("size",),
    spec.Convolution: ("channels", "kernel_size", "stride", "normalization"),
    spec.FrameConvolution: ("height", "width", "channels", "kernel_size", "stride", "normalization"),
    spec.Recurrent: ("cell", "hidden_size", "bidirectional"),
    spec.GruD: ("hidden_size", "means"),
    spec.Pool: ("kinds", "attention_size", "directions"),
    spec.Head: ("tied",),
    spec.AdaptiveHead: ("size", "cutoffs", "factor"),
    spec.Crf: (),
    spec.WordCharacters: ("size", "letter_size", "letter_hidden_size", "cell"),
}
"""What must agree for an op's weights to be kept, beside what it is given."""

READERS = (spec.Pool, spec.Head, spec.AdaptiveHead, spec.Crf)
"""Ops that mean nothing without what they read: where that stays fresh, so do they."""


class Match(NamedTuple):
    """Which entries of two lists of names are the same: ``new[k]`` of the one is ``old[k]`` of the other."""

    new: Tensor
    old: Tensor
    lacking: list[str]

    @classmethod
    def of(cls, new: Sequence[str], old: Sequence[str]) -> "Match":
        """Match two lists; ``lacking`` are the names of ``new`` that ``old`` does not have."""
        place = {name: i for i, name in enumerate(old)}
        found = [i for i, name in enumerate(new) if name in place]
        lacking = [name for name in new if name not in place]
        return cls(torch.tensor(found), torch.tensor([place[new[i]] for i in found]), lacking)

    def share(self) -> str:
        """Return such as ``"1,204 of 1,500"``."""
        return f"{len(self.new):,} of {len(self.new) + len(self.lacking):,}"


class Side(NamedTuple):
    """One of the two models: its network, what it reads, its vocabulary and what it answers.

    ``labels`` is None where the answers are the tokens that are read.
    """

    network: spec.Network
    preprocessing: Preprocessing
    tokenizer_json: bytes | None
    labels: tuple[str, ...] | None

    def op(self, name: str) -> tuple[spec.Op, Flow] | None:
        """Return the op of this name and what it is given, or None."""
        pairs = zip(self.network.ops, self.network.flows(), strict=False)
        return next(((op, into) for op, into in pairs if op.name == name), None)

    def channels(self, op: spec.Op) -> tuple[str, ...] | None:
        """Return the names of the input channels if this op reads them as they are, else None."""
        pairs = zip(self.network.ops, self.network.flows(), strict=False)
        first = next((one.name for one, into in pairs if one.tensors(into)), None)
        if op.name != first:
            return None
        if isinstance(self.preprocessing, Audio):
            return self.preprocessing.names()
        return self.preprocessing.features() if isinstance(self.preprocessing, Series) else None

    def vocabulary(self) -> list[str]:
        """Return the tokens in the order of their numbers; a last one without letters is the boundary."""
        if isinstance(self.preprocessing, Notes):
            return NoteTokenizer(self.preprocessing).tokens(np.arange(self.preprocessing.vocabulary_size))
        vocabulary: Mapping[str, int] = json.loads(self.tokenizer_json or b"")["model"]["vocab"]
        tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
        return tokens + [""] * (self.network.input_size - len(tokens))

    def words_and_letters(self) -> tuple[list[str], list[str]]:
        """Return what the numbers of words and letters stand for; those that are unnamed have no letters."""
        if not isinstance(self.preprocessing, Words):
            return [], []
        words = WordVocabulary.from_json(self.preprocessing, self.tokenizer_json or b"")
        return ["", *words.words], ["", "\0unknown", *words.letters]

    def answers(self) -> Sequence[str]:
        """Return what the scores stand for, in their order."""
        return self.vocabulary() if self.labels is None else self.labels


@dataclass(frozen=True)
class Plan:
    """What becomes of one op.

    Args:
        op: its name.
        said: the sentence about it, without its name.
        kept: the names of the weights to be copied; none: it stays fresh.
        matches: for some of them how entries are matched along the first axes; None: as they are.
    """

    op: str
    said: str
    kept: tuple[str, ...] = ()
    matches: dict[str, tuple[Match | None, ...]] = field(default_factory=dict)


def transfer(network: Network, problem: Problem, saved: Saved) -> list[str]:
    """Copy into a fresh network what a saved model knows, and return in sentences what was kept.

    An op of another cell or size stays fresh, and pool and head with it, for they read what it makes.
    Scaling and vocabulary are those fitted on the new training data.

    Args:
        network: the fresh network; its weights are changed in place.
        problem: what it is to learn: its network, preprocessor and labels.
        saved: the model to start from.

    Returns:
        One sentence an op that has weights, such as ``"head: 3 of 6 labels kept; new: 'a', 'b', 'c'"``.

    Raises:
        ArgumentError: nothing can be kept, or one of the two has an encoder; the network is unchanged.
    """
    prepared, model = problem.preprocessor, saved.model
    if isinstance(prepared.spec, Windows) or isinstance(model.preprocessing, Windows):
        raise ArgumentError(
            "a forecast model begins with a linear model of its own data; train without that."
        )
    if problem.network.encoder is not None or model.network.encoder is not None:
        raise ArgumentError("weights of a model with an encoder cannot be started from; train without that.")
    new = Side(problem.network, prepared.spec, prepared.tokenizer_json(), problem.labels)
    old = Side(model.network, model.preprocessing, saved.tokenizer_json, _labels(model))
    plans = [*_plans(new, old), *_branch_plans(new, old, problem, model)]
    sentences = [f"{plan.op}: {plan.said}" for plan in plans]
    if not any(plan.kept for plan in plans):
        raise ArgumentError(
            f"the model to start from has nothing that fits ({'; '.join(sentences)}); "
            "choose the same cell and sizes, or train without it."
        )
    state = network.state_dict()
    for plan in plans:
        for name in plan.kept:
            full = f"{plan.op}.{name}"
            _copy(state[full], torch.from_numpy(np.array(saved.tensors[full])), plan.matches.get(name, ()))
    return sentences


def _plans(new: Side, old: Side) -> list[Plan]:
    plans: list[Plan] = []
    trunk_fresh = False
    for op, into in zip(new.network.ops, new.network.flows(), strict=False):
        if not op.tensors(into):
            continue
        if isinstance(op, READERS) and trunk_fresh:
            plans.append(Plan(op.name, "fresh, since the op that it reads is"))
            continue
        plans.append(_plan(op, into, new, old))
        trunk_fresh = not plans[-1].kept
    return plans


def _branch_plans(new: Side, old: Side, problem: Problem, model: Model) -> list[Plan]:
    """Return what becomes of the branches' ops, under the names of their branches."""
    theirs = {branch.name: branch for branch in old.network.branches}
    plans = []
    for branch in new.network.branches:
        if branch.name not in theirs:
            plans.append(Plan(branch.name, "fresh, since the model has no such branch"))
            continue
        mine = new._replace(network=new.network.branch(branch), labels=problem.branch_labels[branch.name])
        its = old._replace(
            network=old.network.branch(theirs[branch.name]), labels=_branch_labels(model)[branch.name]
        )
        plans += [replace(plan, op=f"{branch.name}.{plan.op}") for plan in _plans(mine, its)]
    return plans


def _plan(op: spec.Op, into: Flow, new: Side, old: Side) -> Plan:
    found = old.op(op.name)
    if found is None or type(found[0]) is not type(op):
        return Plan(op.name, "fresh, since the model has no such op")
    other, given = found
    for setting in SAME[type(op)]:
        mine, its = getattr(op, setting), getattr(other, setting)
        if mine != its:
            said = f"fresh, since its {setting} is {_plain(mine)} and the model's {_plain(its)}"
            return Plan(op.name, said)
    if isinstance(op, spec.Embedding):
        return _embedding(op, new, old)
    if isinstance(op, spec.WordCharacters):
        return _words(op, into, new, old)
    if isinstance(op, spec.Crf):
        return _crf(op, new, old)
    channels, its_channels = new.channels(op), old.channels(other)
    if channels != its_channels:
        return _on_channels(op, other, into, channels, its_channels)
    if into.size != given.size:
        return Plan(op.name, f"fresh, since it is given {into.size} features and the model's {given.size}")
    if isinstance(op, spec.AdaptiveHead) and list(new.answers()) != list(old.answers()):
        return Plan(op.name, "fresh, since the model has other tokens, or in another order")
    return _head(op, into, new, old) if isinstance(op, spec.Head) else _whole(op, other, into)


def _embedding(op: spec.Op, new: Side, old: Side) -> Plan:
    mine, its = new.preprocessing, old.preprocessing
    if mine.kind != its.kind or (
        isinstance(mine, Tokens) and isinstance(its, Tokens) and mine.tokens != its.tokens
    ):
        return Plan(op.name, "fresh, since the model reads other tokens")
    match = Match.of(new.vocabulary(), old.vocabulary())
    if not len(match.new):
        return Plan(op.name, "fresh, since no token is known to the model")
    return Plan(op.name, f"{match.share()} token vectors kept", ("weight",), {"weight": (match,)})


def _words(op: spec.Op, into: Flow, new: Side, old: Side) -> Plan:
    """Return the plan of what reads words: vectors go to the same words and letters."""
    words, letters = (
        Match.of(*pair) for pair in zip(new.words_and_letters(), old.words_and_letters(), strict=True)
    )
    said = f"{words.share()} words and {letters.share()} letters kept"
    matches: dict[str, tuple[Match | None, ...]] = {"words.weight": (words,), "letters.weight": (letters,)}
    return Plan(op.name, said, tuple(op.tensors(into)), matches)


def _crf(op: spec.Op, new: Side, old: Side) -> Plan:
    match = Match.of(new.answers(), old.answers())
    if not len(match.new):
        return Plan(op.name, "fresh, since no label is known to the model")
    kept = f"{match.share()} labels kept{_listed(match.lacking)}"
    matches: dict[str, tuple[Match | None, ...]] = {"transitions": (match, match)}
    matches |= {"start": (match,), "end": (match,)}
    return Plan(op.name, kept, tuple(matches), matches)


def _head(op: spec.Op, into: Flow, new: Side, old: Side) -> Plan:
    if _pools(new) != _pools(old):
        return Plan(op.name, "fresh, since the steps are pooled in another way")
    match = Match.of(new.answers(), old.answers())
    if not len(match.new):
        return Plan(op.name, "fresh, since no label is known to the model")
    what = "labels" if new.labels is not None else "tokens"
    kept = f"{match.share()} {what} kept{_listed(match.lacking)}"
    names = tuple(op.tensors(into))  # a tied head has no weight of its own
    return Plan(op.name, kept, names, dict.fromkeys(names, (match,)))


def _on_channels(
    op: spec.Op, other: spec.Op, into: Flow, names: Sequence[str] | None, its_names: Sequence[str] | None
) -> Plan:
    """Return the plan of the first op of a series: its weights for the channels that it knows."""
    if names is None or its_names is None:
        return Plan(op.name, "fresh, since only one of the two reads the channels themselves")
    match = Match.of(names, its_names)
    if not len(match.new) or isinstance(op, (*READERS, spec.GruD)):
        return Plan(op.name, "fresh, since the model does not know its channels")
    plan = _whole(op, other, into)
    reading = [name for name in plan.kept if name == "weight" or name.startswith("weight_ih_l0")]
    matches: dict[str, tuple[Match | None, ...]] = dict.fromkeys(reading, (None, match))
    part = f", for {match.share()} channels{_listed(match.lacking)}" if match.lacking else ""
    return Plan(op.name, plan.said + part, plan.kept, matches)


def _whole(op: spec.Op, other: spec.Op, into: Flow) -> Plan:
    """Return the plan of an op whose weights are copied as they are; of a stack, the layers in both."""
    shared = tuple(name for name in op.tensors(into) if name in other.tensors(into))
    said = "kept"
    if isinstance(op, spec.Recurrent) and isinstance(other, spec.Recurrent) and op.layers != other.layers:
        said = f"{min(op.layers, other.layers)} of {op.layers} layers kept"
    return Plan(op.name, said, shared)


def _copy(target: Tensor, source: Tensor, matches: tuple[Match | None, ...]) -> None:
    """Copy entries to where they are matched, axis by axis; axes without a match as they are."""
    places = [torch.arange(size) for size in target.shape]
    for axis, match in enumerate(matches):
        if match is not None:
            places[axis] = match.new
            source = source.index_select(axis, match.old)
    with torch.no_grad():
        target[torch.meshgrid(*places, indexing="ij")] = source.to(target.dtype)


def _labels(model: Model) -> tuple[str, ...] | None:
    if isinstance(model, RollModel):
        return model.preprocessing.names()
    if isinstance(model, RegressModel):
        return (model.answer.name,)
    if isinstance(model, TranscribeModel):
        return model.answer.symbols()
    return model.answer.labels if isinstance(model, ClassifyModel | LabelsModel | TagModel) else None


def _branch_labels(model: Model) -> Mapping[str, tuple[str, ...]]:
    """Return what the scores of a saved model's branches stand for, by the branches' names."""
    sentence = model.sentence if isinstance(model, TagModel) else None
    return {} if sentence is None else {"label": sentence.labels}


def _pools(side: Side) -> list[tuple[str, ...]]:
    return [op.kinds for op in side.network.ops if isinstance(op, spec.Pool)]


def _listed(names: list[str]) -> str:
    """Return such as ``"; new: 'a', 'b'"``, ten names at most, or nothing."""
    more = ", …" if len(names) > 10 else ""
    return f"; new: {', '.join(shown(name) for name in names[:10])}{more}" if names else ""


def _plain(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
