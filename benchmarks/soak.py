"""Whether a server that was used for long holds no more than before: python -m benchmarks.soak [--seconds N].

Everything at once, at a pace that leaves the machine to others: whole sequences, single steps, frames of many
streams, requests that are refused, and clients that go without a word. Then all rest until their streams have
expired. Ends with 1, and says what has grown, if memory, open files, threads or streams are more than after a
first round.
"""

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import websockets

from benchmarks.commands import machine
from benchmarks.serving import CHANNELS, framed, ours, posted, served, steps, trained, whole

INFER = "/v2/models/model/infer"
HALF = 2.0
"""Seconds after which a connection is closed on which half a request has come."""
PAUSE = 0.02
"""Seconds that a client waits between an answer and its next request."""
TOGETHER, IN_A_ROW = 100, 20
"""Streams of a frame, and frames of a connection."""
MEMORY, OTHERS = 24.0, 2
"""MiB, and files or threads, that may be more at the end: what an allocator and a pool keep by chance."""


class Held(NamedTuple):
    """What a server holds.

    Args:
        memory: MiB.
        files, threads, streams: how many.
    """

    memory: float
    files: int
    threads: int
    streams: int

    @classmethod
    def now(cls, process: psutil.Process, port: int) -> "Held":
        """Return what a server holds now."""
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
        (streams,) = (line for line in text.splitlines() if line.startswith("ostinato_streams{"))
        memory = process.memory_info().rss / 2**20
        return cls(memory, process.num_fds(), process.num_threads(), int(float(streams.split()[-1])))

    def __str__(self) -> str:
        return f"{self.memory:.0f} MiB, {self.files} files, {self.threads} threads, {self.streams} streams"


def grown(before: Held, after: Held) -> list[str]:
    """Return what is more at the end than at the beginning, beyond what chance explains.

    Example:
        >>> grown(Held(100.0, 10, 5, 0), Held(110.0, 10, 5, 3))
        ['streams']
    """
    most = Held(before.memory + MEMORY, before.files + OTHERS, before.threads + OTHERS, 0)
    return [name for name, most, found in zip(Held._fields, most, after, strict=True) if found > most]


async def everything(port: int, seconds: float) -> int:
    """Use a server in all ways for some seconds; return how many requests were answered as they should be.

    Raises:
        RuntimeError: one was not.
    """
    end = time.monotonic() + seconds
    kinds = [
        *(_asking(port, end, whole(INFER, True)(number), 200) for number in range(2)),
        *(_asking(port, end, steps(INFER, True, 10)(number), 200) for number in range(2, 5)),
        _asking(port, end, iter(lambda: posted(INFER, b'{"inputs": [{}]}'), b""), 400),
        *(_framing(port, end, number) for number in range(2)),
        _leaving(port, end),
    ]
    return sum(await asyncio.gather(*kinds))


async def _asking(port: int, end: float, requests: Iterator[bytes], status: int) -> int:
    """Send requests one after the other over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.monotonic() < end:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
        if int(head.split(b" ", 2)[1]) != status:
            raise RuntimeError(f"expected {status}, found {head.decode()}{body.decode()}")
        count += 1
        await asyncio.sleep(PAUSE)
    writer.close()
    return count


async def _framing(port: int, end: float, number: int) -> int:
    """Send steps of many streams over one connection after another, of which every other one breaks off."""
    ids = [*range(10_000 * (number + 1), 10_000 * (number + 1) + TOGETHER)]
    values = np.random.default_rng(number).normal(size=(TOGETHER, 1, CHANNELS)).astype("<f4")
    address, count = f"ws://127.0.0.1:{port}/v1/models/model/streams", 0
    while time.monotonic() < end:
        async with websockets.connect(address, compression=None) as wire:
            for turn in range(IN_A_ROW):
                await wire.send(framed(ids, values, turn == 0))
                if b'"errors":[]' not in await wire.recv(decode=False):
                    raise RuntimeError("a stream was refused")
                count += 1
                await asyncio.sleep(PAUSE)
            if count // IN_A_ROW % 2:
                wire.transport.abort()
    return count


async def _leaving(port: int, end: float) -> int:
    """Break off in the middle of a request, and while its answer is made."""
    request = next(whole(INFER, True)(9))
    while time.monotonic() < end:
        for part in (request[:60], request[:-20], request):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(part)
            await asyncio.sleep(PAUSE)
            writer.transport.abort()
    return 0


def soak(model: Path, folder: Path, seconds: float, idle: float = 20.0) -> list[str]:
    """Print what a server holds from round to round; return what has grown.

    Args:
        model: a directory.
        folder: for the server's store.
        seconds: how long it is used.
        idle: seconds after which a stream that nobody uses is ended.
    """
    command = (*ours(model, folder / "soak.sqlite")[:-1], "--idle", idle, "--header-seconds", HALF, "--port")
    with served(*command) as (port, process):
        asyncio.run(everything(port, min(20.0, seconds)))
        before = _rested(process, port, 4 * idle)
        print(f"at rest, after a first round: {before}", flush=True)
        left = seconds
        while left > 0:
            count = asyncio.run(everything(port, min(60.0, left)))
            left -= 60.0
            print(f"{count} requests: {Held.now(process, port)}", flush=True)
        after = _rested(process, port, 4 * idle)
        print(f"at rest: {after}", flush=True)
    return grown(before, after)


def _rested(process: psutil.Process, port: int, seconds: float) -> Held:
    """Return what a server holds when all streams have ended, or have not in so many seconds."""
    end = time.monotonic() + seconds
    while Held.now(process, port).streams and time.monotonic() < end:
        time.sleep(1.0)
    time.sleep(HALF + 1.0)
    return Held.now(process, port)


def main() -> None:
    """Soak a server, and say what has grown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    given = parser.parse_args()
    print(machine(1))
    with tempfile.TemporaryDirectory() as name:
        found = soak(trained(Path(name)), Path(name), given.seconds)
    print(f"grown: {', '.join(found) or 'nothing'}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
