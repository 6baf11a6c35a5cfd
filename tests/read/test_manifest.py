"""Manifests: tables and Kaldi's folders; what is refused, with its line."""

import numpy as np
import pytest
import soundfile

from ostinato.errors import DataError
from ostinato.read.manifest import read_manifest
from ostinato.spec.columns import SpokenColumns


@pytest.fixture
def folder(tmp_path):
    for name, rate in (("a.wav", 8_000), ("b.wav", 16_000)):
        soundfile.write(tmp_path / name, np.linspace(-0.5, 0.5, rate // 10), rate)
    return tmp_path


def write(folder, text, name="said.csv"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("said.csv", 'audio,text\na.wav,so  it goes\nb.wav,"yes, now"\n'),
        ("said.tsv", "path\tsentence\na.wav\tso it goes\nb.wav\tyes, now\n"),
        (
            "said.jsonl",
            '{"audio_filepath": "a.wav", "text": "so it goes", "duration": 0.1}\n'
            '{"audio_filepath": "b.wav", "text": "yes, now", "duration": 0.1}\n',
        ),
    ],
)
def test_tables_of_the_usual_columns_are_read(folder, name, text):
    found = read_manifest(write(folder, text, name), labelled=True)
    assert found.texts == ["so it goes", "yes, now"]
    assert found.sounds.ids == ["a.wav", "b.wav"]
    assert found.sounds.sample_rate == 8_000
    assert [len(one) for one in found.samples] == [800, 800]
    assert found.columns.audio in ("audio", "path", "audio_filepath")


def test_a_kaldi_folder_is_read(folder):
    write(folder, "u1 a.wav\nu2 b.wav\n", "wav.scp")
    write(folder, "u2 yes now\nu1 so it goes\n", "text")
    found = read_manifest(folder, sample_rate=16_000, labelled=True)
    assert (found.sounds.ids, found.texts) == (["u1", "u2"], ["so it goes", "yes now"])
    assert len(found.samples[0]) == 1_600


def test_texts_are_not_needed_to_transcribe(folder):
    assert read_manifest(write(folder, "audio,who\na.wav,x\n"), labelled=False).texts is None
    columns = SpokenColumns(audio="file", text="said")
    assert read_manifest(write(folder, "file\na.wav\n"), columns, labelled=False).texts is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("audio,text\na.wav,\n", "line 2: the text is blank"),
        ("audio,text\nc.wav,go\n", "line 2: .*c.wav: no such file"),
        ("audio,text\na.wav,go\na.wav,go\n", "line 3: the id 'a.wav' stands in"),
        ("sound,text\na.wav,go\n", "has none of the columns audio, audio_filepath, path"),
        ("audio,path,text\na.wav,a.wav,go\n", "has more than one of the columns"),
        ("audio,words\na.wav,go\n", "name one \\(--text\\)"),
        ("audio,text\nsaid.csv,go\n", "line 2: .*is no sound file"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_with_its_line(folder, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read_manifest(write(folder, text), labelled=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("scp", "text", "message"),
    [
        ("u1 sox a.wav -t wav - |\n", "u1 go\n", "line 1: names 'sox a.wav .*commands are never run"),
        ("u1 a.wav\nu1 b.wav\n", "u1 go\n", "line 2: 'u1' stands there twice"),
        ("u1 a.wav\n\n", "u1 go\n", "line 2: the line is blank"),
        ("u1 a.wav\n", "u2 go\n", "line 1: the text is blank"),
        ("", "u2 go\n", "is empty"),
        ("u1\n", "u2 go\n", "no sound file"),
    ],
)
def test_a_kaldi_folder_that_cannot_be_used_is_one_sentence(folder, scp, text, message):
    write(folder, scp, "wav.scp")
    write(folder, text, "text")
    with pytest.raises(DataError, match=message):
        read_manifest(folder, labelled=True)


def test_a_folder_of_something_else_is_told_what_it_lacks(folder):
    with pytest.raises(DataError, match=r"is a folder without the file wav\.scp; expected a table"):
        read_manifest(folder, labelled=False)
    write(folder, "u1 a.wav\n", "wav.scp")
    with pytest.raises(DataError, match=r"is a folder without the file text; expected a table"):
        read_manifest(folder, labelled=True)
