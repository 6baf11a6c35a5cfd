"""Translation: one text for another, learnt from pairs."""

from ostinato.checks import choice, given
from ostinato.data.pairs import PairExamples
from ostinato.errors import DataError
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.read.parallel import Pairs
from ostinato.spec.model import TranslateModel
from ostinato.spec.preprocessing import TokenPair
from ostinato.spec.record import TrainingRecord
from ostinato.spec.translate import TranslateOptions
from ostinato.tasks.base import Problem, StagePlan, Task
from ostinato.tasks.pair_defaults import fill_translate
from ostinato.tasks.pair_network import network
from ostinato.tasks.pairs import METRICS, Held, PairProblem, fitting, marked, pair_problem
from ostinato.tasks.parts import one_stage


class Translate(Task[Pairs, TranslateOptions]):
    """Network: encoder, decoder with attention. Loss: smoothed cross-entropy of the target's tokens."""

    name = "translate"

    def resolve(self, data: Pairs, options: TranslateOptions) -> TranslateOptions:
        """Return the options with everything open chosen from the texts and their number.

        Raises:
            DataError: there are no targets.
            ArgumentError: the metric is unknown.
        """
        resolved = fill_translate(options, len(data), _targets(data))
        choice("metric", resolved.training.metric, METRICS)
        return resolved

    def plan(self, data: Pairs, valid: Pairs | None, options: TranslateOptions) -> list[StagePlan[Pairs]]:
        """Return one stage, validated on pairs held out by chance."""
        return one_stage(data, valid, options)

    def problem(self, train: Pairs, valid: Pairs | None, options: TranslateOptions) -> PairProblem:
        """Fit the vocabularies on the training part and return the problem.

        Raises:
            DataError: every training pair is too long.
        """
        pair = _fitted(train, options)
        examples, kept = _examples(train, pair, options.data.longest)
        held = None if valid is None else _held(valid, pair, options)
        ids = [train.ids[i] for i in kept]
        return pair_problem(pair, network(pair.spec, options.network), examples, ids, held, options.training)

    def model(
        self, data: Pairs, problem: Problem, options: TranslateOptions, record: TrainingRecord
    ) -> TranslateModel:
        """Return everything about the trained model but its weights."""
        if not isinstance(problem.preprocessor.spec, TokenPair):
            raise TypeError("a translation model reads pairs of texts")
        return TranslateModel(
            columns=data.columns,
            preprocessing=problem.preprocessor.spec,
            network=problem.network,
            recipe=options,
            training=record,
        )


TRANSLATE = Translate()


def _targets(data: Pairs) -> list[str]:
    if data.targets is None:
        raise DataError("the data has no targets; a translation model learns from pairs: give both sides.")
    return data.targets


def _fitted(train: Pairs, options: TranslateOptions) -> PairPreprocessor:
    data = options.data
    return PairPreprocessor.fit(
        train.sources,
        _targets(train),
        "spaced" if data.tokens == "word" and data.tokenized else data.tokens,
        given("vocabulary_size", data.vocabulary_size),
        shared=data.shared_vocabulary,
        lowercase=data.lowercase,
        minimum_count=given("minimum_count", data.minimum_count),
    )


def _encoded(pairs: Pairs, pair: PairPreprocessor) -> tuple[list[Integers], list[Integers]]:
    mark = pair.spec.source.vocabulary_size
    sources = [marked(pair.source.encode(text), mark) for text in pairs.sources]
    return sources, [pair.target.encode(text) for text in _targets(pairs)]


def _examples(train: Pairs, pair: PairPreprocessor, longest: int) -> tuple[PairExamples, list[int]]:
    """Return the training pairs that are not too long, and their positions; say how many are."""
    sources, targets = _encoded(train, pair)
    kept = fitting(sources, targets, longest, longest, "pairs")
    boundary = pair.spec.target.vocabulary_size
    return PairExamples([sources[i] for i in kept], [targets[i] for i in kept], boundary), kept


def _held(valid: Pairs, pair: PairPreprocessor, options: TranslateOptions) -> Held:
    sources, targets = _encoded(valid, pair)
    examples = PairExamples(sources, targets, pair.spec.target.vocabulary_size)
    lower = options.data.lowercase
    references = [text.lower() if lower else text for text in _targets(valid)]
    return Held(examples, sources, references, bool(options.data.tokenized))
