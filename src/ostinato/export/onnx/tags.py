"""The best tags of a sentence in ONNX: Viterbi's algorithm, a loop forwards and one back."""

from collections.abc import Mapping

import numpy as np

from ostinato.decode import iob
from ostinato.decode.viterbi import Transitions
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.parts import States, Steps, cast, column, places, there, unsqueeze
from ostinato.runtime.base import Array
from ostinato.spec.model import TagModel
from ostinato.spec.network import Crf

WIDE = np.float64


def best_tags(
    graph: Graph, model: TagModel, tensors: Mapping[str, Array], steps: Steps, states: States
) -> str:
    """Return the numbers of the best tags, (T, B), under the chain and the mask of the tags' scheme.

        best_t[j] = e_t[j] + max_i (best_(t-1)[i] + transitions[i, j])

    They are the last T of the best tags of all steps so far: a stream keeps ``tags.best`` (B, C), less the
    highest of them, and ``tags.count`` (B, 1), its steps.
    """
    chain = transitions(model, tensors)
    if chain is None:
        return graph.node("ArgMax", [steps.value], {"axis": -1, "keepdims": 0})
    labels = len(model.answer.labels)
    begun = states.begin("tags.best", (labels,), WIDE), states.begin("tags.count", (1,), np.int64)
    best, came_from = _forwards(graph, chain, steps, *begun)
    highest = graph.node("ReduceMax", [best], {"axes": [1], "keepdims": 1})
    states.keep("tags.best", graph.node("Sub", [best, highest]))
    states.keep("tags.count", graph.node("Add", [begun[1], column(graph, steps.lengths)]))
    ending = graph.node("Add", [best, graph.constant(np.asarray(chain.end, WIDE))])
    last = graph.node("ArgMax", [ending], {"axis": 1, "keepdims": 1})
    return _back(graph, last, came_from, labels)


def transitions(model: TagModel, tensors: Mapping[str, Array]) -> Transitions | None:
    """Return what is added to the scores of tags; None where every tag stands for itself."""
    labels, scheme = model.answer.labels, model.answer.scheme
    chain = next((op.name for op in model.network.ops if isinstance(op, Crf)), None)
    if chain is None and scheme == "none":
        return None
    count = len(labels)
    free = Transitions(np.zeros((count, count)), np.zeros(count), np.zeros(count))
    if chain is not None:
        free = Transitions(*(tensors[f"{chain}.{part}"] for part in ("transitions", "start", "end")))
    return free if scheme == "none" else free.masked(iob.allowed(labels, scheme))


def _forwards(graph: Graph, chain: Transitions, steps: Steps, best: str, count: str) -> tuple[str, str]:
    """Return the best scores by their last tag, (B, C), and each step's best tag before, (T, B, C).

    Behind a sequence's end, and at a stream's first step, each tag has come from itself.
    """
    labels, inside = len(chain.start), there(graph, steps)
    at = graph.node("Add", [unsqueeze(graph, places(graph, steps), 2), unsqueeze(graph, count, 0)])
    first = graph.node("Equal", [at, graph.constant(np.int64(0))])
    given = [best, cast(graph, steps.value, WIDE), inside, first]
    body = _step(graph, chain, labels)
    after, came_from = graph.nodes("Scan", given, 2, {"num_scan_inputs": 3, "body": body})
    return after, came_from


def _step(outer: Graph, chain: Transitions, labels: int) -> object:
    """Return the body of the loop forwards: (best, scores, inside, first) to (best, came from)."""
    graph = Graph(outer)
    best = graph.input("best", WIDE, ("batch", labels))
    scores = graph.input("scores_here", WIDE, ("batch", labels))
    inside = graph.input("inside", bool, ("batch", 1))
    first = graph.input("first", bool, ("batch", 1))
    between, start = (graph.constant(np.asarray(part, WIDE)) for part in (chain.between, chain.start))
    through = graph.node("Add", [unsqueeze(graph, best, 2), between])
    onward = graph.node("ReduceMax", [through], {"axes": [1], "keepdims": 0})
    entered = graph.node("Add", [graph.node("Where", [first, start, onward]), scores])
    graph.output("best_after", graph.node("Where", [inside, entered, best]), WIDE, ("batch", labels))
    came = graph.node("ArgMax", [through], {"axis": 1, "keepdims": 0})
    moves = graph.node("And", [inside, graph.node("Not", [first])])
    itself = graph.constant(np.arange(labels, dtype=np.int64))
    graph.output("came_from", graph.node("Where", [moves, came, itself]), np.int64, ("batch", labels))
    return graph.body("viterbi_forwards")


def _back(graph: Graph, last: str, came_from: str, labels: int) -> str:
    """Return the tags (T, B) that lead to each sequence's last one, (B, 1)."""
    inner = Graph(graph)
    tag = inner.input("tag", np.int64, ("batch", 1))
    before = inner.input("before", np.int64, ("batch", labels))
    inner.output(
        "tag_before", inner.node("GatherElements", [before, tag], {"axis": 1}), np.int64, ("batch", 1)
    )
    inner.output(
        "tag_here", inner.node("Squeeze", [tag, inner.constant(np.array([1]))]), np.int64, ("batch",)
    )
    reverse = {"scan_input_directions": [1], "scan_output_directions": [1]}
    attributes = {"num_scan_inputs": 1, "body": inner.body("viterbi_back")} | reverse
    return graph.nodes("Scan", [last, came_from], 2, attributes)[1]
