"""Small patients: channels measured now and then, at odd times, and a few descriptors of each."""

import numpy as np

from ostinato.read.sequences import Sequences
from ostinato.spec.preprocessing import Columns

CHANNELS = ("pulse", "lactate", "urine")
STATIC = ("age", "weight")


def patients(count=8, seed=0, *, static=True, times=True, labels=True):
    """Return patients of 3 steps or more; those who are ill have a high pulse."""
    generator = np.random.default_rng(seed)
    ill = np.arange(count) % 2 == 0
    values, clocks = [], []
    for number in range(count):
        rows = generator.normal(20, 5, (3 + number % 9, len(CHANNELS))).astype(np.float32)
        rows[:, 0] += 12 * ill[number]
        rows[generator.random(rows.shape) < 0.5] = np.nan
        rows[1, 0] = 20 + 12 * ill[number]
        values.append(rows)
        clocks.append(np.cumsum(generator.uniform(0.1, 5, len(rows))))
    described = generator.normal(50, 10, (count, len(STATIC))).astype(np.float32)
    described[1, 1] = np.nan
    return Sequences(
        "series",
        values,
        [f"p{number}" for number in range(count)],
        ["ill" if one else "well" for one in ill] if labels else None,
        CHANNELS,
        columns=Columns(inputs=CHANNELS, static=STATIC if static else (), missing=True),
        times=clocks if times else None,
        static=described if static else None,
    )


def engines(count=8, seed=0, *, per_step=True):
    """Return engines whose wear tells how many steps are left, or how many there are in all."""
    generator = np.random.default_rng(seed)
    values, targets = [], []
    for number in range(count):
        life = 4 + 2 * (number % 6)
        left = np.arange(life - 1, -1, -1.0)
        wear = 1 - left / 16
        rows = np.stack([wear, wear**2, generator.normal(size=life) / 20], axis=1)
        values.append(rows.astype(np.float32))
        targets.append(left if per_step else np.array([float(life)]))
    return Sequences(
        "series",
        values,
        [f"u{number}" for number in range(count)],
        channels=("wear", "power", "noise"),
        columns=Columns(inputs=("wear", "power", "noise"), target="left", per_step=per_step),
        targets=targets,
    )
