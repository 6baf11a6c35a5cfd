"""What the server carries: python -m benchmarks.serving [--only load|rates] [--seconds N].

The model is a classifier of six channels, scaled, 2×64 LSTM, six labels. Client and server share the machine.

- load: 10,000 live streams over 64 connections, one step each a second, steps of many streams in one frame.
- rates: one request a step, and one a sequence of 50 steps, beside FastAPI with torch.
"""

import argparse
import asyncio
import json
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import websockets

from benchmarks.commands import machine, ostinato

CHANNELS, STREAMS, CONNECTIONS, LONG = 6, 10_000, 64, 50
WARM = 3.0
"""Seconds at the beginning that are not counted."""


class Rate(NamedTuple):
    """What was reached.

    Args:
        a_second: requests.
        middle, late: milliseconds of the median and of the 99th percentile.
    """

    a_second: float
    middle: float
    late: float

    @classmethod
    def of(cls, seconds: list[float], whole: float) -> "Rate":
        """Return the rate of requests that took these times, in so many seconds."""
        middle, late = np.percentile(seconds, [50, 99]) * 1000
        return cls(len(seconds) / whole, float(middle), float(late))

    def cells(self) -> str:
        """Return it as cells of a table."""
        return f"{self.a_second:,.0f} | {self.middle:.1f} | {self.late:.1f}"


def trained(folder: Path) -> Path:
    """Return a small trained model: what it has learnt does not matter here."""
    random = np.random.default_rng(0)
    names = [f"c{n}" for n in range(CHANNELS)]
    lines = [",".join(["id", *names, "kind"])]
    for number in range(60):
        kind = number % 6
        for row in random.normal(size=(20, CHANNELS)) + kind:
            lines.append(",".join([f"s{number}", *(f"{value:.4f}" for value in row), f"k{kind}"]))
    data = folder / "data.csv"
    data.write_text("\n".join(lines) + "\n")
    shape = ("--cell", "lstm", "--hidden-size", 64, "--layers", 2, "--front", "none", "--pool", "last")
    columns = ("--sequence", "id", "--label", "kind")
    ostinato(
        "train", "classify", data, "--out", folder / "model", *columns, *shape, "--epochs", 1, "--threads", 1
    )
    return folder / "model"


@contextmanager
def served(*command: object) -> Iterator[tuple[int, psutil.Process]]:
    """Run a server, whose port is the last thing in its command, and wait until it listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([*map(str, command), str(port)])
    try:
        for _ in range(1800):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def ours(model: Path, store: Path) -> tuple[object, ...]:
    """Return the command of the server that is measured: with its store, as it is by default."""
    program = Path(sys.executable).with_name("ostinato")
    return program, "serve", model, "--state-store", store, "--port"


async def load(port: int, seconds: float, server: psutil.Process) -> None:
    """Let every stream take a step a second, and print how long each waited for its answer.

    Connections take turns through the second, as clients who know nothing of each other do. An answer's time
    counts from the moment that its step was to be sent: a client that waits sends no fewer.
    """
    waits: list[float] = []
    late: list[float] = []
    lost = 0
    started = time.perf_counter() + 1.0

    async def connection(number: int) -> None:
        nonlocal lost
        ids = [*range(number + 1, STREAMS + 1, CONNECTIONS)]
        values = np.random.default_rng(number).normal(size=(16, len(ids), 1, CHANNELS)).astype("<f4")
        messages = [framed(ids, step, False) for step in values]
        address = f"ws://127.0.0.1:{port}/v1/models/model/streams"
        async with websockets.connect(address, compression=None, max_size=None) as wire:
            for turn in range(round(WARM + seconds)):
                due = started + turn + number / CONNECTIONS
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                sent = time.perf_counter()
                await wire.send(messages[turn % 16] if turn else framed(ids, values[0], True))
                lost += len(ids) - _went_on(await wire.recv(decode=False))
                if turn >= WARM:
                    waits.extend([time.perf_counter() - due] * len(ids))
                    late.append(sent - due)

    before = server.cpu_times()
    await asyncio.gather(*map(connection, range(CONNECTIONS)))
    after, whole = server.cpu_times(), time.perf_counter() - started
    busy = (after.user + after.system - before.user - before.system) / whole
    rate = Rate.of(waits, seconds)
    print(f"\n{STREAMS:,} live streams over {CONNECTIONS} connections, a step of each every second\n")
    print(
        "| steps a second | p50, ms | p99, ms | longest, ms | lost | server, of a core | client late, p99 |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    own = np.percentile(late, 99) * 1000
    print(f"| {rate.cells()} | {max(waits) * 1000:.1f} | {lost} | {busy:.0%} | {own:.1f} ms |", flush=True)


def _went_on(reply: bytes) -> int:
    """Return how many streams an answer is for."""
    (size,) = struct.unpack_from("<I", reply)
    return len(json.loads(reply[4 : 4 + size])["sequences"]["ids"])


async def rate(port: int, seconds: float, clients: int, requests: Callable[[int], Iterator[bytes]]) -> Rate:
    """Return what so many clients reach, each of which waits for its answer before it asks again."""
    waits: list[float] = []
    started = time.perf_counter()

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests(number):
            sent = time.perf_counter()
            if sent > started + WARM + seconds:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(head.decode())
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            if sent > started + WARM:
                waits.append(time.perf_counter() - sent)
        writer.close()

    await asyncio.gather(*map(client, range(clients)))
    return Rate.of(waits, seconds)


def whole(path: str, open_protocol: bool) -> Callable[[int], Iterator[bytes]]:
    """Return requests for whole sequences, as JSON."""

    def requests(number: int) -> Iterator[bytes]:
        values = np.random.default_rng(number).normal(size=(1, LONG, CHANNELS)).astype("f4")
        while True:
            yield posted(
                path, _json(values, {}) if open_protocol else json.dumps({"steps": values.tolist()}).encode()
            )

    return requests


def steps(path: str, open_protocol: bool, streams: int = 100) -> Callable[[int], Iterator[bytes]]:
    """Return requests of one step each, of so many streams a client."""

    def requests(number: int) -> Iterator[bytes]:
        values = np.random.default_rng(number).normal(size=(1, 1, CHANNELS)).astype("f4")
        place = 0
        while True:
            id = number * streams + place % streams + 1
            if open_protocol:
                body = _json(values, {"sequence_id": id, "sequence_start": place < streams})
                yield posted(path, body)
            else:
                yield posted(f"{path}/{id}", json.dumps({"steps": values.tolist()}).encode())
            place += 1

    return requests


class Contender(NamedTuple):
    """A server, and how it is asked.

    Args:
        name: what it is called.
        command: what starts it, but for the port.
        requests: of each kind, what makes a client's.
    """

    name: str
    command: tuple[object, ...]
    requests: Mapping[str, Callable[[int], Iterator[bytes]]]


def contenders(model: Path, folder: Path) -> list[Contender]:
    """Return both servers, with a model."""
    infer = "/v2/models/model/infer"
    own = {"sequences": whole(infer, True), "single steps": steps(infer, True)}
    bare = {"sequences": whole("/predict", False), "single steps": steps("/step", False)}
    return [
        Contender("ostinato", ours(model, folder / "rates.sqlite"), own),
        Contender("FastAPI + torch", (sys.executable, "-m", "benchmarks.bare_server", model), bare),
    ]


def rates(model: Path, folder: Path, seconds: float) -> None:
    """Print requests a second of both servers."""
    print(f"\nOne request at a time from each client: sequences of {LONG} steps, or one step of a stream\n")
    print(
        "| server | requests | clients | a second | p50, ms | p99, ms |\n"
        "| --- | --- | --- | --- | --- | --- |"
    )
    for name, command, kinds in contenders(model, folder):
        with served(*command) as (port, _):
            for clients in (1, 16):
                for kind, requests in kinds.items():
                    reached = asyncio.run(rate(port, seconds, clients, requests))
                    print(f"| {name} | {kind} | {clients} | {reached.cells()} |", flush=True)


def _json(values: np.ndarray, parameters: dict[str, object]) -> bytes:
    tensor = {"name": "steps", "shape": [*values.shape], "datatype": "FP32", "data": values.ravel().tolist()}
    wanted = [{"name": "probabilities"}]
    return json.dumps({"inputs": [tensor], "outputs": wanted, "parameters": parameters}).encode()


def framed(ids: list[int], values: np.ndarray, start: bool) -> bytes:
    """Return a binary message with a step of each stream."""
    tensor = {
        "name": "steps",
        "shape": [*values.shape],
        "datatype": "FP32",
        "parameters": {"binary_data_size": values.nbytes},
    }
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    head = {"sequences": {"ids": ids, "start": start}, "inputs": [tensor], "outputs": wanted}
    text = json.dumps(head).encode()
    return struct.pack("<I", len(text)) + text + values.tobytes()


def posted(path: str, body: bytes) -> bytes:
    """Return a whole HTTP request."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def main() -> None:
    """Measure what is named on the command line, or load and rates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["load", "rates"])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    given = parser.parse_args()
    print(machine(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = trained(folder)
        if given.only != "rates":
            with served(*ours(model, folder / "load.sqlite")) as (port, process):
                asyncio.run(load(port, given.seconds, process))
        if given.only != "load":
            rates(model, folder, given.seconds)


if __name__ == "__main__":
    main()
