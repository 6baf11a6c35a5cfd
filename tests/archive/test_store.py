"""What is read is what was published; what is not ours is neither read nor replaced."""

import os
import signal
import zipfile
from pathlib import Path

import pytest

from model_files import SERIES, good, refused, weights
from ostinato.archive import model, store
from ostinato.archive.manifest import Form
from ostinato.errors import ModelFileError
from stored import FORM, letter_of, names, publish, state_of


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
