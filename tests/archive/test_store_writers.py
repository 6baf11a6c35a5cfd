"""A directory appears whole or not at all, whatever happens to its writer."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from model_files import CARD, SERIES, TEXT, TOKENIZER, good, refused, weights
from ostinato.archive import files, manifest, model, store
from stored import FORM, letter_of, names, publish


def rewrite(place: Path, letter: bytes, times: int) -> None:
    for _ in range(times):
        publish(place, letter, overwrite=True)


def test_m25_of_many_writers_one_wins_whole(tmp_path):
    place = tmp_path / "d"
    publish(place, b"0")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=rewrite, args=(place, letter, 15)) for letter in (b"1", b"2", b"3")]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add(letter_of(place))  # a reader never meets the moment between the two renames
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert letter_of(place) in {b"1", b"2", b"3"}
    assert seen <= {b"0", b"1", b"2", b"3"}
    publish(place, b"4", overwrite=True)
    assert names(tmp_path) == ["d"]


def test_m25_of_two_first_writers_one_is_refused(tmp_path, monkeypatch):
    original = store._locked

    def slow(target):
        monkeypatch.setattr(store, "_locked", original)
        publish(tmp_path / "d", b"1")
        return original(target)

    monkeypatch.setattr(store, "_locked", slow)
    refused(lambda: publish(tmp_path / "d", b"2"), "exists")
    assert letter_of(tmp_path / "d") == b"1"
    assert names(tmp_path) == ["d"]


def killed_at(place: Path, step: int) -> bool:
    """Overwrite in a child that kills itself before its n-th system call; return whether it was killed."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(call):
            def run(*arguments, **options):
                nonlocal count
                count += 1
                if count > step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*arguments, **options)

            return run

        for name in ("mkdir", "rename", "unlink", "rmdir", "fsync", "open", "close"):
            setattr(os, name, counted(getattr(os, name)))
        publish(place, b"y", overwrite=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_t1_a_writer_killed_at_any_moment_leaves_the_old_or_the_new_whole(tmp_path):
    step = 0
    outcomes = set()
    while True:
        place = tmp_path / f"at{step}" / "d"
        place.parent.mkdir()
        publish(place, b"x")
        killed = killed_at(place, step)
        if place.exists():
            outcomes.add(letter_of(place))
        else:
            aside = str(store.leftovers(place, store.OLD)[-1])
            refused(lambda place=place: store.read(place, FORM), "missing", saying=aside)
            os.rename(aside, place)  # as the error said
            assert letter_of(place) == b"x"
            outcomes.add("recovered")
        publish(place, b"z", overwrite=True)
        assert letter_of(place) == b"z"
        assert names(place.parent) == ["d"]
        if not killed:
            break
        step += 1
    assert outcomes == {b"x", b"y", "recovered"}
    assert step > 20


def test_a_killed_overwrite_can_simply_be_run_again(tmp_path):
    publish(tmp_path / "d", b"x")
    (tmp_path / "d").rename(store._beside(tmp_path / "d", store.OLD))
    publish(tmp_path / "d", b"y")
    assert letter_of(tmp_path / "d") == b"y"
    assert names(tmp_path) == ["d"]


def test_leftovers_of_a_writer_that_lives_stay(tmp_path):
    place, descriptor = store._locked(tmp_path / "d")
    publish(tmp_path / "d")
    assert names(tmp_path) == sorted([place.name, "d"])
    os.close(descriptor)
    publish(tmp_path / "d", overwrite=True)
    assert names(tmp_path) == ["d"]


def test_a_model_that_another_writer_moved_aside_just_now_stays(tmp_path):
    aside = store._beside(tmp_path / "d", store.OLD)
    publish(aside)
    store._sweep(tmp_path / "d", FORM)
    assert letter_of(aside) == b"x"


def test_leftovers_of_other_names_and_other_contents_stay(tmp_path):
    other = store._beside(tmp_path / "dd", store.NEW)
    other.mkdir()
    mine = store._beside(tmp_path / "d", store.OLD)
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    publish(tmp_path / "d")
    assert names(tmp_path) == sorted([other.name, mine.name, "d"])
    assert (mine / "thesis.tex").read_text() == "mine"


def test_t3_a_full_disk_leaves_the_old_one_as_it_was(tmp_path):
    publish(tmp_path / "d", b"x")
    program = f"""
        import resource
        from ostinato.archive import store
        from ostinato.archive.manifest import Form
        from ostinato.errors import ModelFileError

        form = Form("ostinato-test", "test", 1, {{"a.bin": 1000, "b.bin": 2**30}})
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            files = {{"a.bin": b"y", "b.bin": bytes(1_000_000)}}
            store.publish({str(tmp_path / "d")!r}, files, {{}}, form, overwrite=True)
        except ModelFileError as error:
            print(error.reason, error.hint)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("cannot write File too large")
    assert letter_of(tmp_path / "d") == b"x"
    assert names(tmp_path) == ["d"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100_000


@pytest.mark.parametrize("call", ["mkdir", "fsync", "rename"])
def test_t3_any_refusal_of_the_disk_leaves_the_old_one_as_it_was(tmp_path, monkeypatch, call):
    publish(tmp_path / "d", b"x")
    original = getattr(os, call)

    def refuse(*arguments, **options):
        if call != "rename" or str(arguments[0]).endswith(store.NEW):
            raise OSError(28, "No space left on device")
        return original(*arguments, **options)

    monkeypatch.setattr(os, call, refuse)
    refused(lambda: publish(tmp_path / "d", b"y", overwrite=True), "cannot write", saying="No space left")
    monkeypatch.undo()
    assert letter_of(tmp_path / "d") == b"x"
    assert names(tmp_path) == ["d"]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path / "d")
    assert names(tmp_path) == []


def test_t2_everything_is_on_disk_before_its_name_is(tmp_path, monkeypatch):
    calls = []

    def traced(name):
        original = getattr(os, name)

        def run(*arguments, **options):
            calls.append(
                (name, os.readlink(f"/proc/self/fd/{arguments[0]}") if name == "fsync" else str(arguments[0]))
            )
            return original(*arguments, **options)

        return run

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to name what is synced")
    for name in ("fsync", "rename"):
        monkeypatch.setattr(os, name, traced(name))
    publish(tmp_path / "d")
    synced = [Path(path).name for name, path in calls if name == "fsync"]
    assert [name for name, _ in calls] == ["fsync"] * 4 + ["rename", "fsync"]
    assert synced[:3] == ["a.bin", "b.bin", "manifest.json"]
    assert synced[3] == Path(calls[4][1]).name
    assert calls[5][1] == str(tmp_path)


def test_m26_the_umask_holds(tmp_path):
    before = os.umask(0o077)
    try:
        good(tmp_path / "m", TEXT)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "m").iterdir()} == {0o600}
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o700


def test_a_manifest_that_could_not_be_read_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "LIMIT", 100)
    refused(lambda: publish(tmp_path / "d"), "too large", saying="its manifest would have")
    assert names(tmp_path) == []


def test_overwriting_a_model_with_the_other_kind_leaves_no_file_of_the_old_one(tmp_path):
    good(tmp_path / "m", TEXT)
    model.save(tmp_path / "m", SERIES, weights(SERIES), None, CARD, overwrite=True)
    assert model.load(tmp_path / "m").model == SERIES
    assert "tokenizer.json" not in names(tmp_path / "m")
    model.save(tmp_path / "m", TEXT, weights(TEXT), TOKENIZER, CARD, overwrite=True)
    assert model.load(tmp_path / "m").tokenizer_json == TOKENIZER
