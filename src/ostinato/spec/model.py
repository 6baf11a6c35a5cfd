"""A whole model as data: what the manifest of a model directory says, beside the files' checksums.

The kinds of models stand in ``spec/models``, a file a task. A kind is imported when it is asked for, here
too: who runs a classifier does not wait for the options of every other task.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter

from ostinato.spec.models.base import Model

if TYPE_CHECKING:
    from ostinato.spec.models.classify import ClassifyModel as ClassifyModel
    from ostinato.spec.models.classify import LabelsModel as LabelsModel
    from ostinato.spec.models.every import AnyModel as AnyModel
    from ostinato.spec.models.every import AnyOptions as AnyOptions
    from ostinato.spec.models.forecast import ForecastModel as ForecastModel
    from ostinato.spec.models.language import LanguageModel as LanguageModel
    from ostinato.spec.models.pairs import ChatModel as ChatModel
    from ostinato.spec.models.pairs import PairModel as PairModel
    from ostinato.spec.models.pairs import TranslateModel as TranslateModel
    from ostinato.spec.models.regress import RegressModel as RegressModel
    from ostinato.spec.models.rolls import RollModel as RollModel
    from ostinato.spec.models.tag import TagModel as TagModel
    from ostinato.spec.models.transcribe import TranscribeModel as TranscribeModel

_FILES = {
    "ClassifyModel": "classify",
    "LabelsModel": "classify",
    "ForecastModel": "forecast",
    "LanguageModel": "language",
    "ChatModel": "pairs",
    "PairModel": "pairs",
    "TranslateModel": "pairs",
    "RegressModel": "regress",
    "RollModel": "rolls",
    "TagModel": "tag",
    "TranscribeModel": "transcribe",
    "AnyModel": "every",
    "AnyOptions": "every",
}
"""Where each name stands in ``spec/models``."""

KINDS = {
    "classify": "ClassifyModel",
    "labels": "LabelsModel",
    "regress": "RegressModel",
    "language": "LanguageModel",
    "rolls": "RollModel",
    "tag": "TagModel",
    "translate": "TranslateModel",
    "chat": "ChatModel",
    "forecast": "ForecastModel",
    "transcribe": "TranscribeModel",
}
"""What describes a model of each task."""

__all__ = ["KINDS", "Model", "from_header", *_FILES]


def _named(name: str) -> Any:
    return getattr(import_module(f"ostinato.spec.models.{_FILES[name]}"), name)


if not TYPE_CHECKING:  # the type checker knows the names above, and finds those that are wrong

    def __getattr__(name: str) -> Any:
        if name in _FILES:
            return _named(name)
        raise AttributeError(f"module 'ostinato.spec.model' has no attribute {name!r}")


def from_header(header: Mapping[str, Any]) -> Model:
    """Return the model that a manifest describes; pydantic's ValidationError says what does not fit."""
    text = json.dumps(header)
    kind = KINDS.get(str(header.get("task")))
    if kind is None:
        return _any().validate_json(text)
    described: type[Model] = _named(kind)
    return described.model_validate_json(text)


@cache
def _any() -> TypeAdapter[Model]:
    """Return what refuses an unknown task; made when it is wanted, for it builds the models of all tasks."""
    every: Any = _named("AnyModel")
    return TypeAdapter(Annotated[every, Field(discriminator="task")])
