"""The recurrent op that looks back before every step, in ONNX: one step."""

from ostinato.export.onnx.attention import additive_worth, look
from ostinato.export.onnx.parts import Place, Steps, concat, linear, transpose
from ostinato.export.onnx.recurrent import CELLS, run
from ostinato.spec.network import AttentiveRecurrent as Spec


def attentive_recurrent(place: Place, op: Spec, flow: Steps) -> Steps:
    """One step (1, B, I) of a recurrent layer whose input holds what it sees of the memory, to (1, B, H + M).

    What it sees depends on its state, so that several steps are several calls. A stream keeps ``h`` and, for
    an LSTM, ``c``: (B, 1, H).
    """
    graph, memory, names = place.graph, place.looked_at(), CELLS[op.cell].states
    before = [place.begin(name, (1, op.hidden_size)) for name in names]
    query = linear(graph, before[0], place.weights["query.weight"])
    worth = additive_worth(graph, query, memory.keys[op.name], place.weights["vector"])
    seen, share = look(graph, memory, worth)
    place.attention.append(share)
    context = transpose(graph, seen, 1, 0, 2)
    given = flow._replace(value=concat(graph, [flow.value, context], 2))
    cell = {name.removeprefix("cell."): array for name, array in place.weights.items()}
    states = [transpose(graph, state, 1, 0, 2) for state in before]
    said, ended = run(graph, op.cell, [cell], given, states)
    for name, state in zip(names, ended, strict=True):
        place.keep(name, transpose(graph, state, 1, 0, 2))
    return flow._replace(value=concat(graph, [said.value, context], 2))
