"""Forecasting: the next steps of series, from windows of their past."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato import checks
from ostinato.checks import given
from ostinato.data.sampler import random_of
from ostinato.errors import DataError, DivergedError
from ostinato.nn.network import Network
from ostinato.preprocess.pack import Integers
from ostinato.preprocess.ridge import Linear
from ostinato.preprocess.windows import Laid, Window, WindowPreprocessor
from ostinato.read.panel import Panel
from ostinato.runtime.encoder_decoder import network_of
from ostinato.runtime.forecasting import Teller
from ostinato.spec import network as spec
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.model import ForecastModel, Model
from ostinato.spec.record import TrainingRecord
from ostinato.spec.windows import Outlook, Windows
from ostinato.tasks.base import Batch, Carried, Loss, Part, Probe, Problem, StagePlan, Task, moved
from ostinato.tasks.defaults import where_open
from ostinato.tasks.forecast_calibration import Told, calibration
from ostinato.tasks.forecast_checks import check, check_alike, outlook_of
from ostinato.tasks.forecast_defaults import bounds, describe, fill, usual_intervals
from ostinato.tasks.forecast_linear import fit_linear
from ostinato.tasks.forecast_loss import Answers, losses, point
from ostinato.tasks.forecast_network import LINEAR, network

METRICS = {"loss": False, "mae": False, "mse": False}
"""What progress can be measured by, and whether more is better; the last two in spreads of the series."""

MOST_VALID = 4_096
"""So many windows, evenly spread, are validated on at most."""

AT_ONCE = 512
"""Windows that are validated on at once."""

PROBED = 8
"""Windows that gradient flow is measured on."""


class Places(NamedTuple):
    """Windows by the numbers of their series and the last row that is known, (N,) each."""

    series: Integers
    origins: Integers

    def take(self, indices: Any) -> "Places":
        """Return the windows at these positions."""
        return Places(self.series[indices], self.origins[indices])


@dataclass
class ForecastProblem(Problem):
    """Windows of series, what follows of which is told.

    Args:
        train, valid: where windows are cut from; of ``valid``, None where nothing is held out.
        places, held: which windows train and validate.
        outlook: what the network says.
        beginning: the linear model of the context, or None where there are too few whole windows.
        options: resolved.
    """

    network: spec.Network
    preprocessor: WindowPreprocessor
    train: Laid
    valid: Laid | None
    places: Places
    held: Places | None
    outlook: Outlook
    beginning: Linear | None
    options: ForecastOptions
    labels: None = None
    unknown_rate: None = None
    unit: str = "windows"

    def __post_init__(self) -> None:
        self.metric = given("metric", self.options.training.metric)
        self.maximize = METRICS[self.metric]
        self._spreads = self.train.spreads()

    @property
    def spec(self) -> Windows:
        """Return how windows are read."""
        return self.preprocessor.spec

    @property
    def size(self) -> int:
        """Return how many windows an epoch has."""
        return min(len(self.places.series), given("windows", self.options.training.windows))

    @property
    def steps(self) -> int:
        """Return the number of rows of all training series."""
        return int(self.train.lengths.sum())

    @property
    def validated(self) -> bool:
        """Return whether there is a validation part."""
        return self.held is not None

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-self.size // given("batch_size", self.options.training.batch_size))

    def epoch(self, number: int) -> list[Batch]:
        """Return an epoch's batches: windows drawn by its number and the seed."""
        random = random_of(self.options.training.seed, number)
        drawn = random.permutation(len(self.places.series))[: self.size]
        cut = np.array_split(drawn, self.steps_per_epoch)
        return [Batch(len(indices), self._named(indices), indices) for indices in cut]

    def begin(self, network: Network) -> None:
        """Have the network say nothing beside what the linear model does, which is not trained."""
        head = network.get_submodule("head")
        for weight in head.parameters():
            torch.nn.init.zeros_(weight)
        reader = network if network.encoder is None else network.encoder
        branch = reader.get_submodule(f"{LINEAR}.convolution").requires_grad_(False)
        weight, bias = branch.get_parameter("weight"), branch.get_parameter("bias")
        torch.nn.init.zeros_(weight)
        torch.nn.init.zeros_(bias)
        if self.beginning is not None:
            taps = self.beginning.weight.T.reshape(weight.shape[0], self.spec.segments, -1)
            with torch.no_grad():
                weight.copy_(torch.from_numpy(taps.swapaxes(1, 2).astype(np.float32)))
                bias.copy_(torch.from_numpy(self.beginning.bias.astype(np.float32)))

    def loss(self, network: Network, batch: Batch, carried: Carried) -> Loss:
        """Return the summed loss of a batch of windows."""
        places = self.places.take(batch.content)
        raw, answers = self._said(network, self.train, places)
        lost, there = losses(self.outlook, self.options.training.loss, raw, answers)
        return Loss(lost.sum(), max(1.0, float(there.sum())), {})

    def validate(self, network: Network) -> Mapping[str, float]:
        """Return the loss, and the errors in spreads of the series; nothing where nothing is held out."""
        if self.valid is None or self.held is None:
            return {}
        sums = np.zeros(4)
        for first in range(0, len(self.held.series), AT_ONCE):
            places = self.held.take(slice(first, first + AT_ONCE))
            raw, answers = self._said(network, self.valid, places)
            lost, there = losses(self.outlook, self.options.training.loss, raw, answers)
            error = torch.where(there, point(self.outlook, raw) - answers.scaled, 0.0) * answers.weight
            found = (lost.sum(), error.abs().sum(), error.square().sum(), there.sum())
            sums += [float(one) for one in found]
        if not np.isfinite(sums).all():
            raise DivergedError("the validation loss is not finite")
        return dict(zip(("loss", "mae", "mse"), (sums[:3] / sums[3]).tolist(), strict=True))

    def probe(self) -> Probe | None:
        """Return a few windows, evenly spread, and the loss of the first step ahead; of seq2seq, nothing."""
        if self.network.encoder is not None:
            return None
        chosen = np.linspace(0, len(self.places.series) - 1, PROBED).astype(int)
        places = self.places.take(chosen)
        window = self.train.window(*places)
        ahead = (self.train.targets(*places, 1)[:, 0] - window.level) / window.scale
        targets = torch.from_numpy(np.nan_to_num(ahead).astype(np.float32))
        device = self.options.training.device
        return Probe(moved(_packed(window.steps), device), targets.to(device), self._first_loss)

    def raw(self, network: Network, laid: Laid, places: Places) -> tuple[Tensor, Window]:
        """Return what the network says of windows, (R + 1, B, h, C, P), and the windows."""
        spec = self.spec
        window = laid.window(*places, further=spec.rounds - 1)
        steps = _packed(window.steps)
        on = self.options.training.device
        reader = network if network.encoder is None else network.encoder
        if network.encoder is None:
            said = network(moved(steps, on)).data
            said = said.view(len(window.steps), len(places.series), -1)[spec.segments - 1 :]
        else:
            memory = network.remember(moved(steps, on))
            ahead = _packed(laid.ahead(*places, window))
            rows = network(moved(ahead, on), memory).data.view(spec.horizon, len(places.series), -1)
            said = rows.swapaxes(0, 1)[None]
        said = said.reshape(*window.levels.shape[:2], spec.said, spec.width, -1)
        if self.options.network.linear:
            linear = _linear(reader, torch.from_numpy(window.steps).to(on), spec.segments)
            said = _onto(self.outlook, said, linear.view(*said.shape[:-1], 1))
        return said, window

    def _said(self, network: Network, laid: Laid, places: Places) -> tuple[Tensor, Answers]:
        spec = self.spec
        raw, window = self.raw(network, laid, places)
        steps = spec.rounds * spec.said
        shape = (len(places.series), spec.rounds, spec.said, spec.width)
        truth = laid.targets(*places, steps).reshape(shape).swapaxes(0, 1)
        level, scale = window.levels[:, :, None], window.scale[:, None]
        arrays = (
            truth,
            (truth - level) / scale,
            level,
            scale,
            (window.scale / self._spreads[places.series])[:, None],
        )
        device = self.options.training.device
        made = [torch.from_numpy(np.ascontiguousarray(one, np.float32)).to(device) for one in arrays]
        return raw, Answers(*made)

    def _first_loss(self, rows: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the squared error of the first step ahead, from what is said after all steps."""
        last = rows[-len(targets) :].view(*targets.shape[:1], self.spec.said, self.spec.width, -1)
        return (last[:, 0, :, 0] - targets).square().sum(), rows.new_tensor(targets.numel())

    def _named(self, indices: Integers) -> str:
        names = [self.train.panel.ids[i] for i in dict.fromkeys(self.places.series[indices[:3]].tolist())]
        return f"windows of series {', '.join(map(checks.shown, names))} …"


class ForecastTask(Task[Panel, ForecastOptions]):
    """Network: segments, recurrent stack, head over steps ahead; beside it a linear model of the context."""

    name = "forecast"

    def resolve(self, data: Panel, options: ForecastOptions) -> ForecastOptions:
        """Return the options with everything open chosen from the data.

        Raises:
            ArgumentError: options exclude each other, or nothing is long enough for the windows.
            DataError: a target has no value.
        """
        check(data, options)
        resolved = fill(options, data)
        checks.choice("metric", resolved.training.metric, METRICS)
        return resolved

    def unsplit(self, options: ForecastOptions) -> ForecastOptions:
        """Return options that split nothing off; what intervals are made of is there all the same."""
        training = where_open(options.training, {"intervals": usual_intervals(options)})
        return super().unsplit(options).model_copy(update={"training": training})

    def plan(self, data: Panel, valid: Panel | None, options: ForecastOptions) -> list[StagePlan[Panel]]:
        """Return one stage: trained on the beginnings of all series, validated on what comes after."""
        if valid is not None:
            check_alike(data, valid)
            return [StagePlan("train", [Part(data, valid.behind(data))])]
        fraction, horizon = (
            given("valid_fraction", options.data.valid_fraction),
            given("horizon", options.data.horizon),
        )
        cut = bounds(data, fraction, horizon)
        held = data if (cut < data.lengths).any() else None
        return [StagePlan("train", [Part(data.cut(cut), held)])]

    def problem(self, train: Panel, valid: Panel | None, options: ForecastOptions) -> ForecastProblem:
        """Fit scaling and the linear model on the training part and return the problem."""
        windows = describe(train, options)
        preprocessor = WindowPreprocessor(_ended(windows, [train] if valid is None else [train, valid]))
        laid = preprocessor.lay(train)
        places = Places(*laid.places(windows.context, readable=True))
        if not len(places.series):
            raise DataError(
                f"no series has {windows.context + windows.horizon} steps with values to train on; choose a "
                "shorter context or horizon."
            )
        held_laid = None if valid is None else preprocessor.lay(valid)
        held = None if held_laid is None else _held(held_laid, laid, windows)
        if valid is not None and held is None and not options.data.valid_fraction:
            raise DataError(
                f"no series to validate on has {windows.horizon} steps behind what is trained on, with a "
                f"context of {windows.context} before them; give a file that goes on from there, or holds "
                "other series."
            )
        outlook = outlook_of(options.training, held is not None)
        return ForecastProblem(
            network=network(windows, outlook, options.network),
            preprocessor=preprocessor,
            train=laid,
            valid=held_laid if held is not None else None,
            places=places,
            held=held,
            outlook=outlook,
            beginning=fit_linear(laid, *places),
            options=options,
        )

    def model(
        self, data: Panel, problem: Problem, options: ForecastOptions, record: TrainingRecord
    ) -> ForecastModel:
        """Return everything about the trained model but its weights."""
        if not isinstance(problem, ForecastProblem):
            raise TypeError("a forecast model is made of a forecast problem")
        return ForecastModel(
            columns=data.roles,
            preprocessing=problem.spec,
            answer=problem.outlook,
            network=problem.network,
            recipe=options,
            training=record,
        )

    def completed(self, model: Model, problem: Problem, weights: Mapping[str, NDArray[Any]]) -> Model:
        """Return the model with its conformal intervals, from its errors."""
        if not isinstance(problem, ForecastProblem) or problem.outlook.intervals != "conformal":
            return model
        linear = problem.options.network.linear
        teller = Teller(problem.spec, problem.outlook, network_of(problem.network, weights), linear=linear)
        held = Told(given("valid", problem.valid), *given("held", problem.held))
        found = calibration(teller, held, Told(problem.train, *_spread(problem.places)))
        answer = problem.outlook.model_copy(update={"calibration": found})
        return model.model_copy(update={"answer": answer})


FORECAST = ForecastTask()


def _held(valid: Laid, train: Laid, windows: Windows) -> Places | None:
    """Return the windows to validate on: nothing of what they foretell was trained on."""
    ends = _ends(train.panel)
    first = [
        int((valid.panel.times(number) <= ends[name]).sum()) if name in ends else 0
        for number, name in enumerate(valid.panel.ids)
    ]
    places = Places(*valid.places(windows.context, np.array(first, np.int64), readable=True))
    if not len(places.series):
        return None
    return _spread(places)


def _spread(places: Places) -> Places:
    """Return at most ``MOST_VALID`` of some windows, evenly spread."""
    count = len(places.series)
    return places.take(np.linspace(0, count - 1, min(MOST_VALID, count)).astype(int))


def _ends(panel: Panel) -> dict[str, int]:
    """Return the time of each series' last row."""
    return {name: int(panel.times(number)[-1]) for number, name in enumerate(panel.ids)}


def _ended(windows: Windows, panels: list[Panel]) -> Windows:
    """Return the windows with the last time that each series was trained or validated on."""
    times: dict[str, int] = {}
    for panel in panels:
        times |= {name: max(end, times.get(name, end)) for name, end in _ends(panel).items()}
    ends = times if len(times) > 1 else {}
    return windows.model_copy(update={"last": max(times.values()), "ends": ends})


def _onto(outlook: Outlook, said: Tensor, linear: Tensor) -> Tensor:
    """Return what is said with the linear model's place added to every number that is a place."""
    if outlook.says == "quantiles" or said.shape[-1] == 1:
        return said + linear
    return torch.cat([said[..., :1] + linear, said[..., 1:]], dim=-1)


def _packed(steps: NDArray[np.float32]) -> PackedSequence:
    """Return steps (T, B, F) of equal length as a packed batch."""
    sizes = torch.full((len(steps),), steps.shape[1], dtype=torch.int64)
    return PackedSequence(torch.from_numpy(steps.reshape(-1, steps.shape[2])), sizes)


def _linear(reader: Network, steps: Tensor, segments: int) -> Tensor:
    """Return what the linear model says after each window of ``segments`` steps, (R + 1, B, h * C)."""
    branch = reader.get_submodule(f"{LINEAR}.convolution")
    weight, bias = branch.get_parameter("weight"), branch.get_parameter("bias")
    flat = weight.transpose(1, 2).flatten(1)
    windows = [
        steps[first : first + segments].transpose(0, 1).flatten(1)
        for first in range(len(steps) - segments + 1)
    ]
    return torch.stack([torch.nn.functional.linear(window, flat, bias) for window in windows])
