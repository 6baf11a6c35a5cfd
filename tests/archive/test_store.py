"""A directory appears whole or not at all, whatever happens to its writer."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from model_files import CARD, SERIES, TEXT, TOKENIZER, good, refused, weights
from ostinato.archive import files, manifest, model, store
from ostinato.archive.manifest import Form
from ostinato.errors import ModelFileError

FORM = Form("ostinato-test", "test", 1, {"a.bin": 1000, "b.bin": 2**30})


def publish(place, letter=b"x", **options):
    store.publish(
        place, {"a.bin": letter * 10, "b.bin": letter * 20}, {"letter": letter.decode()}, FORM, **options
    )


def letter_of(place):
    contents = store.read(place, FORM)
    letter = contents.header["letter"].encode()
    assert contents.files == {"a.bin": letter * 10, "b.bin": letter * 20}
    return letter


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def state_of(directory):
    """Return what would show that anything below a directory was touched (reading it may move atime)."""
    found = {path: path.lstat() for path in directory.rglob("*")}
    return {path: (now.st_ino, now.st_mode, now.st_size, now.st_mtime_ns) for path, now in found.items()}


def test_what_is_published_is_read(tmp_path):
    publish(tmp_path / "d")
    assert letter_of(tmp_path / "d") == b"x"
    assert names(tmp_path) == ["d"]


def test_an_existing_directory_is_replaced_only_on_request(tmp_path):
    publish(tmp_path / "d")
    refused(lambda: publish(tmp_path / "d", b"y"), "exists", naming=tmp_path / "d")
    assert letter_of(tmp_path / "d") == b"x"
    publish(tmp_path / "d", b"y", overwrite=True)
    assert letter_of(tmp_path / "d") == b"y"
    assert names(tmp_path) == ["d"]


def test_a_damaged_directory_of_the_form_can_be_replaced(tmp_path):
    publish(tmp_path / "d")
    (tmp_path / "d/b.bin").write_bytes(b"")
    publish(tmp_path / "d", b"y", overwrite=True)
    assert letter_of(tmp_path / "d") == b"y"


FOREIGN = {
    "a file": lambda place: place.write_text("mine"),
    "an empty directory": lambda place: place.mkdir(),
    "a directory with a file": lambda place: (place.mkdir(), (place / "thesis.tex").write_text("mine")),
    "a foreign manifest": lambda place: (
        place.mkdir(),
        (place / "manifest.json").write_text('{"name": "app"}'),
    ),
    "another form": lambda place: store.publish(
        place, {"a.bin": b""}, {}, Form("ostinato-other", "other", 1, {"a.bin": 10})
    ),
    "a directory with one file more": lambda place: (
        publish(place),
        (place / "thesis.tex").write_text("mine"),
    ),
    "a manifest that is a link": lambda place: (
        place.mkdir(),
        (place / "manifest.json").symlink_to("/dev/null"),
    ),
    "a manifest that is a directory": lambda place: (place / "manifest.json").mkdir(parents=True),
    "a pipe": lambda place: os.mkfifo(place),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_ours_is_never_replaced(tmp_path, make, overwrite):
    make(tmp_path / "d")
    before = state_of(tmp_path)
    with pytest.raises(ModelFileError) as caught:
        publish(tmp_path / "d", overwrite=overwrite)
    assert caught.value.reason in ("not a test", "unsafe file")
    assert state_of(tmp_path) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("aim", ["real", "nowhere"])
def test_m27_saving_onto_a_link_is_refused(tmp_path, overwrite, aim):
    publish(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / aim)
    refused(
        lambda: publish(tmp_path / "link", b"y", overwrite=overwrite), "not a test", saying="symbolic link"
    )
    assert letter_of(tmp_path / "real") == b"x"
    assert names(tmp_path) == ["link", "real"]


def test_m27_a_link_to_a_directory_is_followed_when_reading(tmp_path):
    publish(tmp_path / "real")
    (tmp_path / "latest").symlink_to("real")
    assert letter_of(tmp_path / "latest") == b"x"


@pytest.mark.parametrize("place", ["", ".", "..", "/", "a/..", "x\0y"])
def test_a_place_without_a_name_is_refused(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(lambda: publish(place), "unusable name")
    assert names(tmp_path) == []


def test_a_missing_parent_is_refused_before_work_is_done(tmp_path):
    refused(lambda: store.check_target(tmp_path / "no/d", FORM), "cannot write", saying="create it first")
    refused(lambda: publish(tmp_path / "no/d"), "cannot write", saying="create it first")


def test_m24_a_read_only_parent_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    refused(lambda: publish(tmp_path / "d"), "cannot write", saying=f"you may not write into {tmp_path}")


@pytest.mark.parametrize("name", ["with space", "naïve-模型", "n" * 230, "-x", "~", "a.b", "x\udcff"])
def test_m24_any_name_will_do(tmp_path, name):
    publish(tmp_path / name)
    publish(tmp_path / name, b"y", overwrite=True)
    assert letter_of(tmp_path / name) == b"y"
    assert names(tmp_path) == [name]


def test_m24_what_is_missing_is_named(tmp_path):
    refused(lambda: store.read(tmp_path / "d", FORM), "missing", naming=tmp_path / "d")
    refused(lambda: store.read("~/no such model", FORM), "missing", naming="~/no such model")
    refused(lambda: store.read(tmp_path / ("n" * 300), FORM), "unreadable", naming="nnn")
    refused(lambda: store.read("x\0y", FORM), "unusable name")
    (tmp_path / "empty").mkdir()
    refused(lambda: store.read(tmp_path / "empty", FORM), "not a test", saying="no manifest.json")
    publish(tmp_path / "d")
    (tmp_path / "d/a.bin").unlink()
    refused(lambda: store.read(tmp_path / "d", FORM), "not a test", saying="no a.bin")


@pytest.mark.parametrize("part", ["d", "manifest.json", "a.bin"])
def test_m24_what_may_not_be_read_is_named(tmp_path, monkeypatch, part):
    publish(tmp_path / "d")
    original = os.open

    def forbid(path, *arguments, **options):
        if Path(path).name == part:
            raise PermissionError(13, "Permission denied", str(path))  # root is never told so by the system
        return original(path, *arguments, **options)

    monkeypatch.setattr(os, "open", forbid)
    refused(lambda: store.read(tmp_path / "d", FORM), "unreadable", naming=part, saying="Permission denied")


def test_m24_a_read_only_directory_is_read(tmp_path):
    publish(tmp_path / "d")
    for path in (tmp_path / "d").iterdir():
        path.chmod(0o444)
    (tmp_path / "d").chmod(0o555)
    assert letter_of(tmp_path / "d") == b"x"
    (tmp_path / "d").chmod(0o755)


def test_m16_m17_archives_are_not_read(tmp_path):
    publish(tmp_path / "d")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for path in (tmp_path / "d").iterdir():
            archive.write(path, path.name)
    refused(lambda: store.read(tmp_path / "d.zip", FORM), "not a test", saying="must be unpacked")


def link(place, elsewhere):
    elsewhere.write_bytes(place.read_bytes())
    place.unlink()
    place.symlink_to(elsewhere)


def pipe(place, _):
    place.unlink()
    os.mkfifo(place)


def directory(place, _):
    place.unlink()
    place.mkdir()


def device(place, _):
    place.unlink()
    place.symlink_to("/dev/zero")


@pytest.fixture
def alarm():
    """End a test that hangs."""

    def ring(*_):
        raise TimeoutError("hung")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("swap", [link, pipe, directory, device])
@pytest.mark.parametrize("name", ["manifest.json", "a.bin"])
def test_m18_only_plain_files_are_opened_and_none_hangs(tmp_path, swap, name):
    publish(tmp_path / "d")
    swap(tmp_path / "d" / name, tmp_path / "elsewhere")
    refused(lambda: store.read(tmp_path / "d", FORM), "unsafe file", naming=name)


def test_m18_a_file_with_another_name_elsewhere_is_read_with_a_warning(tmp_path):
    publish(tmp_path / "d")
    os.link(tmp_path / "d/a.bin", tmp_path / "elsewhere")
    with pytest.warns(UserWarning, match=r"a\.bin has another name elsewhere"):
        assert letter_of(tmp_path / "d") == b"x"


def test_m19_the_bytes_that_are_verified_are_the_bytes_that_are_used(tmp_path, monkeypatch):
    publish(tmp_path / "d")
    opened = []
    original = os.open

    def swapping(path, *arguments, **options):
        descriptor = original(path, *arguments, **options)
        opened.append(str(path))
        if path == "b.bin":
            (tmp_path / "d/b.bin").unlink()
            (tmp_path / "d/b.bin").write_bytes(b"evil" * 5)
        return descriptor

    monkeypatch.setattr(os, "open", swapping)
    assert store.read(tmp_path / "d", FORM).files["b.bin"] == b"x" * 20
    assert opened == [str(tmp_path / "d"), "manifest.json", "a.bin", "b.bin"]


def test_m20_a_loaded_model_does_not_mind_what_becomes_of_its_files(tmp_path):
    good(tmp_path / "m")
    loaded = model.load(tmp_path / "m")
    with (tmp_path / "m" / model.WEIGHTS).open("r+b") as file:
        file.truncate(10)
    for name, array in weights(SERIES).items():
        assert (loaded.tensors[name] == array).all()
    refused(lambda: model.load(tmp_path / "m"), "truncated")


def test_m20_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    publish(tmp_path / "d")
    with (tmp_path / "d/b.bin").open("ab") as file:
        file.truncate(2**29)  # sparse: reading it whole would show in time and memory
    refused(lambda: store.read(tmp_path / "d", FORM), "trailing bytes")


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
