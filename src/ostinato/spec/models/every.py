"""All kinds together: for what must tell them apart, and so needs the code of all tasks."""

from ostinato.spec.chat import ChatOptions
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.language import LanguageOptions
from ostinato.spec.models.classify import ClassifyModel, LabelsModel
from ostinato.spec.models.forecast import ForecastModel
from ostinato.spec.models.language import LanguageModel
from ostinato.spec.models.pairs import ChatModel, TranslateModel
from ostinato.spec.models.regress import RegressModel
from ostinato.spec.models.rolls import RollModel
from ostinato.spec.models.tag import TagModel
from ostinato.spec.models.transcribe import TranscribeModel
from ostinato.spec.regress import RegressOptions
from ostinato.spec.rolls import RollOptions
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.spec.translate import TranslateOptions

AnyOptions = (
    ClassifyOptions
    | RegressOptions
    | LanguageOptions
    | RollOptions
    | TagOptions
    | TranslateOptions
    | ChatOptions
    | ForecastOptions
    | TranscribeOptions
)
"""The options of some task; they differ in their fields, so that pydantic tells them apart."""

AnyModel = (
    ClassifyModel
    | LabelsModel
    | RegressModel
    | LanguageModel
    | RollModel
    | TagModel
    | TranslateModel
    | ChatModel
    | ForecastModel
    | TranscribeModel
)
