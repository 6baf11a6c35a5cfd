"""The training log as TensorBoard scalars, on request."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ostinato import checks
from ostinato.errors import ArgumentError
from ostinato.spec.record import Epoch


class Board:
    """Writes each epoch's numbers below a directory, one TensorBoard run for every stage.

    A resumed run calls ``write`` again for the epochs after its checkpoint; what an interrupted process had
    already written for them is replaced.

    Args:
        directory: where the runs go, such as ``logs``; a stage ``"fold 1"`` becomes ``logs/fold-1``.

    Raises:
        MissingExtraError: tensorboard is not installed.
        ArgumentError: the directory cannot be made.
    """

    def __init__(self, directory: Path) -> None:
        checks.extra("tensorboard", "tensorboard", "writing TensorBoard logs")
        self._module = checks.extra("torch.utils.tensorboard", "train", "writing TensorBoard logs")
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentError(
                f"tensorboard is {checks.shown(str(directory))}, which cannot be made: {error.strerror}; "
                "name a directory that can be written."
            ) from error
        self._directory = directory
        self._writers: dict[str, Any] = {}

    def write(self, row: Epoch) -> None:
        """Write one row of the training log: every number that is not None, at step ``row.epoch``."""
        writer = self._writer(row)
        for name, value in row.model_dump(exclude={"stage", "epoch"}, exclude_none=True).items():
            writer.add_scalar(name, value, row.epoch)
        writer.flush()

    def close(self) -> None:
        """Finish all files; a later ``write`` would begin new ones."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _writer(self, row: Epoch) -> Any:
        if row.stage not in self._writers:
            directory = self._directory / row.stage.replace(" ", "-")
            self._writers[row.stage] = self._module.SummaryWriter(str(directory), purge_step=row.epoch)
        return self._writers[row.stage]
