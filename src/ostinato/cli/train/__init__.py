"""Train a model: one subcommand a task."""

import typer

from ostinato.cli.options import with_options
from ostinato.cli.train.chat import chat
from ostinato.cli.train.classify import classify
from ostinato.cli.train.forecast import forecast
from ostinato.cli.train.language import Flags, language
from ostinato.cli.train.regress import regress
from ostinato.cli.train.tag import tag
from ostinato.cli.train.transcribe import transcribe
from ostinato.cli.train.translate import translate
from ostinato.spec.chat import ChatOptions
from ostinato.spec.classify import ClassifyOptions
from ostinato.spec.forecast import ForecastOptions
from ostinato.spec.regress import RegressOptions
from ostinato.spec.tag import TagOptions
from ostinato.spec.transcribe import TranscribeOptions
from ostinato.spec.translate import TranslateOptions

app = typer.Typer(help="Train a model.", rich_markup_mode="rich")
app.command("classify")(with_options(ClassifyOptions, classify))
app.command("regress")(with_options(RegressOptions, regress))
app.command("language")(with_options(Flags, language))
app.command("tag")(with_options(TagOptions, tag))
app.command("translate")(with_options(TranslateOptions, translate))
app.command("transcribe")(with_options(TranscribeOptions, transcribe))
app.command("chat")(with_options(ChatOptions, chat))
app.command("forecast")(with_options(ForecastOptions, forecast))
app.callback()(lambda: None)
