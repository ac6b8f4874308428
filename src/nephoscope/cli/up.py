"""`nephoscope up`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._live import Board
from nephoscope.cli._portal import Theatre, portal_of
from nephoscope.model.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.config import Config
    from nephoscope.watch import Watch

REFRESHES_PER_S = 4
LOOK_S = 0.5


def up(
    config: Annotated[Path | None, typer.Option(help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option(help="the data folder; else as configured")] = None,
    for_s: Annotated[float, typer.Option(help="stop by itself after so many seconds; 0 never")] = 0.0,
    incident: Annotated[bool, typer.Option(help="let an incident play by itself in the sandbox")] = True,
) -> None:
    """Watch: read logs and configuration, show what is seen, what is not, and findings with their actors.

    Watches the accounts and sources of nephoscope.toml, and only those. Without any it starts the sandbox: a small AWS
    on this machine with a company in it, in which an incident plays. Ctrl-C stops everything that was started.

    Example: nephoscope up --config /etc/nephoscope.toml
    """
    from nephoscope.config import load

    settings = load(config, data)
    _require(settings)
    os.umask(0o077)  # what is kept is this user's alone, whatever folder was given
    stopping = _stopping()
    board = Board("Nephoscope")
    with ExitStack() as running:
        running.enter_context(_shown(board))
        board.note(f"everything is kept in {settings.data}")
        if settings.accounts or settings.sources:
            running.enter_context(_watch_configured(settings, board, stopping, for_s))
        else:
            running.enter_context(_watch_sandbox(settings, board, stopping, for_s, plays=incident))
    print("stopped; everything is kept, start again to go on")


def _require(config: Config) -> None:
    """Raise MissingExtra naming the extra that this configuration needs and is not there."""
    import importlib.util

    needs = [("server", "sqlalchemy"), ("server", "chdb"), ("aws", "boto3")]
    if not config.accounts and not config.sources:
        needs = [("sandbox", module) for module in ("chdb", "sqlalchemy", "boto3", "moto")]
    for extra, module in needs:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("nephoscope up", extra)


def _stopping() -> threading.Event:
    """Set by Ctrl-C and SIGTERM; a second Ctrl-C ends at once."""
    event = threading.Event()

    def stop(number: int, frame: Any) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return event


@contextmanager
def _shown(board: Board) -> Iterator[None]:
    """A live view on a terminal; lines, as things happen, elsewhere."""
    if not sys.stdout.isatty():
        board.said = _print_line
        yield
        return
    from rich.live import Live

    with Live(board, refresh_per_second=REFRESHES_PER_S, screen=False, vertical_overflow="crop"):
        yield


def _print_line(text: str) -> None:
    print(f"{datetime.now().astimezone():%H:%M:%S} {text}", flush=True)


@contextmanager
def _watch_configured(config: Config, board: Board, stopping: threading.Event, for_s: float) -> Iterator[None]:
    from nephoscope.clouds.named import clouds_of, log_clouds_of
    from nephoscope.watch import watching

    board.title = f"Nephoscope · {config.path}"
    with watching(config, clouds_of(config), board, log_clouds_of(config)) as watch, portal_of(watch, board):
        board.begin()
        _look_on(watch, board, stopping, for_s)
    yield


@contextmanager
def _watch_sandbox(
    config: Config, board: Board, stopping: threading.Event, for_s: float, *, plays: bool
) -> Iterator[None]:
    from nephoscope.sandbox.stage import staged

    threading.Thread(target=_warm, name="warm", daemon=True).start()
    board.title = "Nephoscope · sandbox (no account is configured)"
    board.note("starting the sandbox: a small AWS on this machine, with a company of three accounts")
    with staged(config.data / "sandbox", board.note) as stage:
        board.note(f"the sandbox answers at {stage.sandbox.endpoint_url}")
        clouds, log_clouds = stage.clouds()
        from nephoscope.watch import watching

        settings = replace(stage.config(config.data), portal=config.portal)
        theatre = Theatre(stage, board, stopping)
        with watching(settings, clouds, board, log_clouds) as watch, portal_of(watch, board, theatre):
            board.begin()
            if plays:
                _let_play(theatre, watch, board, stopping)
            _look_on(watch, board, stopping, for_s)
    yield


def _warm() -> None:
    """Load what watching needs while the sandbox's process starts."""
    import importlib

    for module in ("nephoscope.watch", "chdb", "boto3", "nephoscope.portal.server"):
        importlib.import_module(module)


def _let_play(theatre: Theatre, watch: Watch, board: Board, stopping: threading.Event) -> None:
    """Play an incident once the accounts were read: what it changes can then be told from what was before."""
    name = theatre.stage.next_incident()
    if not name:
        board.note(
            "every incident has played here; play one again from the portal, or: nephoscope sandbox incident NAME"
        )
        return

    def wait() -> bool:
        while not watch.has_read_all and not stopping.wait(LOOK_S):
            pass
        return not stopping.is_set()

    theatre.play(name, wait)


def _look_on(watch: Watch, board: Board, stopping: threading.Event, for_s: float) -> None:
    """Draw what the arrows have done until somebody wants to stop."""
    import time

    end = time.monotonic() + for_s if for_s else float("inf")
    while time.monotonic() < end and not stopping.wait(LOOK_S):
        for name, logs in watch.logs.items():
            board.read(name, f"{name} ({logs.source.name})", f"{logs.objects:,} files, {logs.events:,} events")
        if watch.items is not None:
            items = watch.items
            accounts = len(items.plan.regions)
            done = f"{len(items.known):,} resources in {accounts} accounts" if items.known else "reading…"
            board.read("inventory", "inventory", done)
        if watch.has_read_all:
            board.end_first_look()
        board.count(**watch.totals())
    stopping.set()
