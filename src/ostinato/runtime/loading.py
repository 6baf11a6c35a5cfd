"""From a model directory to a model ready to answer."""

import os

from ostinato.archive import model as archive
from ostinato.errors import ArgumentError, DataError, ModelFileError
from ostinato.preprocess.prepare import Preprocessor
from ostinato.runtime.classify import Classifier
from ostinato.runtime.language import TextModel
from ostinato.runtime.music import MusicModel
from ostinato.runtime.network import Network
from ostinato.runtime.recurrent import choose
from ostinato.runtime.rolls import FrameModel
from ostinato.spec import model as spec
from ostinato.spec.preprocessing import Tokens

AnyModel = Classifier | TextModel | MusicModel | FrameModel


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
    choose(kernels, saved.model.network.ops)  # the file is not to blame for what was asked
    try:
        preprocessor = Preprocessor.from_spec(saved.model.preprocessing, saved.tokenizer_json)
        network = Network(saved.model.network, saved.tensors, kernels=kernels)
        model = _of_task(saved.model, network, preprocessor)
    except (ArgumentError, DataError) as error:
        raise ModelFileError(path, "parts do not fit", str(error)) from error
    if not model.is_finite():
        raise ModelFileError(
            path, "answers are not finite", "its weights overflow on a tiny input; train the model again."
        )
    return model


def _of_task(described: spec.Model, network: Network, preprocessor: Preprocessor) -> AnyModel:
    """Return the model of the task's own kind."""
    if isinstance(described, spec.ClassifyModel):
        return Classifier(described, network, preprocessor)
    if isinstance(described, spec.LanguageModel):
        kind = TextModel if isinstance(described.preprocessing, Tokens) else MusicModel
        return kind(described, network, preprocessor)
    if isinstance(described, spec.RollModel):
        return FrameModel(described, network, preprocessor)
    raise TypeError(f"task {described.task} has no runtime")
