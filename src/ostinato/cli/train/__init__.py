"""Train a model: one subcommand a task."""

import typer

from ostinato.cli.options import with_options
from ostinato.cli.train.classify import classify
from ostinato.cli.train.language import Flags, language
from ostinato.spec.classify import ClassifyOptions

app = typer.Typer(help="Train a model.", rich_markup_mode="rich")
app.command("classify")(with_options(ClassifyOptions, classify))
app.command("language")(with_options(Flags, language))
app.callback()(lambda: None)
