"""Networks of any kind as ONNX graphs, without a task around them, for tests."""

from itertools import pairwise

import numpy as np

from ostinato.export.onnx.compare import padded
from ostinato.export.onnx.graph import Graph
from ostinato.export.onnx.inputs import read
from ostinato.export.onnx.network import emit
from ostinato.export.onnx.parts import States, Steps, after, transpose
from ostinato.export.onnx.session import Session
from ostinato.nn.network import export_tensors


def exported(network, tensors):
    """Return a network as a session with the output ``said``, and one for each of its branches."""
    graph = Graph()
    steps = read(graph, network, "x", "what the network reads")
    states = States(graph, steps.lengths, kept=network.why_not_stream() is None)
    said = emit(graph, network, tensors, steps, states)
    for name, value in {"said": said.value, **said.branches}.items():
        _declare(graph, network if name == "said" else _branch(network, name), name, value)
    if isinstance(said.value, Steps):
        graph.output("answered", said.value.lengths, np.int64, ("batch",), "of a stride not all steps")
    states.declare()
    names = ", ".join(f'"{name}": "{after(name)}"' for name in states.taken)
    return Session(graph.model("network", "", {"ostinato.states": f"{{{names}}}"}).SerializeToString())


def exported_of(in_torch):
    """Return the session of a torch network."""
    return exported(in_torch.spec, export_tensors(in_torch))


def whole(session, arrays):
    """Return the answers to sequences, by name: one array each."""
    return chunked(session, arrays, [0, max(map(len, arrays))])


def chunked(session, arrays, borders):
    """Return the same of sequences that are heard in chunks, and the states after them."""
    lengths, rows = np.array([len(array) for array in arrays]), padded(arrays)
    states, found = session.start(len(arrays)), {}
    for first, end in pairwise(borders):
        here = np.clip(lengths - first, 0, end - first)
        answers = session.run({"x": rows[:, first:end], "lengths": here} | states)
        states = session.next(answers)
        counts = answers.pop("answered", here)
        for name in session.outputs.keys() - {"answered", *session.states.values()}:
            parts = [row[:count] for row, count in zip(answers[name], counts, strict=True)]
            if session.outputs[name].shape[1:2] != ["time"]:
                found[name] = list(answers[name])
            elif name not in found:
                found[name] = parts
            else:
                pairs = zip(found[name], parts, strict=True)
                found[name] = [np.concatenate(pair) for pair in pairs]
    return found, states


def _branch(network, name):
    return next(network.branch(one) for one in network.branches if one.name == name)


def _declare(graph, network, name, value):
    size = network.flows()[-1].size
    if isinstance(value, Steps):
        turned = transpose(graph, value.value, 1, 0, 2)
        graph.output(name, turned, np.float32, ("batch", "time", size))
    else:
        graph.output(name, value, np.float32, ("batch", size))
