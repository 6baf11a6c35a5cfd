"""scikit-learn's own checks, and what sequences add to them."""

import inspect
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas
import polars
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import ostinato
from ostinato import SequenceClassifier
from ostinato.errors import ArgumentError, DataError, ModelFileError, OstinatoError

SMALL = {"hidden_size": 8, "layers": 1, "front": "none", "folds": 0, "valid_fraction": 0.0, "threads": 1}


def quick(**parameters):
    return SequenceClassifier(
        **(SMALL | {"epochs": 10, "batch_size": 16, "learning_rate": 0.02} | parameters)
    )


@parametrize_with_checks([quick()])
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)
