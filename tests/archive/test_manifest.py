"""The manifest: every flipped byte is found, and every version is answered in its own words."""

import dataclasses
import json
from pathlib import Path

import pytest

from model_files import SERIES, TEXT, from_memory, good, parts, refused, reseal, resealed, sealed_text
from ostinato import __version__
from ostinato.archive import manifest, model
from ostinato.errors import ArgumentError, ModelFileError

PLACE = Path("m/manifest.json")


def whole(spec=SERIES):
    header, files = parts(spec)
    return manifest.encode(header, files, model.MODEL), files


def flipped(data: bytes, position: int, mask: int) -> bytes:
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]


@pytest.mark.parametrize("mask", [1, 0x20, 0x80, 0xFF], ids=hex)
def test_m5_every_flipped_byte_of_the_manifest_is_found(mask):
    data, _ = whole()
    for position in range(len(data)):
        with pytest.raises(ModelFileError) as caught:
            manifest.decode(PLACE, flipped(data, position, mask), model.MODEL)
        expected = "checksum mismatch" if position < len(data) - 2 else "truncated"
        assert caught.value.reason == expected, position


@pytest.mark.parametrize("name", [model.WEIGHTS, model.TOKENIZER, model.CARD])
def test_m5_every_flipped_byte_of_a_file_is_found(name):
    data, files = whole(TEXT)
    from_memory(data, files)
    for position in range(len(files[name])):
        damaged = {**files, name: flipped(files[name], position, 1 << position % 8)}
        refused(lambda damaged=damaged: from_memory(data, damaged), "checksum mismatch", naming=name)


def test_m4_a_truncated_manifest_is_called_truncated():
    data, files = whole()
    for length in range(len(data)):
        refused(lambda length=length: from_memory(data[:length], files), "truncated", naming="manifest.json")


@pytest.mark.parametrize("name", [model.WEIGHTS, model.TOKENIZER, model.CARD])
def test_m4_a_truncated_file_is_called_truncated(name):
    data, files = whole(TEXT)
    for length in range(len(files[name])):
        cut = {**files, name: files[name][:length]}
        refused(lambda cut=cut: from_memory(data, cut), "truncated", naming=name)


@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06" + bytes(18), b"<html></html>"])
@pytest.mark.parametrize("name", [model.WEIGHTS, model.CARD])
def test_m6_nothing_may_follow_a_file(name, extra):
    data, files = whole()
    longer = {**files, name: files[name] + extra}
    refused(lambda: from_memory(data, longer), "trailing bytes", naming=name)
    refused(lambda: from_memory(data, {**files, name: extra + files[name]}), "trailing bytes", naming=name)


@pytest.mark.parametrize("extra", [b"\0", b"\n", b"PK\x05\x06" + bytes(18), b"<html>}\n"])
def test_m6_nothing_may_surround_the_manifest(extra):
    data, files = whole()
    for changed in (data + extra, extra + data):
        with pytest.raises(ModelFileError):
            from_memory(changed, files)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"{}\n",
        b'{"name": "web app"}\n',
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95",
        b"hello",
        b"[]\n",
    ],
)
def test_another_programs_manifest_is_called_foreign(data):
    refused(lambda: manifest.decode(PLACE, data, model.MODEL), "not a model", naming=PLACE)


def test_a_sealed_manifest_of_another_format_is_called_foreign():
    data, files = whole()
    other = resealed(data, lambda value: value.update(format="ostinato-checkpoint"))
    refused(lambda: from_memory(other, files), "not a model", saying="'ostinato-checkpoint'")
    other = resealed(data, lambda value: value.pop("format"))
    refused(lambda: from_memory(other, files), "not a model", saying="None")


def test_m21_a_newer_version_says_who_wrote_it_and_what_to_do(tmp_path):
    reseal(good(tmp_path / "m"), lambda value: value.update(version=2, ostinato="9.1"))
    hint = f"Ostinato 9.1 wrote it in format version 2, this is Ostinato {__version__} and reads up to 1"
    refused(lambda: model.load(tmp_path / "m"), "newer version", naming=tmp_path, saying=hint)


def test_m21_an_older_version_than_is_read_says_so():
    data, files = whole()
    form = dataclasses.replace(model.MODEL, version=9, oldest=5)
    with pytest.raises(ModelFileError, match=r"older version: .* in format version 1, the oldest .* is 5"):
        manifest.decode(PLACE, data, form)
    zero = resealed(data, lambda value: value.update(version=0))
    refused(lambda: from_memory(zero, files), "older version")


def test_m21_a_missing_version_says_so():
    data, files = whole()
    none = resealed(data, lambda value: value.pop("version"))
    refused(lambda: from_memory(none, files), "no version")


@pytest.mark.parametrize("version", ["1", 1.0, True, None, [1], {"major": 1}])
def test_m21_a_version_that_is_no_whole_number_says_so(version):
    data, files = whole()
    strange = resealed(data, lambda value: value.update(version=version))
    refused(lambda: from_memory(strange, files), "bad version", saying=repr(version))


@pytest.mark.parametrize("ostinato", [None, 1, "x" * 65, ["0.1"]])
def test_the_writers_version_is_a_short_text(ostinato):
    data, files = whole()
    strange = resealed(data, lambda value: value.update(ostinato=ostinato))
    refused(lambda: from_memory(strange, files), "invalid JSON", saying="expected a version")


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "C:\\x",
        "a\\..\\x",
        "weights.bin",
        "README.MD",
        "manifest.json",
        "",
        "\0",
        "x\n",
    ],
)
def test_m16_only_the_formats_own_file_names_are_listed(name):
    data, files = whole()
    entry = {"sha256": "0" * 64, "bytes": 1}
    strange = resealed(data, lambda value: value["files"].update({name: entry}))
    refused(lambda: from_memory(strange, files), "unknown file")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "x",
        {},
        {"sha256": "0" * 64},
        {"sha256": "0" * 63, "bytes": 1},
        {"sha256": "G" * 64, "bytes": 1},
        {"sha256": "A" * 64, "bytes": 1},
        {"sha256": "0" * 64 + "\n", "bytes": 1},
        {"sha256": "0" * 64, "bytes": -1},
        {"sha256": "0" * 64, "bytes": 1.0},
        {"sha256": "0" * 64, "bytes": True},
        {"sha256": "0" * 64, "bytes": 2**63},
        {"sha256": "0" * 64, "bytes": 1, "url": "http://example.com"},
    ],
)
def test_what_is_said_of_a_file_is_checked(entry):
    data, files = whole()
    strange = resealed(data, lambda value: value["files"].update({model.CARD: entry}))
    refused(lambda: from_memory(strange, files), "invalid JSON", saying="files.README.md")


@pytest.mark.parametrize("entries", [None, [], "x", 1])
def test_files_is_an_object(entries):
    data, files = whole()
    strange = resealed(data, lambda value: value.update(files=entries))
    refused(lambda: from_memory(strange, files), "invalid JSON")


def test_m17_a_file_that_claims_too_much_is_refused_before_it_is_read(tmp_path):
    reseal(good(tmp_path / "m"), lambda value: value["files"]["README.md"].update(bytes=2**40))
    refused(lambda: model.load(tmp_path / "m"), "too large", saying=str(2**40))


def test_m10_a_key_that_stands_twice_is_refused():
    text = '{\n  "format": "ostinato-model",\n  "version": 1,\n  "version": 1,'
    _, files = whole()
    refused(lambda: from_memory(sealed_text(text), files), "invalid JSON", saying="'version' stands 2 times")


def test_m8_a_manifest_that_is_too_deep_is_refused():
    text = '{\n  "format": "ostinato-model",\n  "version": ' + "[" * 200_000 + "]" * 200_000 + ","
    _, files = whole()
    refused(lambda: from_memory(sealed_text(text), files), "invalid JSON", saying="lists and objects")


def test_a_manifest_of_more_than_4_mib_is_refused(tmp_path):
    file = good(tmp_path / "m") / "manifest.json"
    with file.open("ab") as end:
        end.truncate(5 * 2**20)
    refused(lambda: model.load(tmp_path / "m"), "too large", naming="manifest.json")


@pytest.mark.parametrize("key", manifest.RESERVED)
def test_a_header_may_not_take_the_manifests_own_keys(key):
    with pytest.raises(ArgumentError, match=f"'{key}'"):
        manifest.encode({key: 1}, {}, model.MODEL)


def test_a_file_without_a_name_in_the_form_is_not_written():
    with pytest.raises(ArgumentError, match=r"'x\.bin'"):
        manifest.encode({}, {"x.bin": b""}, model.MODEL)


def test_the_manifest_reads_one_key_a_line():
    data, _ = whole()
    lines = data.decode().splitlines()
    assert len(lines) == len(json.loads(data)) + 2
    assert lines[1] == '  "format": "ostinato-model",'
    assert lines[-2].startswith('  "sha256": "')
