"""From a model directory to a model ready to answer."""

import os
from typing import TYPE_CHECKING, Final, TypeAlias

from ostinato import runtime
from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, DataError, ModelFileError
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.prepare import from_spec
from ostinato.runtime import native
from ostinato.runtime.encoder_decoder import network_of
from ostinato.runtime.recurrent import choose
from ostinato.spec import model as spec

if TYPE_CHECKING:
    from ostinato.runtime.chat import Chatter
    from ostinato.runtime.classify import Classifier
    from ostinato.runtime.forecast import SeriesModel
    from ostinato.runtime.labels import Labeler
    from ostinato.runtime.language import TextModel
    from ostinato.runtime.music import MusicModel
    from ostinato.runtime.regress import Regressor
    from ostinato.runtime.rolls import FrameModel
    from ostinato.runtime.tag import Tagger
    from ostinato.runtime.transcribe import Transcriber
    from ostinato.runtime.translate import Translator

AnyModel: TypeAlias = (
    "Classifier | Labeler | Regressor | TextModel | MusicModel | FrameModel | Tagger | Translator | Chatter"
    " | Transcriber | SeriesModel"
)

KINDS: Final = {
    "classify": "Classifier",
    "labels": "Labeler",
    "regress": "Regressor",
    "language": "TextModel",
    "rolls": "FrameModel",
    "tag": "Tagger",
    "translate": "Translator",
    "chat": "Chatter",
    "forecast": "SeriesModel",
    "transcribe": "Transcriber",
}
"""What answers for a model of each task, by its name in ``ostinato.runtime``; one that reads notes is a
``MusicModel``."""


def load(path: str | os.PathLike[str], kernels: str = "auto") -> AnyModel:
    """Return the model in a directory that ``ostinato train`` or ``save`` wrote.

    Nothing in the directory is executed, every byte is verified, and a tiny input is tried.

    Args:
        path: the directory.
        kernels: what recurrent layers run on: ``"auto"``, ``"native"``, ``"numpy"`` or ``"int8"``, as
            ``runtime.Network`` has it.

    Raises:
        ModelFileError: it is missing, damaged, foreign or unsafe, or its answers are not finite.
        ArgumentError: there are no such kernels, or int8 ones cannot run this model.
        BackendError: native kernels were asked for by name and there are none; the message says why.

    Example:
        >>> model = load("MODEL")  # doctest: +SKIP
        >>> model.predict(sequences).best()  # doctest: +SKIP
        ['walking', 'running']
    """
    return from_saved(path, archive.load(path), kernels)


def from_saved(path: str | os.PathLike[str], saved: archive.Saved, kernels: str = "auto") -> AnyModel:
    """Return the model of a directory that was read; arguments and errors as for ``load``."""
    kernels = _of_precision(saved.model, kernels)
    described = saved.model.network
    for part in (described, described.encoder or described):
        choose(kernels, part.ops)  # the file is not to blame for what was asked
    try:
        preprocessor = from_spec(saved.model.preprocessing, saved.tokenizer_json)
        model = _of_task(saved, preprocessor, kernels)
    except (ArgumentError, DataError) as error:
        raise ModelFileError(path, "parts do not fit", str(error)) from error
    if not model.is_finite():
        raise ModelFileError(
            path, "answers are not finite", "its weights overflow on a tiny input; train the model again."
        )
    return model


def _of_precision(model: spec.Model, kernels: str) -> str:
    """Return int8 kernels for a model of such weights, unless others were asked for or there are none.

    NumPy runs the same weights, with inputs and states that are not rounded.
    """
    rounded = model.precision == "int8" and kernels == "auto" and native.why_not() is None
    return "int8" if rounded else kernels


def _of_task(saved: archive.Saved, preprocessor: Preprocessor, kernels: str) -> AnyModel:
    """Return the model of the task's own kind, of which alone the code is imported."""
    model = saved.model
    kind = getattr(runtime, "MusicModel" if model.preprocessing.kind == "notes" else KINDS[model.task])
    made: AnyModel = kind(model, network_of(model.network, saved.tensors, kernels), preprocessor)
    return made
