"""The command line: verbs are registered here, and here alone an error becomes one line and an exit code.

Exit codes: 0; 1, the user's error, one line on stderr; 2, usage; 130 and 143, interrupted; 141, whoever read
stdout has gone. A bug shows its traceback.
"""

import sys
import warnings
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from ostinato.errors import Interrupted, OstinatoError, OstinatoWarning

if TYPE_CHECKING:
    import typer


def main() -> NoReturn:
    """Run ``ostinato`` with the process's arguments, and leave with its exit code."""
    if not sys.warnoptions:
        warnings.showwarning = _show_warning  # libraries' warnings are for developers; -W shows them
    try:
        code = run(sys.argv[1:])
    except Interrupted as error:
        code = _fail(str(error), error.exit_code)
    except OstinatoError as error:
        code = _fail(f"Error: {error}", 1)
    except KeyboardInterrupt:
        code = _fail("Interrupted.", 130)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; raise the user's errors as they come from the library."""
    import typer

    from ostinato.cli.options import UsageError

    try:
        code = application()(arguments or ["--help"], prog_name="ostinato", standalone_mode=False)
    except UsageError as error:
        return _fail(_usage(error), 2)
    except typer.Abort:  # what older typer makes of KeyboardInterrupt
        raise KeyboardInterrupt from None
    if code == 130:  # what newer typer makes of it
        raise KeyboardInterrupt
    return code or 0


def application() -> "typer.Typer":
    """Return the whole command line."""
    import typer

    from ostinato.cli import train
    from ostinato.cli.chat import TalkOptions, chat
    from ostinato.cli.evaluate import evaluate
    from ostinato.cli.export import export
    from ostinato.cli.forecast import forecast
    from ostinato.cli.generate import GenerateOptions, generate
    from ostinato.cli.inspect import inspect
    from ostinato.cli.options import with_options
    from ostinato.cli.predict import predict
    from ostinato.cli.serve import serve
    from ostinato.cli.stream import stream
    from ostinato.cli.transcribe import transcribe
    from ostinato.serve.limits import Limits

    app = typer.Typer(
        help="Recurrent sequence models, from raw files to a live stream.",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.add_typer(train.app, name="train")
    writing = (with_options(GenerateOptions, generate), with_options(TalkOptions, chat))
    reading = (evaluate, predict, forecast, transcribe, stream)
    for verb in (*reading, *writing, with_options(Limits, serve), export, inspect):
        app.command()(verb)
    version = typer.Option("--version", help="print the version", is_eager=True, callback=_print_version)

    @app.callback()
    def options(version: Annotated[bool, version] = False) -> None:
        """Recurrent sequence models, from raw files to a live stream."""

    return app


def _print_version(wanted: bool) -> None:
    import typer

    from ostinato.version import __version__

    if wanted:
        typer.echo(f"ostinato {__version__}")
        raise typer.Exit


def _usage(error: Any) -> str:
    """Return click's message, and where to read on."""
    message = f"Error: {error.format_message()}".replace(": Value error, ", ": ")  # typer's own word for it
    message = message.replace(". Choose from:\n\t", "; choose from ").replace(",\n\t", ", ")  # its own lines
    if error.ctx is None:
        return message
    stop = "" if message.endswith((".", "?", "!")) else "."
    return f"{message}{stop} See '{error.ctx.command_path} --help'."


def _fail(message: str, code: int) -> int:
    """Print a message as one line on stderr, however long it is, and return the exit code."""
    from ostinato.cli.output import say

    say(message)
    return code


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
    """Print our own warnings as one line; keep others' from users."""
    from ostinato.cli.output import say

    if issubclass(category, OstinatoWarning):
        say(f"Warning: {message}")
