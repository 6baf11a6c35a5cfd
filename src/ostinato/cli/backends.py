"""The kernels that recurrent layers can run on here, and why one cannot."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostinato.kernels.dispatch import Call


def backends_here() -> list[dict[str, str | None]]:
    """Return every backend, with the reason where it cannot run here and what else there is to say of it."""
    return [_native(), *_torch()]


def _native() -> dict[str, str | None]:
    """Return whether there are native kernels, and the instruction sets that they can use here."""
    from ostinato.runtime import native

    module = native.module()
    if module is None:
        return _backend("any", "native", native.why_not())
    found = f"{module.cpu()} in use; this processor runs {', '.join(module.levels())}"
    return _backend("any", "native", None, found)


def _torch() -> list[dict[str, str | None]]:
    """Return the backends of every recurrence in torch, asked whether they can run a training step."""
    from ostinato import checks
    from ostinato.errors import MissingExtraError

    try:
        checks.extra("torch", "train", "it")
    except MissingExtraError as error:
        return [_backend("any", name, str(error)) for name in ("aten", "reference")]
    from ostinato.kernels import elman, gru, lstm

    found = []
    for op, backends in (("elman", elman.BACKENDS), ("gru", gru.BACKENDS), ("lstm", lstm.BACKENDS)):
        call = _usual_call(op)
        found += [_backend(op, name, backend.why_not(call)) for name, backend in backends.items()]
    return found


def _usual_call(op: str) -> "Call":
    """Return a training step of a size that many have."""
    import torch

    from ostinato.kernels.dispatch import Call

    return Call(
        op=op,
        steps=8,
        batch=4,
        rows=32,
        input_size=16,
        hidden_size=16,
        projection=0,
        directions=1,
        bias=True,
        dtype=torch.float32,
        device=torch.device("cpu"),
        derivatives=2,
        resets=False,
    )


def _backend(op: str, name: str, why_not: str | None, detail: str | None = None) -> dict[str, str | None]:
    return {"op": op, "backend": name, "why_not": why_not, "detail": detail}


def backend_table(rows: list[dict[str, str | None]]) -> str:
    """Return the backends as text for the terminal."""
    from ostinato.answers.plain import table

    cells = [[str(row["op"]), str(row["backend"]), _state(row)] for row in rows]
    return table(["op", "backend", "state"], cells, texts=3)


def _state(row: dict[str, str | None]) -> str:
    if row["why_not"] is not None:
        return row["why_not"]
    return "runs here" if row["detail"] is None else f"runs here: {row['detail']}"
