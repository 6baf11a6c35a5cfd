"""Turn a model into what other programs run."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model directory")],
    to: Annotated[
        Literal["onnx", "triton"],
        typer.Option("--to", help="ONNX files, or a folder for Triton Inference Server"),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="PLACE", help="NAME.onnx, or the new folder in a model repository"),
    ],
) -> None:
    """Write MODEL in another form, checked against it first; print what was written."""
    from ostinato.cli.output import result
    from ostinato.export.onnx import to_onnx
    from ostinato.export.triton import to_triton

    written = to_onnx(model, out) if to == "onnx" else to_triton(model, out.parent, out.name)
    result("".join(f"{path}\n" for path in written))
