"""What the descriptions of all models have in common."""

from typing import Literal

from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow
from ostinato.spec.network import Network
from ostinato.spec.options import TaskOptions
from ostinato.spec.preprocessing import Preprocessing
from ostinato.spec.record import TrainingRecord


class Model(Spec):
    """Everything about a model but its weights; every task has its own kind of it.

    Args:
        precision: ``"int8"`` where the matrices of recurrent ops are stored, and run, as 8-bit integers.
    """

    task: str
    columns: Spec
    preprocessing: Preprocessing
    network: Network
    recipe: TaskOptions
    training: TrainingRecord
    precision: Literal["float", "int8"] = "float"

    def check_parts(self, made: Flow, what: str) -> None:
        """Refuse a network that does not take what is prepared for it, or does not make what it should."""
        taken, *_, makes = self.network.flows()
        check_taken(self.preprocessing.flow(), taken)
        check_made(makes, made, what)


def check_taken(given: Flow, taken: Flow) -> None:
    """Refuse a network that takes something else than what its input is prepared to be."""
    if taken != given:
        found = f"preprocessing makes {given.kind} of size {given.size}"
        raise ValueError(f"{found}; the network takes {taken.kind} of size {taken.size}")


def check_made(made: Flow, wanted: Flow, what: str) -> None:
    """Refuse a network that makes something else than its task's scores."""
    if made != wanted:
        raise ValueError(f"the network makes {made.kind} of size {made.size} for {wanted.size} {what}")
