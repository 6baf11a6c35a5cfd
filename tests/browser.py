"""A headless browser that tests steer over its debugging socket."""

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Page:
    """One page of the browser.

    Args:
        socket: its debugging connection.
    """

    def __init__(self, socket):
        self._socket, self._number = socket, 0
        self.problems = []
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Do something, and return what the browser says of it."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._number:
                if "error" in message:
                    raise AssertionError(message["error"])
                return message["result"]
            self._note(message)

    def open(self, url):
        """Go to an address."""
        self.send("Page.navigate", url=url)

    def run(self, code):
        """Return the value of a JavaScript expression, awaited."""
        found = self.send("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def until(self, code, seconds=60):
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + seconds
        while not (value := self.run(code)):
            if time.monotonic() > end:
                raise AssertionError(
                    f"{code} is not so after {seconds} s: {self.run('document.body.innerText')}"
                )
            time.sleep(0.05)
        return value

    def mouse(self, kind, x, y):
        """Move, press or release the mouse."""
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path):
        """Write what is seen as a PNG file."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def _note(self, message):
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(message["params"]["exceptionDetails"])
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.problems.append(message["params"]["entry"])


def keep(page, name):
    """Write a picture to look at, where ``OSTINATO_PICTURES`` names a folder."""
    if folder := os.environ.get("OSTINATO_PICTURES"):
        page.picture(Path(folder, f"{name}.png"))


@contextlib.contextmanager
def browsing(folder, *flags):
    """Give a page of a browser that keeps its files in a folder."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium here")
    client = pytest.importorskip("websockets.sync.client", reason="steering a browser needs websockets")
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    command += [f"--user-data-dir={folder}", "--window-size=1000,900", *flags, "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        line = next(line for line in process.stderr if "DevTools listening" in line)
        port = re.search(r":(\d+)/", line)[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=60) as response:
            target = next(one for one in json.load(response) if one["type"] == "page")
        with client.connect(target["webSocketDebuggerUrl"], max_size=None, compression=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stderr.close()
