"""Train a model: one subcommand a task."""

import typer

from ostinato.cli.options import with_options
from ostinato.cli.train.classify import classify
from ostinato.cli.train.language import language
from ostinato.cli.train.tag import tag
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.language import LanguageOptions
from ostinato.spec.tag import TagOptions

app = typer.Typer(help="Train a model.", rich_markup_mode="rich")
app.command("classify")(with_options(ClassifyOptions, classify))
app.command("language")(with_options(LanguageOptions, language))
app.command("tag")(with_options(TagOptions, tag))
app.callback()(lambda: None)
