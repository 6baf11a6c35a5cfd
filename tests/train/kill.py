"""Train, killed by SIGKILL at random moments and resumed each time; print the kills and the runs.

The first run is never killed. Children are forked, so that none has to import torch anew.
"""

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np

from ostinato.answers.classify import scores
from ostinato.tasks.classify import CLASSIFY
from ostinato.train import fit as module
from train import toy

KILLS = 20


def child(out):
    """Train or resume in a forked process and return its number."""
    number = os.fork()
    if number:
        return number
    try:
        options = toy.options(data={"folds": 2}, epochs=4, schedule="plateau")
        module.fit(CLASSIFY, toy.sequences(), options, out=out, resume=True, checkpoint_seconds=0.0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def trained(out, generator, seconds):
    """Kill and resume until the model is there; return the number of kills."""
    kills = 0
    while True:
        number = child(out)
        time.sleep(generator.uniform(0.0, seconds))
        if seconds:
            os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status):
                raise SystemExit(1)
            return kills
        kills += 1
        seconds *= 1.1  # so that it ends however slow the machine is


def main(directory):
    module.write_training_html = lambda model, path, name: path.write_text("report")
    scores(np.array([[0.5, 0.5]]), np.array([0]), ("a", "b"))  # so that children need not import its library
    generator = random.Random()
    trained(directory / "model0", generator, 0.0)
    kills, runs = 0, 1
    while kills < KILLS:
        kills += trained(directory / f"model{runs}", generator, 0.4)
        runs += 1
    print(kills, runs)


main(Path(sys.argv[1]))
