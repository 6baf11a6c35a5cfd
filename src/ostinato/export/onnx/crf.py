"""The conditional random field in ONNX: it passes the scores on; ``tags`` looks for the best path."""

from ostinato.export.onnx.parts import Place, Value
from ostinato.spec.network import Crf as Spec


def crf(place: Place, op: Spec, flow: Value) -> Value:
    """Return the scores of single steps as they are.

    The state of a stream of the runtime, the best scores so far by their last label, is none here: ``tags``
    keeps its own, under the mask of the tags' scheme.
    """
    return flow
