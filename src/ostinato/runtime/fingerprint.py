"""What tells a model from all others: a hash of all that its answers depend on."""

import hashlib
import json
from collections.abc import Mapping

import numpy as np

from ostinato.runtime.base import Array
from ostinato.spec.model import Model

ANSWERS = {"task", "preprocessing", "network", "answer", "sentence"}
"""The fields of a model's spec that its answers depend on; how it was trained is none of them."""


def fingerprint(spec: Model, tensors: Mapping[str, Array], tokenizer_json: bytes | None) -> bytes:
    """Return the SHA-256 of a model's spec, vocabulary and weights, 32 bytes.

    Options that have their default do not count, so that one that a later version adds changes nothing.

    Args:
        spec: everything about the model but its weights.
        tensors: its weights by name.
        tokenizer_json: its vocabulary, if it has one.
    """
    described = spec.model_dump(mode="json", include=ANSWERS, exclude_defaults=True)
    whole = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    whole.update(hashlib.sha256(tokenizer_json or b"").digest())
    for name, array in sorted(tensors.items()):
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        whole.update(f"{name} {little.dtype.str} {little.shape}".encode())
        whole.update(little.reshape(-1).data)
    return whole.digest()


def marked(*parts: bytes) -> bytes:
    """Return 32 bytes that stand for all of these; for one alone, itself."""
    if len(parts) == 1:
        return parts[0]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.digest()
