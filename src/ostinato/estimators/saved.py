"""What the estimators of all tasks have in common: being fitted, and being saved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from ostinato import checks
from ostinato.estimators.errors import NotFittedError
from ostinato.estimators.parameters import parameters
from ostinato.runtime.model import Model
from ostinato.spec import model as spec
from ostinato.spec.fields import flat

_base = checks.extra("sklearn.base", "train", "an estimator")


class Estimator(_base.BaseEstimator):  # type: ignore[misc, name-defined]
    """An estimator; ``fit`` and ``load`` set ``model_``, which answers, and its weights."""

    model_: Model
    _tensors: Mapping[str, NDArray[Any]]

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the model as a directory, which the command line and ``ostinato.load`` read too.

        Raises:
            NotFittedError: there is nothing to save yet.
            ModelFileError: the place is taken, or cannot be written.
        """
        from ostinato.archive.model import save
        from ostinato.train.card import card

        self._check_is_fitted()
        model = self.model_
        tokenizer_json = model.preprocessor.tokenizer_json()
        text = card(model.spec, Path(path).name)
        save(path, model.spec, self._tensors, tokenizer_json, text, overwrite=overwrite)

    @classmethod
    def _as_trained(cls, model: spec.Model) -> Self:
        """Return an estimator, not fitted yet, whose parameters are those that a model was trained with.

        What says nothing about such data, or beside the other options, stays at its default: the estimator
        can be fitted anew.
        """
        values, kind = flat(model.recipe), model.preprocessing.kind
        known = parameters(type(model.recipe))
        made: Self = cls(
            **{
                name: values[name]
                for name, field in known.items()
                if field.fits(kind) and not field.unmet(values)
            }
        )
        return made

    def _check_is_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit or load first.")

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in vars(self)
