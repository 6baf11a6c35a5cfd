"""Write a model in another form."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    to: Annotated[
        Literal["int8", "onnx", "triton"],
        typer.Option(
            help="int8: a model directory with 8-bit recurrent weights; onnx: ONNX files; triton: a model "
            "folder for Triton Inference Server"
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="OUT", help="what to write: a new directory, or for onnx a file NAME.onnx"),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="int8: also judge both models on this labelled file", metavar="DATA"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="int8: replace what is there")] = False,
    json: Annotated[bool, typer.Option("--json", help="int8: print JSON, not a table")] = False,
) -> None:
    """Write MODEL in another form, checked against it first; print what was written.

    For int8, sizes and, with --data, scores before and after.
    """
    if to == "int8":
        _to_int8(model, out, data, overwrite, json)
        return
    from ostinato.cli.options import UsageError
    from ostinato.cli.output import result
    from ostinato.export.onnx import to_onnx
    from ostinato.export.triton import to_triton

    if data is not None or overwrite or json:
        raise UsageError(f"--data, --overwrite and --json belong to --to int8; leave them out of --to {to}.")
    written = to_onnx(model, out) if to == "onnx" else to_triton(model, out.parent, out.name)
    result("".join(f"{path}\n" for path in written))


def _to_int8(model: Path, out: Path, data: Path | None, overwrite: bool, json: bool) -> None:
    from ostinato.cli.output import result, result_json
    from ostinato.export import int8

    int8.export(model, out, overwrite=overwrite)
    sizes = tuple(sum(file.stat().st_size for file in place.iterdir()) for place in (model, out))
    scores = {} if data is None else int8.compare(model, out, data)
    if json:
        result_json({"bytes": sizes, "scores": {name: found._asdict() for name, found in scores.items()}})
        return
    lines = [f"{'':<24}{'before':>12}{'after':>12}", f"{'bytes':<24}{sizes[0]:>12,}{sizes[1]:>12,}"]
    lines += [f"{name:<24}{found.before:>12.4f}{found.after:>12.4f}" for name, found in scores.items()]
    result("\n".join(lines) + "\n")
