"""What a store keeps outlives the process; what may have been overtaken is told, never gone on with."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import serving
from ostinato.errors import ArgumentError, ServeError
from ostinato.serve.streams.batcher import Batcher
from ostinato.serve.streams.sqlite import SqliteStore
from ostinato.serve.streams.store import Key, Row
from serving import Clock, ask, limits, population, probabilities, steps

KEY, ROW = Key("m", b"f" * 32, "me", 42), Row(7, b"state", b"kept", 4e9)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "streams.sqlite"


def opened(file):
    return SqliteStore(file, idle=600)


def one(streams, *arguments, **options):
    (reply,) = streams.advance([ask(*arguments, **options)])
    return reply


def left(file, clean, *advances, **changes):
    """Run a server's life: streams advance, and it ends as it is said."""
    store = opened(file)
    streams = population(store=store, **changes)
    for arguments, options in advances:
        one(streams, *arguments, **options)
    if clean is not None:
        streams.close()
    store.close(clean=bool(clean))


def test_rows_come_back_as_they_were(file):
    store = opened(file)
    other = KEY._replace(id="42")
    store.save({KEY: ROW}).result()
    assert store.load([KEY, other]) == [ROW, None]
    store.close(clean=True)
    again = opened(file)
    assert again.load([KEY]) == [ROW]
    again.delete([KEY]).result()
    assert again.load([KEY]) == [None]
    again.close(clean=True)


def test_after_a_run_that_was_cut_off_rows_are_unsure_until_they_are_written_again(file):
    store = opened(file)
    store.save({KEY: ROW}).result()
    store.close(clean=False)
    cut = opened(file)
    assert cut.load([KEY]) == [ROW._replace(sure=False)]
    cut.close(clean=True)
    still = opened(file)
    assert still.load([KEY]) == [ROW._replace(sure=False)]
    still.save({KEY: ROW}).result()
    assert still.load([KEY]) == [ROW]
    still.close(clean=True)


def test_old_rows_are_dropped(file):
    store = opened(file)
    store.save({KEY: ROW._replace(touched=1.0)}).result()
    store.close(clean=True)
    again = opened(file)
    assert again.load([KEY]) == [None]
    again.close(clean=True)


def test_two_servers_cannot_have_the_same_file(file):
    store = opened(file)
    with pytest.raises(ArgumentError, match="no other server uses"):
        opened(file)
    store.close(clean=True)


def test_what_is_no_store_is_refused(file):
    file.write_bytes(b"something else " * 500)
    with pytest.raises(ArgumentError, match="expected a store of streams"):
        opened(file)


def test_after_an_orderly_end_streams_go_on(file):
    values = steps(4)
    left(file, True, ((1, values[:2]), {"start": True}))
    store = opened(file)
    streams = population(store=store)
    expected = serving.series_model().stream().push(values)
    np.testing.assert_allclose(probabilities(one(streams, 1, values[2:])), expected[2:], atol=1e-6)
    store.close(clean=True)


def test_after_a_crash_a_client_that_does_not_count_is_told_the_last_step(file):
    values = steps(4)
    left(file, False, ((1, values[:2]), {"start": True}))
    store = opened(file)
    streams = population(store=store)
    reply = one(streams, 1, values[2:])
    assert isinstance(reply, ServeError)
    assert reply.status == 409
    assert "last committed step of sequence 1 is 1" in str(reply)
    again = one(streams, 1, values[:2], number=1)
    assert again.repeated
    expected = serving.series_model().stream().push(values)
    np.testing.assert_allclose(probabilities(again), expected[:2], atol=1e-6)
    np.testing.assert_allclose(probabilities(one(streams, 1, values[2:], number=2)), expected[2:], atol=1e-6)
    assert one(streams, 1).number == 3
    store.close(clean=True)


def test_states_that_have_waited_half_as_long_are_written_with_the_oldest(file):
    clock, store = Clock(), opened(file)
    streams = population(store=store, clock=clock, sync=5.0)
    for id, pause in ((1, 2.0), (2, 2.0), (3, 0.9)):
        one(streams, id, start=True)
        clock.now += pause
    streams.tick()
    assert not streams.keeper.late()
    clock.now += 0.1
    assert streams.keeper.late()
    streams.tick()
    assert not streams.keeper.late()
    store._writer.submit(int).result()
    written = [store.load([streams.newest.key("me", id)])[0] is not None for id in (1, 2, 3)]
    assert written == [True, True, False]
    store.close(clean=True)


def test_what_is_late_is_written_in_portions_until_nothing_is(file):
    clock, store = Clock(), opened(file)
    streams = population(store=store, clock=clock, sync=5.0)
    streams.advance([ask(n, start=True) for n in range(1, 251)])
    clock.now += 5
    for portion in (True, True, False):
        streams.tick()
        assert streams.keeper.late() == portion
    store.close(clean=True)
    assert len(opened(file)._stored()) == 250


def test_ten_thousand_streams_that_rest_at_once_are_written_without_a_pause(file):
    """The thread goes on by itself while something is late, though nobody asks anything."""
    store = opened(file)
    streams = population(store=store, clock=time.monotonic, sync=0.2)
    batcher = Batcher(streams, limits().streams)
    batcher.submit([ask(n, start=True) for n in range(1, 1501)]).result(30)
    end = time.monotonic() + 2.5  # four portions a second would take 3.75
    while streams.keeper.lag and time.monotonic() < end:
        time.sleep(0.02)
    assert not streams.keeper.lag
    batcher.close()
    store.close(clean=True)


def test_a_client_that_is_ahead_of_the_store_is_told_so(file):
    clock, store = Clock(), opened(file)
    streams = population(store=store, clock=clock, sync=5.0)
    one(streams, 1, start=True)
    clock.now += 6
    streams.tick()
    for _ in range(3):
        one(streams, 1)
    store.close(clean=False)
    store = opened(file)
    reply = one(population(store=store), 1, number=5)
    assert reply.status == 409
    assert "last committed step of sequence 1 is 1" in str(reply)
    store.close(clean=True)


def test_a_new_stream_is_never_taken_for_an_old_one_of_its_name(file):
    """Else a client could be at the old one's step when the server dies, and go on with the old state."""
    left(file, True, ((1,), {"start": True}), ((1,), {}), ((1,), {}))
    left(file, None, ((1,), {"start": True}))  # dies before anything of the new one is written
    store = opened(file)
    reply = one(population(store=store), 1, number=4)
    assert reply.status == 400
    assert "START" in str(reply)
    store.close(clean=True)


def test_a_stream_that_ended_is_not_in_the_store(file):
    left(file, True, ((1,), {"start": True}), ((1,), {"end": True}))
    store = opened(file)
    assert one(population(store=store), 1).status == 400
    store.close(clean=True)


def test_who_gives_way_comes_back(file):
    clock, store, values = Clock(), opened(file), steps(4)
    streams = population(store=store, clock=clock, streams=1, evict_after=0.0)
    one(streams, 1, values[:2], start=True)
    clock.now += 1
    one(streams, 2, start=True)
    clock.now += 1
    expected = serving.series_model().stream().push(values)
    np.testing.assert_allclose(probabilities(one(streams, 1, values[2:])), expected[2:], atol=1e-6)
    streams.close()
    store.close(clean=True)


def test_a_store_that_cannot_be_written_is_told_and_tried_again(file, caplog, monkeypatch):
    clock, store = Clock(), opened(file)
    streams = population(store=store, clock=clock)
    one(streams, 1, start=True)
    monkeypatch.setattr(store, "_write", lambda rows: (_ for _ in ()).throw(OSError("disk full")))
    for _ in range(2):
        clock.now += 6
        streams.tick()
        store._writer.submit(int).result()
    streams.keeper.tick()
    assert streams.keeper.failures >= 1
    assert "disk full" in caplog.text
    monkeypatch.undo()
    streams.close()
    assert store.load([streams.newest.key("me", 1)])[0].number == 1
    store.close(clean=True)


KILLED = """
import sys, serving
from ostinato.serve.streams.batcher import Batcher
from ostinato.serve.streams.sqlite import SqliteStore
store = SqliteStore(sys.argv[1], 600)
streams = serving.population(store=store, clock=serving.Clock(), sync=1e-9)
for number in range(1, 10**6):
    (reply,) = streams.advance([serving.ask(1, start=number == 1, number=number)])
    print(reply.number, flush=True)
    streams._clock.now += 1
    streams.tick()
    if number == 1:  # however busy the machine is, something is kept before the process is killed
        store._writer.submit(int).result()
"""


def test_killed_at_any_moment_the_store_opens_and_holds_a_step_that_was_answered(file):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, file], stdout=subprocess.PIPE, text=True, env=environment
    )
    said = [int(process.stdout.readline()) for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait(timeout=30)
    process.stdout.close()
    answered = int(rest[-1]) if rest else said[-1]
    store = opened(file)
    streams = population(store=store)
    found = one(streams, 1)
    last = int(re.search(r"step of sequence 1 is (\d+)", str(found))[1])
    assert 1 <= last <= answered + 1
    expected = serving.series_model().stream().push(np.repeat(steps(1), last + 1, axis=0))[-1]
    np.testing.assert_allclose(probabilities(one(streams, 1, number=last + 1))[-1], expected, atol=1e-5)
    store.close(clean=True)
