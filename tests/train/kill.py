"""Train, killed by SIGKILL at random moments and resumed each time; print what happened.

The output is the number of kills, the number of runs, and the signal that ended a run that got two.

The first run is never killed. Children are forked, so that none has to import torch anew.
"""

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from ostinato.tasks.classify import CLASSIFY
from ostinato.train import fit as module
from ostinato.train.progress import Silent
from train import toy

KILLS = 20


class Twice(Silent):
    """Sends SIGTERM and then SIGINT to this process while a step is going on."""

    def step(self, loss, sequences):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)


def child(out, report=None):
    """Train or resume in a forked process and return its number."""
    number = os.fork()
    if number:
        return number
    try:
        options = toy.options(data={"folds": 2}, epochs=4, schedule="plateau")
        arguments = {"out": out, "resume": True, "report": report, "checkpoint_seconds": 0.0}
        module.fit(CLASSIFY, toy.sequences(), options, **arguments)
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


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
    module.fit(CLASSIFY, toy.sequences(), toy.options(epochs=1))  # so that children find all modules loaded
    generator = random.Random()
    trained(directory / "model0", generator, 0.0)
    kills, runs = 0, 1
    while kills < KILLS:
        kills += trained(directory / f"model{runs}", generator, 0.25)
        runs += 1
    _, status = os.waitpid(child(directory / "twice", Twice()), 0)
    print(kills, runs, os.WTERMSIG(status))


main(Path(sys.argv[1]))
