"""Dialogue: an answer for what was said before it, learnt from dialogues."""

from ostinato.checks import choice, given
from ostinato.data.pairs import PairExamples
from ostinato.errors import DataError
from ostinato.preprocess.history import read_history
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.pairs import PairPreprocessor
from ostinato.preprocess.tokens import Tokenizer
from ostinato.read.dialogues import Dialogues
from ostinato.spec.chat import ChatOptions
from ostinato.spec.model import ChatModel
from ostinato.spec.preprocessing import Columns, TokenPair
from ostinato.spec.record import TrainingRecord
from ostinato.tasks.base import Problem, StagePlan, Task
from ostinato.tasks.pair_defaults import fill_chat
from ostinato.tasks.pair_network import network
from ostinato.tasks.pairs import METRICS, Held, PairProblem, fitting, pair_problem
from ostinato.tasks.parts import one_stage


class Chat(Task[Dialogues, ChatOptions]):
    """Network and loss of translation; what is read are the last turns of a dialogue."""

    name = "chat"

    def resolve(self, data: Dialogues, options: ChatOptions) -> ChatOptions:
        """Return the options with everything open chosen from the number of answers.

        Raises:
            DataError: no dialogue has two turns.
            ArgumentError: the metric is unknown.
        """
        resolved = fill_chat(options, len(data.pairs(options.data.turns)))
        choice("metric", resolved.training.metric, METRICS)
        return resolved

    def plan(
        self, data: Dialogues, valid: Dialogues | None, options: ChatOptions
    ) -> list[StagePlan[Dialogues]]:
        """Return one stage, validated on whole dialogues held out by chance."""
        if valid is None and options.data.valid_fraction and len(data) < 2:
            raise DataError(
                "there is one dialogue, of which none can be held out for validation; give more, or set "
                "valid_fraction to 0."
            )
        return one_stage(data, valid, options)

    def problem(self, train: Dialogues, valid: Dialogues | None, options: ChatOptions) -> PairProblem:
        """Fit the vocabulary on the training part and return the problem."""
        pair = _fitted(train, options)
        sources, targets, names = _exchanges(train, pair.source, options)
        kept = fitting(sources, targets, options.data.history, options.data.longest, "answers")
        examples = PairExamples(
            [sources[i] for i in kept], [targets[i] for i in kept], pair.spec.target.vocabulary_size
        )
        ids = [names[i] for i in kept]
        held = None if valid is None else _held(valid, pair.source, options)
        return pair_problem(pair, network(pair.spec, options.network), examples, ids, held, options.training)

    def model(
        self, data: Dialogues, problem: Problem, options: ChatOptions, record: TrainingRecord
    ) -> ChatModel:
        """Return everything about the trained model but its weights."""
        if not isinstance(problem.preprocessor.spec, TokenPair):
            raise TypeError("a chat model reads pairs of texts")
        return ChatModel(
            columns=Columns(),
            preprocessing=problem.preprocessor.spec,
            network=problem.network,
            recipe=options,
            training=record,
        )


CHAT = Chat()


def _fitted(train: Dialogues, options: ChatOptions) -> PairPreprocessor:
    """Return the one vocabulary of everything that is said."""
    data = options.data
    turns = [turn.text for dialogue in train.dialogues for turn in dialogue]
    return PairPreprocessor.fit(
        turns,
        [],
        data.tokens,
        given("vocabulary_size", data.vocabulary_size),
        shared=True,
        lowercase=data.lowercase,
        minimum_count=given("minimum_count", data.minimum_count),
    )


def _exchanges(
    dialogues: Dialogues, tokenizer: Tokenizer, options: ChatOptions
) -> tuple[list[Integers], list[Integers], list[str]]:
    """Return histories and answers as tokens, and what each is called."""
    found = dialogues.pairs(options.data.turns)
    histories = [
        read_history(tokenizer, [turn.text for turn in history], options.data.history)
        for history in found.histories
    ]
    return histories, [tokenizer.encode(text) for text in found.targets], found.ids


def _held(valid: Dialogues, tokenizer: Tokenizer, options: ChatOptions) -> Held:
    sources, targets, _ = _exchanges(valid, tokenizer, options)
    examples = PairExamples(sources, targets, tokenizer.spec.vocabulary_size)
    answers = valid.pairs(options.data.turns).targets
    references = [text.lower() if options.data.lowercase else text for text in answers]
    return Held(examples, sources, references, tokenized=False)
