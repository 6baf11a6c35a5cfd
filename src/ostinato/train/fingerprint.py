"""What a run depends on: two runs with the same fingerprint give the same weights, bit for bit."""

import hashlib
import platform
from collections.abc import Iterable

import numpy as np
import torch

from ostinato.errors import ResumeError
from ostinato.read.data import Data
from ostinato.spec.base import Spec
from ostinato.spec.fields import fields, flat
from ostinato.spec.model import AnyOptions
from ostinato.version import __version__


class Fingerprint(Spec):
    """What must be the same for a run to go on.

    Args:
        task: its name.
        options: resolved, with the threads that are in use.
        data_sha256: see ``data_sha256``.
        initial_sha256: of the manifest of the model that the weights started from; None: from chance.
        versions: of what computes.
    """

    task: str
    options: AnyOptions
    data_sha256: str
    initial_sha256: str | None
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Return the versions of what computes, by name."""
    return {
        "ostinato": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def data_sha256(*parts: Data | None) -> str:
    """Return a fingerprint of all values, labels and names, in their order.

    Example:
        >>> from ostinato.read.sequences import Sequences
        >>> one = Sequences("text", ["to be"], ["a"], ["yes"])
        >>> other = Sequences("text", ["to be"], ["a"], ["no"])
        >>> data_sha256(one) == data_sha256(other), len(data_sha256(one, None))
        (False, 64)
    """
    digest = hashlib.sha256()
    for part in parts:
        for item in () if part is None else part.content():
            digest.update(len(item).to_bytes(8, "little"))
            digest.update(item)
        digest.update(b"end of part")
    return digest.hexdigest()


def require_same(saved: Fingerprint, now: Fingerprint) -> None:
    """Raise a ResumeError that lists what differs between the saved run and this one."""
    lines = [f"{name} was {before} and is now {after}" for name, before, after in _differences(saved, now)]
    if lines:
        raise ResumeError(
            f"the run cannot go on, since {'; '.join(lines)}. Pass what it was started with, or start anew "
            "with overwrite."
        )


def _differences(saved: Fingerprint, now: Fingerprint) -> Iterable[tuple[str, object, object]]:
    if saved.task != now.task:
        yield "the task", saved.task, now.task
        return
    before, after = flat(saved.options), flat(now.options)
    for name, field in fields(type(now.options)).items():
        if before[name] != after[name]:
            yield f"{field.group}.{name}", before[name], after[name]
    if saved.data_sha256 != now.data_sha256:
        yield "the data", f"sha256 {saved.data_sha256[:12]}…", f"{now.data_sha256[:12]}…"
    if saved.initial_sha256 != now.initial_sha256:
        yield "the model to start from", _short(saved.initial_sha256), _short(now.initial_sha256)
    for name in sorted({*saved.versions, *now.versions}):
        if saved.versions.get(name) != now.versions.get(name):
            yield f"the version of {name}", saved.versions.get(name), now.versions.get(name)


def _short(digest: str | None) -> str:
    return "none" if digest is None else f"sha256 {digest[:12]}…"
