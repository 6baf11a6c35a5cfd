"""Small series and forecasting models for tests, made in memory."""

import functools

import numpy as np

from ostinato.read.grid import parse
from ostinato.read.panel import Panel
from ostinato.runtime.encoder_decoder import network_of
from ostinato.runtime.forecast import SeriesModel
from ostinato.spec.forecast import ForecastData, ForecastNetwork, ForecastOptions, ForecastTraining
from ostinato.spec.windows import SeriesColumns
from ostinato.tasks.forecast import FORECAST
from ostinato.train.fit import fit

SEASON, HORIZON = 6, 4
START = int(np.datetime64("2024-01-01", "us").astype(np.int64))


def wave(steps, seed=0, level=10.0, spread=1.0):
    """Return a season of six steps with some noise, (T,)."""
    noise = np.random.default_rng(seed).normal(size=steps) * 0.2
    return level + spread * (np.sin(np.arange(steps) * 2 * np.pi / SEASON) + noise)


def panel(count=2, steps=80, *, targets=1, past=0, known=0, static=0, gaps=0):
    """Return hourly series of several scales; ``gaps`` values of each first target are missing."""
    values = []
    for number in range(count):
        columns = [wave(steps, seed=10 * number + place, spread=3.0**number) for place in range(targets)]
        random = np.random.default_rng(100 + number)
        columns += [random.normal(size=steps) for _ in range(past + known)]
        rows = np.stack(columns, axis=1)
        if known:
            rows[:, 0] += rows[:, -1]
        rows[random.permutation(steps)[:gaps], 0] = np.nan
        values.append(rows)
    return Panel(
        ids=[f"s{number}" for number in range(count)],
        starts=np.full(count, START),
        values=values,
        roles=SeriesColumns(
            series="id",
            time="time",
            targets=tuple(f"y{place}" for place in range(targets)),
            past=tuple(f"p{place}" for place in range(past)),
            known=tuple(f"k{place}" for place in range(known)),
            static=tuple(f"d{place}" for place in range(static)),
        ),
        frequency=parse("h"),
        static=[tuple(str(number % 2) for _ in range(static)) for number in range(count)] if static else [],
    )


def options(*, network=None, training=None, **data):
    """Return the options of a tiny model that trains in a second."""
    return ForecastOptions(
        data=ForecastData(**({"horizon": HORIZON, "season": SEASON, "context": 12} | data)),
        network=ForecastNetwork(**({"hidden_size": 6, "layers": 1, "dropout": 0.0} | (network or {}))),
        training=ForecastTraining(
            **({"epochs": 2, "batch_size": 16, "threads": 1, "learning_rate": 0.01} | (training or {}))
        ),
    )


KINDS = {
    "direct": {},
    "single steps, lstm": {"network": {"segment": 1, "cell": "lstm", "layers": 2}},
    "autoregressive": {"network": {"decoder": "autoregressive", "segment": 3}},
    "seq2seq": {"network": {"decoder": "seq2seq"}},
    "attention, no linear": {"network": {"decoder": "seq2seq", "attention": True, "linear": False}},
    "quantiles": {"training": {"quantiles": (0.1, 0.5, 0.9)}},
    "normal, autoregressive": {
        "network": {"decoder": "autoregressive", "segment": 2},
        "training": {"distribution": "normal"},
    },
    "paths": {
        "network": {"decoder": "autoregressive", "segment": 2},
        "training": {"distribution": "student-t", "intervals": "model"},
    },
    "student-t": {"training": {"distribution": "student-t"}},
    "together": {"panel": {"targets": 2}, "network": {"together": True}},
    "apart": {"panel": {"targets": 2}},
    "everything": {
        "panel": {"past": 1, "known": 2, "static": 1, "gaps": 5},
        "network": {"decoder": "seq2seq", "attention": True},
    },
    "direct with everything": {
        "panel": {"past": 1, "known": 2, "static": 1, "gaps": 5},
        "network": {"decoder": "direct"},
    },
}
"""Models of every kind, by what they are made with."""


@functools.cache
def trained(kind):
    """Return the series, and what training on them ended with."""
    given = dict(KINDS[kind])
    data = panel(**given.pop("panel", {}))
    return data, fit(FORECAST, data, options(**given))


@functools.cache
def model(kind):
    """Return the series and a model of them."""
    data, found = trained(kind)
    return data, loaded(found)


def loaded(found, kernels="auto"):
    """Return what training ended with as a model that answers."""
    network = network_of(found.model.network, found.tensors, kernels)
    return SeriesModel(found.model, network, found.preprocessor)
