"""The base of everything that is described as data."""

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A frozen description: strict types, no unknown keys, no NaN, nothing that could name code."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)
