"""Small models behind a server, and what asks them, for tests."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import numpy as np

import language_models
import model_files
from ostinato.archive import model as archive
from ostinato.preprocess.series import SeriesPreprocessor
from ostinato.runtime import Classifier
from ostinato.runtime.network import Network
from ostinato.serve.limits import Limits
from ostinato.serve.streams.asks import Ask
from ostinato.serve.streams.population import Population
from ostinato.serve.streams.store import NoStore
from ostinato.serve.streams.versions import Version
from ostinato.serve.tensors import Tensor

CHANNELS = 3


def series_model(scale=1.0):
    """Return a classifier of three channels with weights that differ everywhere."""
    spec = model_files.SERIES
    tensors = {name: array * np.float32(scale) for name, array in model_files.weights(spec).items()}
    return Classifier(spec, Network(spec.network, tensors), SeriesPreprocessor(spec.preprocessing))


def saved(place, model):
    """Write a model directory, and return it."""
    tokenizer = model.preprocessor.tokenizer_json()
    archive.save(
        place, model.spec, model.network.tensors, tokenizer, model_files.CARD, overwrite=place.exists()
    )
    return place


def limits(**changes):
    """Return limits, some of them changed, whatever their group."""
    groups = {name: group.model_dump() for name, group in Limits()}
    for name, value in changes.items():
        (group,) = (one for one in groups.values() if name in one)
        group[name] = value
    return Limits.model_validate(groups)


class Clock:
    """Seconds that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def population(model=None, store=None, clock=None, **changes):
    """Return the streams of a model."""
    taken = limits(**changes).streams
    version = Version("m", "1", model or series_model(), taken.streams)
    return Population(version, taken, store or NoStore(), clock or Clock())


def steps(*shape, seed=0):
    """Return random steps (…, 3)."""
    return np.random.default_rng(seed).normal(size=(*shape, CHANNELS)).astype("<f4")


def ask(id, values=None, client="me", **place):
    """Return one step, or a chunk (T, 3), of one stream."""
    values = steps(1) if values is None else values
    return Ask(client, id, {"steps": Tensor("steps", "FP32", values)}, **place)


def probabilities(reply):
    """Return what a reply says, which is no refusal."""
    if isinstance(reply, Exception):
        raise AssertionError(f"refused: {reply}")
    return reply.outputs[0].array


class Server:
    """The program in a process of its own.

    Args:
        models: directories.
        options: what else stands on its command line.
    """

    def __init__(self, *models, options=(), cwd=None, environment=None):
        command = [sys.executable, "-c", "from ostinato.cli import main; main()", "serve", *map(str, models)]
        self.process = subprocess.Popen(
            [*command, "--port", "0", *options],
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | (environment or {}),
        )
        self.lines = queue.Queue()
        self.log = []
        threading.Thread(target=self._read, daemon=True).start()
        line = self.lines.get(timeout=120)
        if line is None or " at http" not in line:
            self.process.wait(timeout=60)
            raise AssertionError(f"the server did not start: {line} {self.log}")
        self.url = line.rpartition(" ")[2].strip()
        self.address = self.url.removeprefix("http://")
        self.port = int(self.url.rpartition(":")[2])

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def get(self, path, **options):
        """Return status, headers and body of a request."""
        return request(self.url + path, **options)

    def stop(self, number=signal.SIGTERM):
        """End the process, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def serving(*models, **options):
    """Run a server for as long as the block takes."""
    server = Server(*models, **options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
        server.process.stderr.close()


def request(url, data=None, method=None, headers=()):
    """Return status, headers and body of a request."""
    asked = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def language_model():
    """Return a language model of characters."""
    return language_models.model()
