"""Loading runs no code, touches nothing else, and needs bounded memory and time (rule above M1 to M30)."""

import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from model_files import SERIES, TEXT, good, parts, put, refused, reseal, safetensors_of, sealed_text, weights
from ostinato.archive import manifest, model
from ostinato.spec.network import Network

AUDIT = """
    import sys

    from ostinato.archive import model
    from ostinato.errors import ModelFileError

    warm, *places = sys.argv[1:]
    model.load(warm)
    try:
        model.load(warm + "-is-not-there")
    except ModelFileError:
        pass
    try:
        model.load(sys.argv[-1])
    except ModelFileError:
        pass

    HARMLESS = {"open", "object.__getattr__"}
    NAMES = {"manifest.json", "weights.safetensors", "tokenizer.json", "README.md", *places}
    seen = []

    def watch(event, arguments):
        if event == "open" and not isinstance(arguments[0], int) and str(arguments[0]) not in NAMES:
            seen.append(f"{event} {arguments}")
        elif event not in HARMLESS:
            seen.append(f"{event} {arguments}")

    outcomes = []
    sys.addaudithook(watch)
    for place in places:
        try:
            outcomes.append(len(model.load(place).tensors))
        except ModelFileError as error:
            outcomes.append(error.reason)
    watching, seen[:] = list(seen), []
    print(outcomes)
    print("\\n".join(watching))
"""


def run(program, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


class Bomb:
    """What a pickle can do."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def pickled(place: Path, touched: Path) -> Path:
    """A model whose files are pickles, with checksums that hold."""
    header, files = parts(TEXT)
    return put(place, header, dict.fromkeys(files, pickle.dumps(Bomb(touched))))


def test_m1_loading_executes_nothing_imports_nothing_and_opens_nothing_else(tmp_path):
    touched = tmp_path / "touched"
    outcomes, *events = run(
        AUDIT,
        good(tmp_path / "warm", TEXT),
        good(tmp_path / "series"),
        good(tmp_path / "text", TEXT),
        reseal(good(tmp_path / "strange"), lambda value: value["network"]["ops"][1].update(op="os.system")),
        pickled(tmp_path / "pickled", touched),
    )
    assert (
        outcomes == f"[{len(weights(SERIES))}, {len(weights(TEXT))}, 'invalid manifest', 'invalid weights']"
    )
    assert events == [""]
    assert not touched.exists()


def test_m1_the_watch_above_sees_what_it_must(tmp_path):
    code = 'exec(\'import colorsys; open(place + "x", "w").close()\')'
    careless = AUDIT.replace("outcomes.append(len(model.load(place).tensors))", code)
    assert careless != AUDIT
    events = "\n".join(run(careless, good(tmp_path / "warm"), tmp_path / "place"))
    for word in ("compile", "exec", "import", "open"):
        assert word in events


@pytest.mark.parametrize("wrap", [pickle.dumps, lambda bomb: b"\x93NUMPY" + pickle.dumps(bomb)])
def test_m1_a_pickle_is_no_model_whatever_it_is_called(tmp_path, monkeypatch, wrap):
    touched = tmp_path / "touched"
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, lambda *_: pytest.fail("a pickle was read"))
    data = wrap(Bomb(touched))
    for name in ("m.pt", "m.pkl", "m.npy", "m"):
        (tmp_path / name).write_bytes(data)
        refused(lambda name=name: model.load(tmp_path / name), "not a model", naming=name)
    good(tmp_path / "n")
    (tmp_path / "n/manifest.json").write_bytes(data)
    refused(lambda: model.load(tmp_path / "n"), "not a model")
    assert not touched.exists()


@pytest.mark.parametrize("module", ["torch", "joblib", "dill", "cloudpickle", "h5py", "yaml"])
def test_m1_nothing_that_can_execute_is_within_reach_of_the_load_path(tmp_path, module):
    program = f"""
        import sys

        sys.modules[{module!r}] = None  # importing it fails
        from ostinato.archive import model

        print(len(model.load(sys.argv[1]).tensors))
    """
    assert run(program, good(tmp_path / "m", TEXT)) == [str(len(weights(TEXT)))]


def big(place: Path) -> Path:
    """40 MB of weights in a good model."""
    header, files = parts()
    header["network"]["ops"][1]["hidden_size"] = 1800
    network = Network.model_validate_json(json.dumps(header["network"]))
    arrays = {name: np.zeros(shape, np.float32) for name, shape in network.tensors().items()}
    return put(place, header, {**files, model.WEIGHTS: model.encode("x", arrays)})


def header_bomb(place: Path) -> Path:
    """A header of 4 MiB with as many keys and names as pass the count."""
    names = {f"{'n' * 30}{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(24_000)}
    header, files = parts()
    return put(place, header, {**files, model.WEIGHTS: safetensors_of(names)})


def manifest_bomb(unit: str):
    """A manifest of 4 MiB that is one long list of something small."""

    def make(place: Path) -> Path:
        good(place)
        room = manifest.LIMIT - 200
        text = '{\n  "format": "ostinato-model",\n  "version": [' + unit * (room // len(unit)) + "0],"
        (place / "manifest.json").write_bytes(sealed_text(text))
        return place

    return make


def shape_bomb(place: Path) -> Path:
    """A network of 2**24 by 2**24 with tiny weights."""
    reseal(good(place), lambda value: value["network"]["ops"][1].update(hidden_size=2**24, layers=64))
    return place


def sparse_bomb(place: Path) -> Path:
    """A manifest that claims the little that is there of a huge file."""
    good(place)
    with (place / model.WEIGHTS).open("r+b") as file:
        file.truncate(2**33)
    return place


BOMBS = {
    "big": big,
    "header": header_bomb,
    "shape": shape_bomb,
    "sparse": sparse_bomb,
    "lists": manifest_bomb("[],"),
    "objects": manifest_bomb("{},"),
    "texts": manifest_bomb('"ab",'),
    "floats": manifest_bomb("1.5,"),
    "integers": manifest_bomb("999,"),
    "keys": manifest_bomb('{"a":0},'),
    "deep": manifest_bomb("["),
}

MEASURE = """
    import sys
    import time
    from pathlib import Path

    from ostinato.archive import model
    from ostinato.errors import ModelFileError

    def memory(key):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024

    model.load(sys.argv[1])
    Path("/proc/self/clear_refs").write_text("5")
    before, started = memory("VmRSS"), time.perf_counter()
    try:
        loaded = model.load(sys.argv[2])
    except ModelFileError:
        pass
    print(memory("VmHWM") - before, time.perf_counter() - started)
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc to see peak memory"
)
@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS.keys())
def test_memory_stays_below_three_times_the_files_and_64_mib(tmp_path, make):
    place = make(tmp_path / "m")
    on_disk = sum(path.stat().st_blocks * 512 for path in place.iterdir())
    ((peak, seconds),) = [line.split() for line in run(MEASURE, good(tmp_path / "warm"), place)]
    assert int(peak) < 3 * on_disk + 64 * 2**20
    assert float(seconds) < 5
