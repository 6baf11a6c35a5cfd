"""The textbook's two troubles with recurrence, and their cures: measured, learnt, and drawn.

The task: one of four symbols is shown, then 20, 100 or 400 random ones of another four; which was the first?
To learn it, the gradient of the loss must reach back to the first step.

    vanishing        a plain RNN's gradient dies on its way; LSTM and GRU, begun with gates that fit the
                     length (Tallec & Ollivier 2018, arXiv:1804.11188), keep theirs alive, and learn
    exploding        a recurrence that is too strong: one huge gradient wrecks the run, clipping rescues it
    initialisation   orthogonal recurrence and forget-gate bias: what each does to gradient and learning

Run ``python examples/textbook_troubles.py [--out DIRECTORY] [--seed 0] [--quick]``. It takes a few minutes,
prints what came out, and draws a figure for each of the three. With seeds 0, 1 and 2 the outcomes are the
same but for the plain RNN at 20 steps, which learns with seed 0 alone.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.evaluate.gradient_flow import verdict
from ostinato.nn.init import forget_gate_bias_, orthogonal_recurrence_
from ostinato.nn.network import Network
from ostinato.spec import network as spec
from ostinato.spec.options import TrainingOptions
from ostinato.spec.record import GradientFlow
from ostinato.train import optimizers
from ostinato.train.gradient_flow import measure

SYMBOLS = 4
HIDDEN = 32
BATCH = 32
LEARNT = 0.99
WINDOW = 20
ADAM = TrainingOptions(optimizer="adam", learning_rate=5e-3, weight_decay=0.0, clip_norm=1.0)
SLOWER = ADAM.model_copy(update={"learning_rate": 2e-3})
SGD = TrainingOptions(optimizer="sgd", learning_rate=3e-2, momentum=0.9, weight_decay=0.0, clip_norm=1.0)

Batch = tuple[PackedSequence, Tensor]
Prepare = Callable[[nn.RNNBase, int], object]
"""Changes a new layer's initial values; it is told how many steps must be bridged."""


class Way(NamedTuple):
    """A layer to try: its name in table and figures, its cell, its initial values, its colour."""

    name: str
    cell: Literal["rnn_tanh", "lstm", "gru"]
    prepare: Prepare
    color: str


@dataclass
class Trial:
    """One training run.

    Args:
        way: what is tried.
        delay: random symbols after the one to be recalled.
        flow: the gradient flow before the first update.
        losses, norms, accuracies: one an update; norms of the gradient are those before clipping.
        score: accuracy on 512 new sequences afterwards.
    """

    way: Way
    delay: int
    flow: GradientFlow
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    score: float = 0.0

    def going_on(self, updates: int) -> bool:
        """Return whether there are updates left and the last batches were not yet right."""
        last = self.accuracies[-WINDOW:]
        return len(self.losses) < updates and (len(last) < WINDOW or sum(last) / WINDOW < LEARNT)

    def row(self) -> str:
        """Return the trial's line in the table."""
        reach = self.flow.norms[-1] / self.flow.norms[0]
        outcome = "learnt" if self.score > 0.95 else "fails"
        return (
            f"{self.way.name:<26} {self.delay:>5} {reach:>10.1e} {self.score:>9.2f} "
            f"{outcome:>7} {len(self.losses):>8} {max(self.norms):>9.3g}"
        )


HEADER = (
    f"{'layer':<26} {'steps':>5} {'gradient*':>10} {'accuracy':>9} {'outcome':>7} {'updates':>8} {'peak':>9}"
)
FOOTER = "* norm of dLoss/dh at the first step, as a part of that at the last, before any training"


def recall(delay: int, size: int, generator: torch.Generator) -> Batch:
    """Return sequences of one symbol and ``delay`` others, one-hot, and the numbers of the first symbols."""
    first = torch.randint(SYMBOLS, (1, size), generator=generator)
    others = torch.randint(SYMBOLS, 2 * SYMBOLS, (delay, size), generator=generator)
    steps = F.one_hot(torch.cat([first, others]).flatten(), 2 * SYMBOLS).float()
    return PackedSequence(steps, torch.full((delay + 1,), size)), first[0]


def as_torch(layer: nn.RNNBase, delay: int) -> None:
    """Keep torch's initial values, uniform in ±1 / sqrt(H)."""


def orthogonal(layer: nn.RNNBase, delay: int) -> None:
    """Begin with a recurrence that keeps the length of what it carries."""
    orthogonal_recurrence_(layer)


def too_strong(layer: nn.RNNBase, delay: int) -> None:
    """Begin with a recurrence that makes what it carries three times as long at each step."""
    orthogonal_recurrence_(layer)
    layer.get_parameter("weight_hh_l0").detach().mul_(3.0)


def fit_to_length(layer: nn.RNNBase, delay: int) -> None:
    """Begin with units that remember for 1 to ``delay`` steps (Tallec & Ollivier 2018, section 2).

    LSTM: b_f = log u and b_i = -log u. GRU: b_z = log u, since its z does what an LSTM's f does. Each unit
    has its own u, uniform in 1 … delay.
    """
    size = layer.hidden_size
    bias, other = (layer.get_parameter(name).detach() for name in ("bias_ih_l0", "bias_hh_l0"))
    memory = torch.empty(size).uniform_(1, delay).log()
    bias[size : 2 * size], other[size : 2 * size] = memory, 0.0  # rows i, f, g, o or r, z, n
    if layer.mode == "LSTM":
        bias[:size], other[:size] = -memory, 0.0


PLAIN = Way("plain RNN", "rnn_tanh", as_torch, "#c0392b")
LSTM = Way("LSTM, gates fit to length", "lstm", fit_to_length, "#2c6fbb")
GRU = Way("GRU, gates fit to length", "gru", fit_to_length, "#2e8b57")
UNCLIPPED = Way("not clipped", "rnn_tanh", too_strong, "#c0392b")
CLIPPED = Way("clipped at norm 1", "rnn_tanh", too_strong, "#2c6fbb")
INITIALISATIONS = (
    PLAIN,
    Way("plain RNN, orthogonal", "rnn_tanh", orthogonal, "#e08e0b"),
    Way("LSTM", "lstm", as_torch, "#9aa5b1"),
    Way("LSTM, forget bias 1", "lstm", lambda layer, _: forget_gate_bias_(layer, 1.0), "#7fb2e5"),
    Way("LSTM, forget bias 5", "lstm", lambda layer, _: forget_gate_bias_(layer, 5.0), "#2c6fbb"),
)


def build(way: Way, delay: int) -> Network:
    """Return a new network that reads symbols and answers at the last step."""
    ops = (
        spec.Recurrent(cell=way.cell, hidden_size=HIDDEN),
        spec.Pool(kinds=("last",)),
        spec.Head(size=SYMBOLS),
    )
    network = Network(spec.Network(input="steps", input_size=2 * SYMBOLS, ops=ops))
    for module in network.children():
        if isinstance(module, nn.RNNBase):
            way.prepare(module, delay)
    return network


def summed_loss(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the summed cross-entropy and its weight."""
    return F.cross_entropy(scores, targets, reduction="sum"), torch.tensor(float(len(targets)))


def attempt(way: Way, delay: int, updates: int, seed: int, options: TrainingOptions = ADAM) -> Trial:
    """Train until the task is learnt or the updates are used up; every batch is new."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = build(way, delay)
    (flow,) = measure(network, *recall(delay, BATCH, generator), summed_loss, epoch=0)
    trial = Trial(way, delay, flow)
    optimizer = optimizers.make(network.named_parameters(), options)
    while trial.going_on(updates):
        update(trial, network, optimizer, recall(delay, BATCH, generator), options.clip_norm)
    with torch.no_grad():
        steps, targets = recall(delay, 512, generator)
        trial.score = accuracy(network(steps), targets)
    print(trial.row(), flush=True)
    return trial


def update(
    trial: Trial, network: Network, optimizer: torch.optim.Optimizer, batch: Batch, clip_norm: float
) -> None:
    """Do one update, clipped unless clip_norm is 0, and note how it went."""
    steps, targets = batch
    scores = network(steps)
    loss = F.cross_entropy(scores, targets)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or float("inf"))
    optimizer.step()
    trial.losses.append(loss.item())
    trial.norms.append(norm.item())
    trial.accuracies.append(accuracy(scores, targets))


def accuracy(scores: Tensor, targets: Tensor) -> float:
    """Return the part of the sequences whose highest score is the right one's."""
    return (scores.argmax(1) == targets).float().mean().item()


def draw_flows(axes: Any, trials: Sequence[Trial]) -> None:
    """Draw the norm of dLoss/dh against the distance from the loss."""
    for trial in trials:
        axes.semilogy(trial.flow.distances, trial.flow.norms, color=trial.way.color, label=trial.way.name)
    norms = [norm for trial in trials for norm in trial.flow.norms]
    axes.set_ylim(max(1e-30, 0.3 * min(norms)), 3 * max(norms))
    axes.set(xlabel="steps before the loss", ylabel="norm of dLoss/dh", title="Gradient before training")
    axes.legend(fontsize=8, loc="best")


def draw_accuracies(axes: Any, trials: Sequence[Trial], title: str) -> None:
    """Draw the accuracy of new batches against updates, each point a mean of the last ``WINDOW``."""
    for trial in trials:
        window = torch.tensor(trial.accuracies).unfold(0, WINDOW, 1).mean(1)
        updates = range(WINDOW, WINDOW + len(window))
        axes.plot(updates, window, color=trial.way.color, label=trial.way.name)
        axes.plot(updates[-1], window[-1], "o", color=trial.way.color, markersize=4)
    axes.axhline(1 / SYMBOLS, color="#9aa5b1", linewidth=0.8, linestyle=":")
    axes.set(xlabel="updates", ylim=(0, 1.05), title=title)


def draw(title: str, panels: int) -> tuple[Any, Any]:
    """Return a figure of some panels side by side, and the panels."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, panels, figsize=(3.6 * panels, 3.6), layout="constrained")
    figure.suptitle(title)
    return figure, axes


def finish(figure: Any, path: Path) -> None:
    """Write a figure and forget it."""
    from matplotlib import pyplot

    figure.savefig(path, dpi=150)
    pyplot.close(figure)
    print(f"drawn: {path}\n")


def vanishing(delays: Sequence[int], updates: int, seed: int, out: Path) -> None:
    """Recall over longer and longer delays: RNN, LSTM, GRU."""
    print(f"Vanishing gradients, and gates that keep them alive\n{HEADER}")
    trials = [attempt(way, delay, updates, seed) for delay in delays for way in (PLAIN, LSTM, GRU)]
    longest = [trial for trial in trials if trial.delay == delays[-1]]
    for trial in longest:
        print(f"{trial.way.name}: {verdict([trial.flow])}")
    figure, axes = draw("Recall the first symbol: what the gradient foretells", 1 + len(delays))
    draw_flows(axes[0], longest)
    for panel, delay in zip(axes[1:], delays, strict=True):
        alike = [trial for trial in trials if trial.delay == delay]
        draw_accuracies(panel, alike, f"Accuracy, {delay} steps")
    finish(figure, out / "vanishing.png")


def exploding(delay: int, updates: int, seed: int, out: Path) -> None:
    """A recurrence that is too strong, under SGD with and without clipping."""
    print(f"Exploding gradients, and clipping\n{HEADER}")
    unclipped = SGD.model_copy(update={"clip_norm": 0.0})
    trials = [
        attempt(UNCLIPPED, delay, updates, seed, unclipped),
        attempt(CLIPPED, delay, updates, seed, SGD),
    ]
    print(f"Before training: {verdict([trials[0].flow])}")
    figure, axes = draw(f"A plain RNN whose recurrence is too strong, {delay} steps, SGD", 4)
    draw_flows(axes[0], trials[:1])
    axes[0].get_legend().remove()
    for trial in trials:
        axes[1].semilogy(trial.norms, color=trial.way.color, label=trial.way.name, linewidth=0.8)
        axes[2].plot(trial.losses, color=trial.way.color, linewidth=0.8)
    axes[1].set(xlabel="updates", title="Norm of the gradient, before clipping")
    axes[1].legend(fontsize=8)
    axes[2].set(xlabel="updates", title="Loss")
    draw_accuracies(axes[3], trials, "Accuracy")
    finish(figure, out / "exploding.png")


def initialisation(delay: int, updates: int, seed: int, out: Path) -> None:
    """The same layers from other initial values."""
    print(f"Initial values that help\n{HEADER}")
    # At a higher rate an LSTM whose forget gates are all open sometimes fails: it piles up what it reads.
    trials = [attempt(way, delay, updates, seed, SLOWER) for way in INITIALISATIONS]
    for trial in trials:
        print(f"{trial.way.name}: {verdict([trial.flow])}")
    figure, axes = draw(f"What initial values do, {delay} steps", 2)
    draw_flows(axes[0], trials)
    draw_accuracies(axes[1], trials, "Accuracy")
    finish(figure, out / "initialisation.png")


def main() -> None:
    """Run the three parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("troubles"), help="directory of the figures")
    parser.add_argument("--seed", type=int, default=0, help="seed of every random choice")
    parser.add_argument("--quick", action="store_true", help="short delays and few updates, to see it work")
    options = parser.parse_args()
    mpl.use("Agg")  # draws into files, without a display
    torch.set_num_threads(1)  # the layers are small: more threads only wait for each other
    options.out.mkdir(parents=True, exist_ok=True)
    delays, updates = ((5, 10, 20), 80) if options.quick else ((20, 100, 400), 600)
    vanishing(delays, updates, options.seed, options.out)
    exploding(20, updates, options.seed, options.out)
    initialisation(10 if options.quick else 50, updates, options.seed, options.out)
    print(FOOTER)


if __name__ == "__main__":
    main()
