"""What the defaults of ``ostinato train language`` reach on piano rolls: nats per frame, its own test part.

    OSTINATO_DATA=… python -m benchmarks.music [--only jsb,nottingham] [--seeds 3] [--keep FOLDER]

JSB Chorales and Nottingham as Boulanger-Lewandowski et al. 2012 (arXiv:1206.6392) split them: a model is
trained on the training part and the epoch chosen on the validation part; the score is the negative
log-likelihood of all frames of the test part over their number, the first of each sequence included. Every
run is a user's: ``ostinato train language``, then ``ostinato evaluate``; seconds are of the whole training
process, start-up included. What was published beside it:

    Chung et al. 2014 (arXiv:1412.3555)    JSB: GRU 8.54, LSTM 8.67    Nottingham: GRU 3.23, LSTM 3.20
    Bai et al. 2018 (arXiv:1803.01271)     JSB: GRU 8.43, LSTM 8.45    Nottingham: GRU 3.46, LSTM 3.29
"""

import argparse
from pathlib import Path
from statistics import mean

from benchmarks.commands import data, evaluated, machine, trained, workplace

FILES = {"jsb": "JSB_Chorales.mat", "nottingham": "Nottingham.mat"}
WANTED = {"jsb": "8.45", "nottingham": ""}


def measured(rolls: Path, model: Path, seed: int) -> tuple[float, float, float, int, float]:
    """Train and evaluate once: validation and test nats, test accuracy, the epoch kept, seconds."""
    found, spent = trained("language", rolls, "--out", model, "--seed", seed)
    scores = evaluated(model, rolls)["scores"]
    return (
        found["scores"]["loss"],
        scores["nats_per_frame"],
        scores["accuracy"],
        found["epoch"],
        spent.seconds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="jsb")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="where the models stay; else they are removed")
    options = parser.parse_args()
    folder = data("music_pianoroll")
    print(f"{machine()}\n")
    print(
        "| rolls | seed | validation nats | test nats per frame | test accuracy | epoch | seconds | wanted |"
    )
    print("| --- " * 8 + "|", flush=True)
    with workplace(options.keep) as work:
        for name in options.only.split(","):
            tests = []
            for seed in range(options.seeds):
                valid, test, accuracy, epoch, seconds = measured(
                    folder / FILES[name], work / f"{name}-{seed}", seed
                )
                tests.append(test)
                print(
                    f"| {name} | {seed} | {valid:.4f} | {test:.4f} | {accuracy:.2%} | {epoch} "
                    f"| {seconds:.0f} | {WANTED[name]} |",
                    flush=True,
                )
            print(f"| {name} | mean | | {mean(tests):.4f} | | | | {WANTED[name]} |", flush=True)


if __name__ == "__main__":
    main()
