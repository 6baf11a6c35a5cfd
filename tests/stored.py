"""A small directory of the store's form, for the tests of reading and of writing it."""

from ostinato.archive import store
from ostinato.archive.manifest import Form

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
