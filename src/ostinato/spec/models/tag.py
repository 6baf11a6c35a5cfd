"""Models that answer with a tag a word."""

from typing import Literal, Self

from pydantic import model_validator

from ostinato.spec.answers import Classes, Tags
from ostinato.spec.columns import TaggedColumns
from ostinato.spec.flow import Flow
from ostinato.spec.models.base import Model, check_made, check_taken
from ostinato.spec.network import WordCharacters
from ostinato.spec.preprocessing import (
    Words,
)
from ostinato.spec.tag import TagOptions


class TagModel(Model):
    """A model that answers with one tag a word and, if it is a joint one, with one label a sentence.

    The label comes from the network's branch ``label``.
    """

    task: Literal["tag"] = "tag"
    columns: TaggedColumns
    preprocessing: Words
    answer: Tags
    sentence: Classes | None = None
    recipe: TagOptions

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        taken, *_, made = self.network.flows()
        check_taken(self.preprocessing.flow(), taken)
        reader, words = self.network.ops[0], self.preprocessing
        if not isinstance(reader, WordCharacters) or (reader.words, reader.letters) != (
            words.words,
            words.letters,
        ):
            raise ValueError(f"the network must begin with {words.words} words of {words.letters} letters")
        check_made(made, Flow("steps", len(self.answer.labels)), "tags")
        self._check_branches()
        return self

    def _check_branches(self) -> None:
        wanted = {} if self.sentence is None else {"label": Flow("summary", len(self.sentence.labels))}
        found = {b.name: self.network.branch(b).flows()[-1] for b in self.network.branches}
        if found != wanted:
            raise ValueError(f"the network's branches are {found}; expected {wanted}")
