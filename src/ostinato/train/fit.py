"""From sequences and options to a trained model, in memory or in a directory."""

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ostinato.archive import model as archive
from ostinato.archive import store
from ostinato.archive.manifest import MANIFEST
from ostinato.errors import ArgumentError, DivergedError, MissingExtraError, ModelFileError
from ostinato.evaluate.report import write_training_html
from ostinato.nn.network import Network, initialise
from ostinato.preprocess.base import Preprocessor
from ostinato.preprocess.prepare import from_spec
from ostinato.spec.given import check_needs
from ostinato.spec.model import Model
from ostinato.spec.options import TaskOptions
from ostinato.tasks.base import Examples, Options, Problem, Task
from ostinato.train.card import card
from ostinato.train.fingerprint import Fingerprint, data_sha256, versions
from ostinato.train.loop import Tensors
from ostinato.train.progress import Progress, Silent
from ostinato.train.run import SECONDS, RunDirectory
from ostinato.train.session import Prepare, Session
from ostinato.train.settings import settings
from ostinato.train.tensorboard import Board
from ostinato.train.transfer import transfer


@dataclass(frozen=True)
class Trained:
    """A trained model in memory.

    Args:
        model: everything about it but its weights.
        tensors: the weights, by name.
        preprocessor: fitted on the training part.
    """

    model: Model
    tensors: Tensors
    preprocessor: Preprocessor


class Nowhere:
    """The keeper of a run of which nothing is kept on disk."""

    def after_step(self, session: Session) -> None:
        """Do nothing."""

    def after_epoch(self, session: Session) -> None:
        """Do nothing."""


def fit(
    task: Task[Examples, Options],
    data: Examples,
    options: Options,
    *,
    valid: Examples | None = None,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: Path | None = None,
    tensorboard: Path | None = None,
    report: Progress | None = None,
    checkpoint_seconds: float = SECONDS,
) -> Trained:
    """Train a model.

    With ``out`` the model is written there when training is over; ``out`` + ``.run`` holds the checkpoints,
    ``metrics.csv`` and the report. A run that was killed goes on bit for bit with ``resume`` and otherwise
    the same arguments.

    Args:
        task: what is learnt.
        data: all examples; what the options split off for validation is among them.
        options: what is None is chosen from the data by the task.
        valid: validation examples, if they are not to be split off.
        out: the model directory to write; None: write nothing at all.
        resume: go on with the run of ``out``; start it if it never began.
        overwrite: replace a model, or throw away an unfinished run, that is there.
        init_from: a model directory whose weights to start from, as far as they fit.
        tensorboard: where to write TensorBoard logs.
        report: told how training goes.
        checkpoint_seconds: seconds between checkpoints at least; 0: one after every step.

    Raises:
        ArgumentError: an option cannot be used here.
        DataError: the data cannot be used.
        ModelFileError: ``out`` is there and may not be replaced, or a file cannot be written or read.
        ResumeError: the run to go on with had other options, data or versions.
        BusyError: another process is using the run directory.
        TrainingError: training could not go on; a DivergedError if a number became NaN or infinite.
        Interrupted: SIGINT or SIGTERM came, and the run is saved.
    """
    progress = Silent() if report is None else report
    _check_place(out, resume, overwrite)
    given = options
    options = task.resolve(data, options if valid is None else task.unsplit(options))
    check_needs(given, options)
    with ExitStack() as stack:
        stack.callback(progress.end)
        threads = stack.enter_context(settings(options.training.threads, options.training.device))
        board = None if tensorboard is None else stack.enter_context(Board(tensorboard))
        options = _with_threads(options, threads)
        fingerprint = Fingerprint(
            task=task.name,
            options=options,
            data_sha256=data_sha256(data, valid),
            initial_sha256=None if init_from is None else _sha256(init_from / MANIFEST),
            versions=versions(),
        )
        prepare = _prepare(options, init_from, progress)
        log = [progress.epoch] if board is None else [progress.epoch, board.write]
        plan = task.plan(data, valid, options)
        session = Session(task, plan, options, fingerprint, prepare, progress, log)
        if out is not None:
            return _keep(session, RunDirectory(out, checkpoint_seconds, progress), resume, overwrite)
        session.start()
        session.run(Nowhere())
        return _trained(session)


def _keep(session: Session, run: RunDirectory, resume: bool, overwrite: bool) -> Trained:
    """Train in a run directory, from its beginning or from where it stopped, and publish the model."""
    afresh = not resume or not run.path.exists()
    if afresh:
        run.require_unused(overwrite)
        session.start()  # before the directory is made: bad data is refused with nothing written
    with run:
        if not afresh and run.finished(session.fingerprint):
            session.progress.say(f"{run.model} has been finished before; nothing was changed.")
            return _loaded(run.model)
        if afresh or not run.resume(session):
            _begin(session, run, afresh, resume, overwrite)
        replace = _may_replace(session, run.model)
        try:
            session.run(run)
        except DivergedError as error:
            raise DivergedError(f"{error} {run.rescue(session)}") from error
        return _publish(session, run, replace)


def _begin(session: Session, run: RunDirectory, started: bool, resume: bool, overwrite: bool) -> None:
    if resume:
        session.progress.say(f"{run.path} holds no checkpoint to resume; starting afresh.")
    if not started:
        session.start()
    session.overwrite = overwrite
    store.check_target(run.model, archive.MODEL, overwrite=overwrite)
    run.begin(session)


def _publish(session: Session, run: RunDirectory, replace: bool) -> Trained:
    trained = _trained(session)
    tokenizer_json = trained.preprocessor.tokenizer_json()
    text = card(trained.model, run.model.name)
    archive.save(run.model, trained.model, trained.tensors, tokenizer_json, text, overwrite=replace)
    try:
        write_training_html(trained.model, run.path / "report.html", run.model.name)
    except MissingExtraError as error:
        session.progress.say(f"no training report was written: {error}")
    run.finish(session)
    return trained


def _may_replace(session: Session, out: Path) -> bool:
    """Return whether a model that is there may be replaced: on request, or since this very run had made it.

    A run that was killed after it had published its model, and before it noted so, publishes it again.
    """
    if session.overwrite or not out.exists():
        return session.overwrite
    saved, mine = archive.load(out).model, session.fingerprint
    own = saved.recipe == mine.options and saved.training.data_sha256 == mine.data_sha256
    store.check_target(out, archive.MODEL, overwrite=own)
    return own


def _trained(session: Session) -> Trained:
    problem = session.stage.trainers[0].problem
    return Trained(session.model(), session.stage.kept(), problem.preprocessor)


def _loaded(path: Path) -> Trained:
    saved = archive.load(path)
    preprocessor = from_spec(saved.model.preprocessing, saved.tokenizer_json)
    return Trained(saved.model, saved.tensors, preprocessor)


def _prepare(options: TaskOptions, init_from: Path | None, progress: Progress) -> Prepare:
    """Return what is done to every fresh network: initialisation, and another model's weights."""
    initial = None if init_from is None else archive.load(init_from)
    told: set[str] = set()

    def prepare(problem: Problem, network: Network) -> None:
        initialise(network, options.network)
        problem.begin(network)
        if initial is None:
            return
        for sentence in transfer(network, problem, initial):
            if sentence not in told:
                progress.say(sentence)
            told.add(sentence)

    return prepare


def _check_place(out: Path | None, resume: bool, overwrite: bool) -> None:
    if out is not None:
        store.check_target(out, archive.MODEL, overwrite=overwrite or resume)
    elif resume or overwrite:
        raise ArgumentError("resume and overwrite are about a model directory; pass out as well.")


def _with_threads(options: Options, threads: int) -> Options:
    return options.model_copy(update={"training": options.training.model_copy(update={"threads": threads})})


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(path, "unreadable", f"{error.strerror}; name a model's directory.") from error
