"""What the server carries: python -m benchmarks.serving [load|rates|soak] [--seconds N].

The model is a classifier of six channels, scaled, 2×64 LSTM, six labels. Client and server share the machine.

- load: 10,000 live streams over 64 connections, one step each a second, steps of many streams in one frame.
- rates: one request a step, and one a sequence of 50 steps, beside FastAPI with torch.
- soak: everything at once, then whether memory, files, threads and streams are where they were.
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
from collections.abc import Awaitable, Callable, Iterator
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

    def __str__(self) -> str:
        return f"{self.a_second:8.0f} a second, p50 {self.middle:.1f} ms, p99 {self.late:.1f} ms"


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
    """Let every stream take a step a second, and print how long each waited for its answer."""
    waits: list[float] = []
    lost = 0
    started = time.perf_counter()

    async def connection(number: int) -> None:
        nonlocal lost
        ids = [*range(number + 1, STREAMS + 1, CONNECTIONS)]
        random = np.random.default_rng(number)
        begun = False
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/v1/models/model/streams", compression=None, max_size=None
        ) as wire:
            turn = time.perf_counter() + number / CONNECTIONS
            while turn < started + WARM + seconds:
                await asyncio.sleep(max(0.0, turn - time.perf_counter()))
                values = random.normal(size=(len(ids), 1, CHANNELS)).astype("<f4")
                sent = time.perf_counter()
                await wire.send(_frame(ids, values, not begun))
                reply = bytes(await wire.recv())
                begun = True
                (size,) = struct.unpack_from("<I", reply)
                lost += len(ids) - len(json.loads(reply[4 : 4 + size])["sequences"]["ids"])
                if sent > started + WARM:
                    waits.extend([time.perf_counter() - max(sent, turn)] * len(ids))
                turn += 1.0

    before = server.cpu_times()
    await asyncio.gather(*map(connection, range(CONNECTIONS)))
    after, whole = server.cpu_times(), time.perf_counter() - started
    busy = (after.user + after.system - before.user - before.system) / whole
    rate = Rate.of(waits, seconds)
    print(
        f"{STREAMS} streams, {CONNECTIONS} connections: {rate}, "
        f"longest {max(waits) * 1000:.0f} ms, lost {lost}, the server busy {busy:.0%} of a core"
    )


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
            yield _post(
                path, _json(values, {}) if open_protocol else json.dumps({"steps": values.tolist()}).encode()
            )

    return requests


def steps(path: str, open_protocol: bool) -> Callable[[int], Iterator[bytes]]:
    """Return requests of one step each, a hundred streams a client."""

    def requests(number: int) -> Iterator[bytes]:
        values = np.random.default_rng(number).normal(size=(1, 1, CHANNELS)).astype("f4")
        place = 0
        while True:
            id = number * 100 + place % 100 + 1
            if open_protocol:
                body = _json(values, {"sequence_id": id, "sequence_start": place < 100})
                yield _post(path, body)
            else:
                yield _post(f"{path}/{id}", json.dumps({"steps": values.tolist()}).encode())
            place += 1

    return requests


def rates(model: Path, folder: Path, seconds: float) -> None:
    """Print requests a second of both servers."""
    for name, command, infer, step, protocol in (
        (
            "ostinato",
            ours(model, folder / "rates.sqlite"),
            "/v2/models/model/infer",
            "/v2/models/model/infer",
            True,
        ),
        (
            "FastAPI + torch",
            (sys.executable, "-m", "benchmarks.bare_server", model),
            "/predict",
            "/step",
            False,
        ),
    ):
        with served(*command) as (port, _):
            for clients in (1, 16):
                for what, requests in (
                    ("sequences", whole(infer, protocol)),
                    ("steps", steps(step, protocol)),
                ):
                    reached = asyncio.run(rate(port, seconds, clients, requests))
                    print(f"{name:16} {what:10} {clients:3} clients: {reached}", flush=True)


def soak(model: Path, folder: Path, seconds: float) -> None:
    """Print what the server holds before and after everything at once."""
    command = (*ours(model, folder / "soak.sqlite")[:-1], "--idle", 30, "--port")
    with served(*command) as (port, process):
        infer = "/v2/models/model/infer"
        for minute in range(1 + round(seconds / 60)):
            print(f"minute {minute}: {_held(process, port)}", flush=True)
            asyncio.run(_everything(port, min(60.0, seconds), infer, process))
        time.sleep(45)  # until streams have expired
        print(f"at rest: {_held(process, port)}")


async def _everything(port: int, seconds: float, infer: str, process: psutil.Process) -> None:
    kinds: list[Awaitable[object]] = [
        rate(port, seconds, 4, whole(infer, True)),
        rate(port, seconds, 4, steps(infer, True)),
        load(port, seconds, process),
    ]
    await asyncio.gather(*kinds)


def _held(process: psutil.Process, port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
    streams = next(line for line in text.splitlines() if line.startswith("ostinato_streams{"))
    memory = process.memory_info().rss / 2**20
    return f"{memory:.0f} MiB, {process.num_fds()} files, {process.num_threads()} threads, {streams}"


def _json(values: np.ndarray, parameters: dict[str, object]) -> bytes:
    tensor = {"name": "steps", "shape": [*values.shape], "datatype": "FP32", "data": values.ravel().tolist()}
    wanted = [{"name": "probabilities"}]
    return json.dumps({"inputs": [tensor], "outputs": wanted, "parameters": parameters}).encode()


def _frame(ids: list[int], values: np.ndarray, start: bool) -> bytes:
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


def _post(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def main() -> None:
    """Measure what is named on the command line, or load and rates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=["load", "rates", "soak"], default=["load", "rates"])
    parser.add_argument("--seconds", type=float, help="of each measurement (20; soak: 600)")
    given = parser.parse_args()
    print(machine(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = trained(folder)
        if "load" in given.what:
            with served(*ours(model, folder / "load.sqlite")) as (port, process):
                asyncio.run(load(port, given.seconds or 20, process))
        if "rates" in given.what:
            rates(model, folder, given.seconds or 20)
        if "soak" in given.what:
            soak(model, folder, given.seconds or 600)


if __name__ == "__main__":
    main()
