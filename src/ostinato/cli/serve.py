"""Serve models over HTTP and WebSocket."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostinato.serve.limits import Limits

if TYPE_CHECKING:
    from ostinato.serve.streams.store import Store
    from ostinato.serve.web.gate import Access

STORE = "ostinato-streams.sqlite"


def serve(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL…", help="model directories; NAME=DIRECTORY names one")
    ],
    host: Annotated[str, typer.Option(help="address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port; 0: any that is free", min=0, max=65535)] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="file of NAME:TOKEN lines; clients must send one of the tokens")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="let everybody in who reaches an address that others reach")
    ] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="a further name that the server may be called by", metavar="NAME")
    ] = None,
    state_store: Annotated[
        str,
        typer.Option(help="where streams are kept: a file, redis://HOST:PORT/N, or none", metavar="STORE"),
    ] = STORE,
    print_limits: Annotated[bool, typer.Option("--print-limits", help="print all limits, and stop")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Serve MODELs: the Open Inference Protocol, plain JSON, WebSockets, and a page to try them."""
    from ostinato import checks
    from ostinato.cli.output import result_json, say

    limits = _limits(given)
    if print_limits:
        result_json(limits.model_dump(mode="json"))
        return
    for module in ("starlette", "orjson", "prometheus_client", "hypercorn"):
        checks.extra(module, "serve", "serving")
    from ostinato.serve.served import all_named
    from ostinato.serve.service import Service
    from ostinato.serve.web.server import run

    access = _access(host, token_file, insecure, allow_host or [])
    service = Service(all_named(models), limits, lambda: _store(state_store, limits))
    run(service, access, host, port, lambda address: say(f"serving {', '.join(service.models)} at {address}"))


def _limits(given: dict[str, Any]) -> Limits:
    groups = {
        name: {key: given[key] for key in field.default.__class__.model_fields if key in given}
        for name, field in Limits.model_fields.items()
    }
    return Limits.model_validate(groups)


def _access(host: str, token_file: Path | None, insecure: bool, allowed: list[str]) -> "Access":
    """Return who may come; refuse to let everybody in by mistake."""
    from ostinato.cli.options import UsageError
    from ostinato.serve.web.auth import Tokens, read_tokens
    from ostinato.serve.web.gate import Access
    from ostinato.serve.web.server import is_local

    tokens = Tokens({}) if token_file is None else read_tokens(token_file)
    if not tokens.asked and not insecure and not is_local(host):
        raise UsageError(f"{host} can be reached by others; name a --token-file, or say --insecure.")
    own = {"localhost", "127.0.0.1", "::1", host}
    hosts = {name.lower() for name in (*own, *allowed)} if allowed or not tokens.asked else set()
    return Access(tokens, frozenset() if insecure and not allowed else frozenset(hosts))


def _store(where: str, limits: Limits) -> "Store":
    from ostinato.serve.streams.sqlite import SqliteStore
    from ostinato.serve.streams.store import NoStore

    if where == "none":
        return NoStore()
    if where.startswith(("redis://", "rediss://")):
        from ostinato.serve.streams.redis import RedisStore

        return RedisStore(where, limits.streams.idle)
    return SqliteStore(where, limits.streams.idle)
