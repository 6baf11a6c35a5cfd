"""An ONNX graph in the making: values are known by their names, and nodes are added one by one."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from ostinato import checks
from ostinato.version import __version__

OPSET: Final = 17
"""The operators' version: none here needs a later one, and older programs can run the graph."""

IR_VERSION: Final = 8
"""The file format's version, which came with that opset."""

Shape = Sequence[int | str]
"""Sizes; a word stands for one that is known only when the graph runs, such as ``"batch"``."""

Attributes = Mapping[str, Any]
NONE: Final[Attributes] = MappingProxyType({})


class Graph:
    """A graph in the making.

    Args:
        outer: the graph in whose node this one stands, as the body of a loop; its values can be read here.

    Raises:
        MissingExtraError: onnx is not installed.
    """

    def __init__(self, outer: "Graph | None" = None) -> None:
        self.library = checks.extra("onnx", "onnx", "exporting to ONNX")
        self._outer = outer
        self._count: Counter[str] = Counter() if outer is None else outer._count
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, Any] = {}

    def input(self, name: str, dtype: Any, shape: Shape, about: str = "") -> str:
        """Declare an input, and return its name."""
        self._inputs[name] = self._described(name, dtype, shape, about)
        return name

    def output(self, name: str, value: str, dtype: Any, shape: Shape, about: str = "") -> None:
        """Declare an output of this name that says what the value of another name is."""
        self._add("Identity", [value], [name], NONE)
        self._outputs[name] = self._described(name, dtype, shape, about)

    def constant(self, array: ArrayLike) -> str:
        """Return the name of a constant; equal ones are kept once."""
        if self._outer is not None:
            return self._outer.constant(array)
        made = np.asarray(array, order="C")
        key = f"{made.dtype} {made.shape}".encode()
        content = repr(made.tolist()).encode() if made.dtype == object else made.tobytes()
        name = f"constant_{hashlib.sha256(key + content).hexdigest()[:24]}"
        if name not in self._constants:
            self._constants[name] = self.library.numpy_helper.from_array(made, name)
        return name

    def node(self, kind: str, inputs: Sequence[str], attributes: Attributes = NONE) -> str:
        """Add an operator with one output, and return that output's name; an input ``""`` is left out."""
        return self.nodes(kind, inputs, 1, attributes)[0]

    def nodes(
        self, kind: str, inputs: Sequence[str], outputs: int, attributes: Attributes = NONE
    ) -> list[str]:
        """Add an operator with several outputs, and return their names."""
        self._count[kind] += 1
        name = f"{kind}_{self._count[kind]}"
        made = [name if outputs == 1 else f"{name}_{number}" for number in range(outputs)]
        self._add(kind, inputs, made, attributes)
        return made

    def body(self, name: str) -> Any:
        """Return this graph as the body of a loop: an attribute of a node of the graph around it."""
        return self.library.helper.make_graph(
            self._nodes, name, [*self._inputs.values()], [*self._outputs.values()]
        )

    def model(self, name: str, about: str, metadata: Mapping[str, str]) -> Any:
        """Return the whole as a checked model; what leads to no output is left out.

        Args:
            name: the graph's.
            about: a sentence for whoever opens the file.
            metadata: facts by name.
        """
        helper = self.library.helper
        nodes = self._needed()
        read = {value for node in nodes for value in _read(node)}
        graph = helper.make_graph(
            nodes,
            name,
            [*self._inputs.values()],
            [*self._outputs.values()],
            [constant for name, constant in self._constants.items() if name in read],
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="ostinato",
            producer_version=__version__,
            doc_string=about,
        )
        helper.set_model_props(model, dict(metadata))
        self.library.checker.check_model(model, full_check=True)
        return model

    def _needed(self) -> list[Any]:
        """Return the nodes that some output depends on."""
        needed, kept = {*self._outputs}, []
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                needed |= _read(node)
                kept.append(node)
        return kept[::-1]

    def _add(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Attributes) -> None:
        node = self.library.helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes)
        self._nodes.append(node)

    def _described(self, name: str, dtype: Any, shape: Shape, about: str) -> Any:
        helper = self.library.helper
        number = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, number, list(shape), doc_string=about)


def _read(node: Any) -> set[str]:
    """Return the names of all values that a node reads, within its bodies too."""
    bodies = (attribute.g for attribute in node.attribute if attribute.g.node)
    return {*node.input}.union(*(_read(inner) for body in bodies for inner in body.node))
