"""What the HTML pages of all tasks have in common: their frame, the model in words, how it learned."""

from typing import Any

from ostinato import checks
from ostinato.answers.plain import plain
from ostinato.evaluate import charts, words
from ostinato.evaluate.gradient_flow import verdict
from ostinato.spec.model import Model


def rendered(template: str, **values: Any) -> str:
    """Return a template of the package filled with values; texts are escaped, charts are our own SVG."""
    jinja = checks.extra("jinja2", "report", "an HTML report")
    markup = checks.extra("markupsafe", "report", "an HTML report").Markup
    environment = jinja.Environment(
        loader=jinja.PackageLoader("ostinato.evaluate"),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    environment.filters["chart"] = markup  # our own SVG, in which svg.py has escaped every user's text
    return str(environment.get_template(template).render(values))


def about(model: Model, name: str) -> dict[str, Any]:
    """Return what every report says of its model."""
    return {
        "model": model,
        "name": name,
        "task": words.task(model),
        "unit": words.unit(model),
        "network": words.network(model),
        "recipe": words.recipe(model),
        "facts": words.facts(model),
        "versions": model.training.versions,
    }


def training_charts(model: Model) -> dict[str, Any]:
    """Return the charts of how the weights were found; None where there is nothing to draw."""
    training = model.training
    flow = verdict(training.gradient_flow)
    judged = any(row.valid_metric is not None for row in training.history)
    return {
        "loss": charts.loss_curves(training) if training.history else None,
        "metric": charts.metric_curves(training) if judged else None,
        "flow": charts.gradient_flow(training.gradient_flow, flow) if training.gradient_flow else None,
        "verdict": flow,
    }
