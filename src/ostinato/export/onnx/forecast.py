"""The graph of a forecasting model that says all steps ahead at once: contexts in, forecasts out."""

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from ostinato.answers.outlook import levels
from ostinato.export.onnx.graph import Graph, Shape
from ostinato.export.onnx.network import emit
from ostinato.export.onnx.parts import States, Steps, Value, cast, concat, cut, numbers, unsqueeze
from ostinato.export.onnx.windows import LAST, Window, window
from ostinato.runtime.base import Array
from ostinato.runtime.forecasting import LINEAR
from ostinato.spec.model import ForecastModel
from ostinato.spec.windows import Outlook

WIDE = np.float64


def why_not(model: ForecastModel) -> str | None:
    """Return why a model has no graph, or None if it has one."""
    if model.network.encoder is None and model.preprocessing.rounds == 1:
        return None
    return "it says its steps ahead one after the other; train with --decoder direct, which says all at once"


def forecaster(model: ForecastModel, tensors: Mapping[str, Array]) -> tuple[Graph, States]:
    """Return a model's graph, which keeps nothing between two calls: a context tells its own scale.

    Args:
        model: as data, of which ``why_not`` says nothing.
        tensors: its weights.
    """
    graph = Graph()
    read = window(graph, model.preprocessing)
    states = States(graph, read.steps.lengths, kept=False)
    said = emit(graph, model.network, tensors, read.steps, states)
    _declare(_Outlook(graph, model, read, said.value, said.branches[LINEAR]))
    return graph, states


def levels_of(outlook: Outlook) -> tuple[float, ...]:
    """Return the levels of the intervals that a graph says; none of distributions that ONNX cannot invert."""
    if outlook.intervals is None or outlook.says in ("student-t", "negative-binomial"):
        return ()
    if outlook.intervals == "conformal":
        return tuple(one.level for one in outlook.calibration)
    return levels(outlook)


class _Outlook:
    """What is said of each step ahead, as numbers of the series; ``answers.outlook`` has the equations."""

    def __init__(self, graph: Graph, model: ForecastModel, read: Window, said: Value, linear: Value) -> None:
        self.graph, self.spec, self.outlook = graph, model.preprocessing, model.answer
        self.level, self.scale = read.level, read.scale
        base = self._last(linear, 1)
        self.raw = self._last(said, model.answer.parameters)
        if model.recipe.network.linear:
            self.raw = self._on(base)
        self.location = self.number(0)

    def number(self, place: int) -> str:
        """Return one of the numbers as one of the series, (B, H, C)."""
        scaled = self.graph.node("Mul", [self.parameter(place), self.scale])
        return self.graph.node("Add", [scaled, self.level])

    def parameter(self, place: int) -> str:
        """Return one of the numbers as the network says it, (B, H, C)."""
        index = self.graph.constant(np.int64(place))
        return self.graph.node("Gather", [self.raw, index], {"axis": 3})

    def positive(self, place: int) -> str:
        """Return log(1 + exp(x)) of one of the numbers, (B, H, C)."""
        return _softplus(self.graph, self.parameter(place))

    def deviation(self) -> str:
        """Return the standard deviation, or what stands for it, (B, H, C)."""
        return self.graph.node("Mul", [self.positive(1), self.scale])

    def point(self) -> str:
        """Return the mean or, of quantiles, the median, (B, H, C)."""
        if self.outlook.says == "quantiles":
            return self.quantile(0.5)
        if self.outlook.says != "negative-binomial":
            return self.location
        share = _softplus(self.graph, self.graph.node("Div", [self.location, self.scale]))
        return self.graph.node("Mul", [share, self.scale])

    def sorted(self) -> str:
        """Return the quantiles in order, (B, H, C, Q)."""
        graph, count = self.graph, len(self.outlook.quantiles)
        level, scale = (unsqueeze(graph, value, 3) for value in (self.level, self.scale))
        every = graph.node("Add", [graph.node("Mul", [self.raw, scale]), level])
        rising = {"axis": 3, "largest": 0, "sorted": 1}
        return graph.nodes("TopK", [every, numbers(graph, count)], 2, rising)[0]

    def quantile(self, probability: float) -> str:
        """Return a quantile, (B, H, C)."""
        graph, known = self.graph, self.outlook.quantiles
        if self.outlook.says == "normal":
            far = graph.constant(WIDE(NormalDist().inv_cdf(probability)))
            return graph.node("Add", [self.location, graph.node("Mul", [self.deviation(), far])])
        place, every = float(np.interp(probability, known, np.arange(len(known)))), self.sorted()
        below, above = (
            graph.node("Gather", [every, graph.constant(np.int64(at))], {"axis": 3})
            for at in (math.floor(place), math.ceil(place))
        )
        between = graph.node("Sub", [above, below])
        part = graph.constant(WIDE(place - math.floor(place)))
        return graph.node("Add", [below, graph.node("Mul", [between, part])])

    def interval(self, level: float) -> tuple[str, str]:
        """Return the lower and the upper end of an interval, (B, H, C) each."""
        if self.outlook.says == "point":
            low, high = self.location, self.location
        else:
            tail = (1 - level) / 2
            low, high = self.quantile(tail), self.quantile(1 - tail)
        if self.outlook.intervals != "conformal":
            return low, high
        reach = next(one.reach for one in self.outlook.calibration if one.level == level)
        steps = self.graph.constant(np.array(reach).reshape(1, -1, self.spec.width))
        beyond = self.graph.node("Mul", [steps, self.scale])
        ends = [self.graph.node("Sub", [low, beyond]), self.graph.node("Add", [high, beyond])]
        return self.graph.node("Min", ends), self.graph.node("Max", ends)

    def natural(self, value: str) -> str:
        """Return a number of the series; of a logarithm what it is of."""
        return self.graph.node("Exp", [value]) if self.spec.log else value

    def _last(self, value: Value, parameters: int) -> str:
        """Return what is said after the last step, (B, H, C, P), in float64."""
        if not isinstance(value, Steps):
            raise TypeError("a forecasting network says something after each step")
        row = self.graph.node("Gather", [value.value, self.graph.constant(np.int64(-1))])
        shape = numbers(self.graph, 0, self.spec.said, self.spec.width, parameters)
        return self.graph.node("Reshape", [cast(self.graph, row, WIDE), shape])

    def _on(self, base: str) -> str:
        """Return the numbers on what the linear model says: those that say a place."""
        if self.outlook.parameters == 1 or self.outlook.says == "quantiles":
            return self.graph.node("Add", [self.raw, base])
        place = self.graph.node("Add", [cut(self.graph, self.raw, 3, 0, 1), base])
        return concat(self.graph, [place, cut(self.graph, self.raw, 3, 1, LAST)], 3)


def _softplus(graph: Graph, value: str) -> str:
    """Return log(1 + exp(x)), written so that no exp overflows; onnxruntime has no Softplus of float64."""
    small = graph.node("Exp", [graph.node("Neg", [graph.node("Abs", [value])])])
    left = graph.node("Log", [graph.node("Add", [graph.constant(WIDE(1)), small])])
    return graph.node("Add", [graph.node("Max", [value, graph.constant(WIDE(0))]), left])


def _declare(said: _Outlook) -> None:
    """Declare the point and whatever else the model says of each step ahead."""
    _output(said, "point", said.natural(said.point()), (), "the mean or the median of each step ahead")
    outlook = said.outlook
    if outlook.says == "quantiles":
        count = len(outlook.quantiles)
        _output(said, "quantiles", said.natural(said.sorted()), (count,), "those that the metadata names")
    if outlook.says in ("normal", "student-t"):
        of = " of the logarithms" if said.spec.log else ""
        _output(said, "deviation", said.deviation(), (), f"the scale of the distribution{of}")
    if outlook.says == "student-t":
        two = said.graph.constant(WIDE(2))
        freedom = said.graph.node("Add", [said.positive(2), two])
        _output(said, "freedom", freedom, (), "degrees of freedom")
    if outlook.says == "negative-binomial":
        _output(said, "dispersion", said.positive(1), (), "a, of the variance m + a m^2")
    if told := levels_of(outlook):
        ends = [unsqueeze(said.graph, said.natural(end), 3) for level in told for end in said.interval(level)]
        pairs = numbers(said.graph, 0, 0, 0, len(told), 2)
        every = said.graph.node("Reshape", [concat(said.graph, ends, 3), pairs])
        _output(said, "intervals", every, (len(told), 2), "ends of each level that the metadata names")


def _output(said: _Outlook, name: str, value: str, row: tuple[int, ...], about: str) -> None:
    shape: Shape = ("batch", said.spec.said, said.spec.width, *row)
    said.graph.output(name, value, WIDE, shape, about)
