"""The evaluation of a forecasting model: what its JSON, its table and its report show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ostinato.answers.forecast import SIMPLE, Backtest, Errors
from ostinato.answers.outlook import Numbers
from ostinato.answers.plain import plain, table
from ostinato.evaluate import forecast_charts as charts
from ostinato.evaluate.pages import about, rendered, training_charts
from ostinato.spec.model import ForecastModel

TITLES = {"mae": "MAE", "rmse": "RMSE", "mse": "MSE", "smape": "sMAPE", "mase": "MASE"}


@dataclass(frozen=True)
class Example:
    """One window of a backtest.

    Args:
        name: of the series, the target, or both.
        origin: the time of the last value that was known.
        history: (S,) the values up to then.
        truth, forecast: (H,) what came, and what was said.
        bands: by level, the ends of the interval, (H,) each.
    """

    name: str
    origin: str
    history: Numbers
    truth: Numbers
    forecast: Numbers
    bands: dict[float, tuple[Numbers, Numbers]]


@dataclass(frozen=True)
class ForecastEvaluation:
    """A forecasting model judged by a backtest.

    Args:
        model: what was evaluated, with its training record.
        name, source: the model's and the data's name.
        backtest: its forecasts beside what came.
        examples: a few windows; none where none were asked for.
    """

    model: ForecastModel
    name: str
    source: str
    backtest: Backtest
    examples: Sequence[Example] = ()

    def to_dict(self) -> dict[str, object]:
        """Return everything that JSON can hold."""
        found = self.backtest
        errors = found.errors()
        return {
            "model": self.name,
            "data": self.source,
            "windows": len(found.series),
            "scores": errors["model"].named() | {"quantile_loss": found.quantile_loss()},
            "coverage": {f"{level:g}": share for level, share in found.coverage().items()},
            "width": {f"{level:g}": width for level, width in found.width().items()},
            "simple": {name: errors[name].named() for name in SIMPLE},
            "mae_by_step": {name: steps.tolist() for name, steps in found.by_step().items()},
            "verdict": found.verdict(),
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_table(self) -> str:
        """Return the errors for a terminal, the model's and those of simple methods, and the verdict."""
        found = self.backtest
        lines = [f"{plain(self.name)} on {plain(self.source)}, {len(found.series):,} windows", ""]
        lines += table(["", *TITLES.values()], self.rows(), texts=1).splitlines()
        lines += [""] + [f"  {title:<26}{value}" for title, value in self.facts()]
        return "\n".join([*lines, "", found.verdict()]) + "\n"

    def rows(self) -> list[list[str]]:
        """Return the errors of the model and of simple methods, a row each, as they are shown."""
        return [[name, *_shown(errors)] for name, errors in self.backtest.errors().items()]

    def facts(self) -> list[tuple[str, str]]:
        """Return what else was measured, each with its name."""
        found = self.backtest
        loss = found.quantile_loss()
        facts = [] if loss is None else [("quantile loss", f"{loss:.4g}")]
        width = found.width()
        for level, share in found.coverage().items():
            facts.append((f"inside the {level:.0%} interval", f"{share:.1%} (width {width[level]:.4g})"))
        return facts


def to_html(evaluation: ForecastEvaluation) -> str:
    """Return an evaluation's report; the same evaluation gives the same text."""
    model, found = evaluation.model, evaluation.backtest
    return rendered(
        "forecast.html",
        **about(model, evaluation.name),
        **training_charts(model),
        source=evaluation.source,
        windows=len(found.series),
        horizon=model.preprocessing.horizon,
        verdict_line=found.verdict(),
        tiles=_tiles(evaluation),
        titles=list(TITLES.values()),
        rows=evaluation.rows(),
        by_step=charts.by_step(found.by_step()),
        coverage=[[f"{level:.0%}", f"{share:.1%}", f"{found.width()[level]:.4g}"]
                  for level, share in found.coverage().items()],
        examples=[
            (one.name, one.origin, charts.window(one, f"window{number}"))
            for number, one in enumerate(evaluation.examples)
        ],
    )  # fmt: skip


def _tiles(evaluation: ForecastEvaluation) -> list[tuple[str, str, str]]:
    found = evaluation.backtest
    errors = found.errors()
    own = errors.pop("model")
    best = min(errors, key=lambda name: errors[name].mae)
    tiles = [("MAE", f"{own.mae:.4g}", f"{best}: {errors[best].mae:.4g}"), ("RMSE", f"{own.rmse:.4g}", "")]
    tiles += [("sMAPE", f"{own.smape:.2f} %", "")]
    tiles += [] if own.mase is None else [("MASE", f"{own.mase:.3f}", "1: seasonal naive in the history")]
    for level, share in found.coverage().items():
        tiles.append((f"Inside {level:.0%}", f"{share:.1%}", f"wanted {level:.0%}"))
    return tiles


def _shown(errors: Errors) -> list[str]:
    values = errors.named()
    return ["undefined" if values[name] is None else f"{values[name]:.4g}" for name in TITLES]
