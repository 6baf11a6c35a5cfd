"""Options of forecasting that exclude each other, and targets that cannot be foretold."""

import numpy as np

from ostinato import checks
from ostinato.errors import ArgumentError, DataError
from ostinato.read import grid
from ostinato.read.panel import Panel
from ostinato.spec.forecast import ForecastOptions, ForecastTraining
from ostinato.spec.windows import Outlook


def outlook_of(training: ForecastTraining, validated: bool) -> Outlook:
    """Return what a model says of each step; refuse intervals that nothing tells the size of."""
    intervals = training.intervals
    if intervals == "conformal" and not validated:
        raise ArgumentError(
            "intervals is 'conformal', and nothing is held out to measure errors on; give a valid_fraction, "
            "or a longer series."
        )
    if training.quantiles is not None:
        return Outlook(says="quantiles", quantiles=tuple(sorted(training.quantiles)), intervals=intervals)
    if training.distribution is not None:
        return Outlook(says=training.distribution, intervals=intervals)
    return Outlook(says="point", intervals=intervals)


def check_alike(data: Panel, valid: Panel) -> None:
    """Refuse series to validate on whose columns or step of time are not those of training."""
    for what, mine, other in (
        ("the columns", data.columns() + data.roles.static, valid.columns() + valid.roles.static),
        ("steps of", (grid.written(data.frequency),), (grid.written(valid.frequency),)),
    ):
        if mine != other:
            told = [", ".join(map(checks.shown, names)) for names in (other, mine)]
            raise DataError(f"what validates has {what} {told[0]}; what is trained on has {told[1]}.")


def check(data: Panel, options: ForecastOptions) -> None:
    """Refuse options that exclude each other, and targets that cannot be foretold."""
    training, network = options.training, options.network
    if options.data.horizon is None:
        raise ArgumentError("horizon is missing; say how many steps to foretell (--horizon).")
    if training.quantiles is not None and training.distribution is not None:
        raise ArgumentError("quantiles and distribution are both given; a model says one of the two.")
    if training.quantiles is not None and 0.5 not in training.quantiles:
        raise ArgumentError(f"quantiles are {training.quantiles}; expected 0.5, the median, among them.")
    if training.intervals == "model" and training.quantiles is None and training.distribution is None:
        raise ArgumentError(
            "intervals is 'model', and the model says points; give quantiles or a distribution, or take "
            "conformal intervals."
        )
    rolled = network.decoder == "autoregressive" and options.data.horizon > (network.segment or 0)
    if training.intervals == "model" and rolled and training.quantiles is not None:
        raise ArgumentError(
            "intervals is 'model', the decoder 'autoregressive' and the model says quantiles, of which no "
            "paths can be drawn; give a distribution, or take conformal intervals."
        )
    if training.distribution == "negative-binomial" and options.data.transform == "log":
        raise ArgumentError("transform is 'log' and the distribution one of counts; leave one of the two.")
    if network.attention and network.decoder not in (None, "seq2seq"):
        raise ArgumentError(f"attention is for the decoder 'seq2seq'; the decoder is {network.decoder!r}.")
    for place, name in enumerate(data.targets):
        rows = np.concatenate([values[:, place] for values in data.values])
        known = rows[np.isfinite(rows)]
        if not len(known):
            raise DataError(f"column {checks.shown(name)} has no value at all; leave it out of the targets.")
        if training.distribution == "negative-binomial" and ((known < 0) | (known != known.round())).any():
            raise DataError(
                f"column {checks.shown(name)} holds {known[(known < 0) | (known != known.round())][0]:g}; a "
                "negative-binomial model is for counts: 0, 1, 2 …"
            )
