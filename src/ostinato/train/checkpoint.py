"""Checkpoints: everything that a run needs to go on, as verified directories of JSON and safetensors.

    MODEL.run/checkpoints/00000017/   manifest.json  state.json  tensors.safetensors

A checkpoint appears whole or not at all (``archive.store.publish``); an older one is removed only after the
newer one is safely on disk, and two are kept, so that a damaged newest one loses little.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ostinato.archive import store, tensors
from ostinato.archive.manifest import Form
from ostinato.errors import ModelFileError, ResumeError
from ostinato.spec.base import Spec
from ostinato.spec.record import Epoch, GradientFlow
from ostinato.train.fingerprint import Fingerprint
from ostinato.train.loop import Sums, Tensors

KEPT = 2
"""How many checkpoints stay."""

FORM = Form("ostinato-checkpoint", "checkpoint", 1, {"state.json": 2**28, "tensors.safetensors": 2**36})


class State(Spec):
    """Where a run stands, all but its tensors.

    Args:
        fingerprint: what the run depends on.
        overwrite: whether the run may replace an existing model at its end.
        stage: the stage's number.
        sums: the open epoch's sums; the epoch and the turn follow from the rows.
        rows: the training log; the first ``earlier`` of them belong to earlier stages.
        scores, flows: what this stage has yielded.
        chosen_epoch, chosen_scores: what the folds chose, once they have.
        unknown_rate: text: the part of validation tokens that the vocabulary lacks.
        numbers: each trainer's optimiser state that is no tensor.
        seconds: how long the run has taken so far.
    """

    fingerprint: Fingerprint
    overwrite: bool
    stage: int
    sums: Sums
    rows: tuple[Epoch, ...]
    earlier: int
    scores: tuple[dict[str, float], ...]
    flows: tuple[GradientFlow, ...]
    chosen_epoch: int | None
    chosen_scores: dict[str, float]
    unknown_rate: float | None
    numbers: tuple[dict[str, float], ...]
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """A run's state and its tensors, by name."""

    state: State
    tensors: Tensors


class Checkpoints:
    """The checkpoints of one run directory, which the caller has locked.

    Args:
        directory: where they are; made when the first is saved.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then remove all but the last ``KEPT``.

        Raises:
            ModelFileError: the disk refused; those before it are as they were.
        """
        existing = self.present()
        self._directory.mkdir(parents=True, exist_ok=True)
        target = self._directory / f"{int(existing[-1].name) + 1 if existing else 1:08}"
        files = {
            "state.json": checkpoint.state.model_dump_json().encode(),
            "tensors.safetensors": tensors.encode(target, checkpoint.tensors),
        }
        store.publish(target, files, {}, FORM)
        for old in existing[: 1 - KEPT]:
            shutil.rmtree(old)

    def newest(self, say: Callable[[str], None]) -> Checkpoint | None:
        """Return the newest checkpoint that is undamaged, or None where there is none at all.

        Args:
            say: told about every damaged one.

        Raises:
            ResumeError: there are checkpoints, and all are damaged.
        """
        present = self.present()
        for path in reversed(present):
            try:
                return _read(path)
            except ModelFileError as error:
                say(f"warning: {error}; trying the checkpoint before it.")
        if present:
            raise ResumeError(f"every checkpoint in {self._directory} is damaged; start anew with overwrite.")
        return None

    def present(self) -> list[Path]:
        """Return the checkpoints' directories, oldest first."""
        if not self._directory.is_dir():
            return []
        return sorted(path for path in self._directory.iterdir() if re.fullmatch(r"\d{8}", path.name))

    def sweep(self) -> None:
        """Remove what a killed process left half written."""
        if self._directory.is_dir():
            for path in {*self._directory.iterdir()} - {*self.present()}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def clear(self) -> None:
        """Remove all checkpoints."""
        if self._directory.is_dir():
            shutil.rmtree(self._directory)


def _read(path: Path) -> Checkpoint:
    contents = store.read(path, FORM)
    try:
        state = State.model_validate_json(contents.files["state.json"])
        return Checkpoint(state, _tensors(path, contents.files))
    except (KeyError, ValidationError) as error:
        raise ModelFileError(
            path, "not a checkpoint of this version", "continue with the version that wrote it"
        ) from error


def _tensors(path: Path, files: dict[str, bytes]) -> Tensors:
    name = "tensors.safetensors"
    return tensors.decode(path / name, files[name], dtypes=tensors.NUMBERS)
