"""Let a language model write."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ostinato.cli.options import UsageError
from ostinato.spec.base import Spec
from ostinato.spec.sampling import Sampling


class GenerateOptions(Spec):
    """All options of ``ostinato generate`` that are no matter of the command line."""

    sampling: Sampling = Sampling()


def generate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="a language model's directory")],
    prompt: Annotated[str, typer.Option(help="what the text goes on from", metavar="TEXT")] = "",
    length: Annotated[int, typer.Option(help="tokens to write at most", min=1)] = 500,
    samples: Annotated[int, typer.Option(help="how many texts", min=1, max=10_000)] = 1,
    stop: Annotated[str | None, typer.Option(help="end before this comes up", metavar="TEXT")] = None,
    stream: Annotated[bool, typer.Option("--stream", help="print every token as it is drawn")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON: the prompt and the texts")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Write text with MODEL, token by token; the prompt is printed before it."""
    from ostinato import runtime
    from ostinato.cli.output import result, result_json
    from ostinato.errors import ArgumentError

    if stream and (json or samples > 1):
        raise UsageError("--stream prints one text as it is written; leave --samples and --json out.")
    loaded = runtime.load(model)
    if not isinstance(loaded, runtime.TextModel):
        raise ArgumentError(f"{model} is a {loaded.spec.task} model; expected a language model.")
    sampling = Sampling(**given)
    if stream:
        result(prompt)
        for (piece,) in loaded.write(prompt, length, sampling, stop=stop):
            result(piece)
        result("\n")
        return
    texts = loaded.generate(prompt, length, sampling, samples, stop)
    if json:
        result_json({"prompt": prompt, "texts": texts})
    else:
        result("\n\n".join(prompt + text for text in texts) + "\n")
