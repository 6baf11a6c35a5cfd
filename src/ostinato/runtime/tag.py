"""A tagger, loaded: sentences in, tags and labels out."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ostinato import checks
from ostinato.answers.classify import softmax
from ostinato.answers.tag import Tagged
from ostinato.decode.tags import Chain, TagDecoder
from ostinato.errors import DataError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.pack import Integers, Packed, unpacked
from ostinato.preprocess.words import WordVocabulary
from ostinato.runtime.crf import Crf
from ostinato.runtime.model import ChainModel, batches, packed
from ostinato.runtime.network import Network
from ostinato.runtime.streams.chunks import Chunks
from ostinato.runtime.streams.tags import TagStreams
from ostinato.spec.model import TagModel

Sentences = Sequence[Sequence[str]]
Probabilities = NDArray[np.float64]


class Scores(NamedTuple):
    """What the network says of one batch.

    Args:
        indices: (B,) which sentences they are.
        tags: (N, C), a row a word.
        labels: (B, L), or None where no label is told.
    """

    indices: Integers
    tags: Packed
    labels: NDArray[Any] | None


class Tagger(ChainModel):
    """A tagger ready to answer. Made by ``ostinato.load``, or from its parts after training.

    Args:
        spec: everything about it but its weights.
        network: the network with its weights.
        preprocessor: what makes numbers of its words.

    Raises:
        ArgumentError: network or preprocessor is of another model.
    """

    spec: TagModel
    preprocessor: WordVocabulary

    def __init__(self, spec: TagModel, network: Network, preprocessor: Preprocessor) -> None:
        super().__init__(spec, network, preprocessor)
        self.words = self.preprocessor
        crf = network.ops.get("crf")
        chain = Chain(*crf.weights) if isinstance(crf, Crf) else None
        self._decoder = TagDecoder(self.tags, spec.answer.scheme, chain)

    instead = "give it whole sentences, or hear it some words late: chunks(look_ahead=…)"

    def _streams(self, count: int) -> TagStreams:
        label = bool(self.labels)
        engine = self._engine.again(count)
        return TagStreams(engine, self.words, self._decoder, label, count, self.fingerprint)

    def _steps(self) -> tuple[str | None, None, bool]:
        return "crf" if "crf" in self.network.ops else None, None, False

    def chunks(self, look_ahead: int = 8, size: int = 16, context: int = 64) -> Chunks:
        """Return what tags words some words late, for models that read both ways.

        Args:
            look_ahead: how many words must follow a word before it is tagged.
            size: how many words are tagged together, at least; more make it faster.
            context: how many words before them are read again.
        """
        return Chunks(self._scores_of, self._decoder, self.tags, look_ahead, size, context)

    def _scores_of(self, words: Sequence[str]) -> NDArray[Any]:
        ((_, tags, _),) = self.scores([words])
        return tags.data

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the C tags, in the order of the scores."""
        return self.spec.answer.labels

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of sentences, in the order of their scores; none where no label is told."""
        return () if self.spec.sentence is None else self.spec.sentence.labels

    def predict(self, sentences: Sentences, batch_size: int = 64) -> Tagged:
        """Return the best tags of every sentence, which never break their scheme, and its best label.

        What is answered for a sentence does not depend on the others, nor on the batch size.

        Args:
            sentences: each in words, one at least.
            batch_size: sentences computed at once.

        Raises:
            DataError: a sentence has no words, a word is no text, or the scores overflow.
        """
        tags: list[list[str]] = [[] for _ in sentences]
        labels = [""] * len(sentences)
        for indices, scores, label_scores in self.scores(sentences, batch_size):
            best = unpacked(self._decoder.best(scores.data, scores.batch_sizes), scores.batch_sizes)
            for index, numbers in zip(indices.tolist(), best, strict=True):
                tags[index] = [self.tags[number] for number in numbers.tolist()]
            if label_scores is not None:
                for index, number in zip(indices.tolist(), label_scores.argmax(axis=1).tolist(), strict=True):
                    labels[index] = self.labels[number]
        return Tagged(tags, labels if self.labels else None)

    def marginals(self, sentences: Sentences, batch_size: int = 64) -> list[Probabilities]:
        """Return, for every sentence, the probability of each tag at each word, (T, C).

        With a CRF each is the sum over all tags that the rest of the sentence may have. Arguments and errors
        as for ``predict``.
        """
        found: list[Probabilities] = [np.empty((0, len(self.tags))) for _ in sentences]
        for indices, scores, _ in self.scores(sentences, batch_size):
            rows = self._decoder.marginals(scores.data, scores.batch_sizes)
            for index, part in zip(indices.tolist(), unpacked(rows, scores.batch_sizes), strict=True):
                found[index] = part
        return found

    def label_probabilities(self, sentences: Sentences, batch_size: int = 64) -> Probabilities | None:
        """Return the probability of each label of every sentence, (N, L); None where no label is told.

        Arguments and errors as for ``predict``.
        """
        if not self.labels:
            return None
        found = np.empty((len(sentences), len(self.labels)))
        for indices, _, scores in self.scores(sentences, batch_size):
            found[indices] = softmax(checks.given("labels", scores))
        return found

    def scores(self, sentences: Sentences, batch_size: int = 64) -> Iterator[Scores]:
        """Yield what the network says, batch by batch, the longest sentences first.

        Arguments and errors as for ``predict``.
        """
        checks.positive("batch_size", batch_size)
        prepared = [self.words.encode(sentence) for sentence in sentences]
        for indices in batches(np.array([len(rows) for rows in prepared], np.int64), batch_size):
            tags, branches = self.network.answers(packed([prepared[index] for index in indices]))
            labels: Any = branches.get("label")
            if not isinstance(tags, Packed):
                raise TypeError("a tagger's network answers every step")
            for array in (tags.data, *(() if labels is None else (labels,))):
                if not np.isfinite(array).all():
                    raise DataError("the model's scores overflow; train the model again.")
            yield Scores(indices, tags, labels)
