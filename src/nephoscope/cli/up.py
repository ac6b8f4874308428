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
from queue import Empty, SimpleQueue
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
    _check(settings)
    os.umask(0o077)  # what is kept is this user's alone, whatever folder was given
    stopping = _stopping()
    board = Board("Nephoscope")
    with ExitStack() as running:
        running.enter_context(_shown(board))
        board.note(f"everything is kept in {settings.data}")
        if settings.accounts or settings.sources:
            running.enter_context(_watch_configured(settings, board, stopping, for_s))
        else:
            with _given_up(stopping):
                running.enter_context(_watch_sandbox(settings, board, stopping, for_s, plays=incident))
    print("stopped; everything is kept, start again to go on")


def _check(config: Config) -> None:
    """Raise ConfigError for exporters and routes that are written wrong, before anything is started."""
    if config.exporters or config.routes:
        from nephoscope.pipeline.exports import exports_of

        exports_of(config)


def _require(config: Config) -> None:
    """Raise MissingExtra naming the extra that this configuration needs and is not there."""
    import importlib.util

    needs = [("server", "sqlalchemy"), ("server", "chdb"), ("aws", "boto3")]
    if not config.accounts and not config.sources:
        needs = [("sandbox", module) for module in ("chdb", "sqlalchemy", "boto3", "moto")]
    for extra, module in needs:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("nephoscope up", extra)


class Stopping(threading.Event):
    """Set in the main thread after Ctrl-C or SIGTERM.

    asked: the signals that came. A handler may only put into a queue: setting an event takes its lock, which whoever
    the signal interrupts may hold. is_hasty: nothing is at stake yet, so what is being done is broken off at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = SimpleQueue[int]()
        self.is_hasty = False

    def is_asked(self, within_s: float) -> bool:
        """Whether a signal came, or comes within some seconds; for the main thread."""
        try:
            self.asked.get(timeout=within_s)
        except Empty:
            return self.is_set()
        self.set()
        return True


def _stopping() -> Stopping:
    """Asked by the first Ctrl-C; a second one ends at once."""
    event = Stopping()
    came: list[int] = []

    def stop(number: int, frame: Any) -> None:
        came.append(number)
        event.asked.put(number)
        if event.is_hasty or (len(came) > 1 and number == signal.SIGINT):
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return event


@contextmanager
def _given_up(stopping: Stopping) -> Iterator[None]:
    """What may be broken off ends quietly here."""
    try:
        yield
    except KeyboardInterrupt:
        if not stopping.is_hasty:
            raise
        stopping.set()


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
def _watch_configured(config: Config, board: Board, stopping: Stopping, for_s: float) -> Iterator[None]:
    from nephoscope.clouds.named import clouds_of, log_clouds_of
    from nephoscope.watch import watching

    board.title = f"Nephoscope · {config.path}"
    with watching(config, clouds_of(config), board, log_clouds_of(config)) as watch, portal_of(watch, board):
        board.begin(watch.open_before)
        _look_on(watch, board, stopping, for_s)
    yield


@contextmanager
def _watch_sandbox(config: Config, board: Board, stopping: Stopping, for_s: float, *, plays: bool) -> Iterator[None]:
    from nephoscope.sandbox.stage import staged

    threading.Thread(target=_warm, name="warm", daemon=True).start()
    board.title = "Nephoscope · sandbox (no account is configured)"
    board.note("starting the sandbox: a small AWS on this machine, with a company of three accounts")
    stopping.is_hasty = True  # a company half built is built anew by the next start
    with staged(config.data / "sandbox", board.note) as stage:
        stopping.is_hasty = False
        board.note(f"the sandbox answers at {stage.sandbox.endpoint_url}")
        clouds, log_clouds = stage.clouds()
        from nephoscope.watch import watching

        same = {name: getattr(config, name) for name in ("exporters", "routes", "portal", "schedules")}
        watched = replace(stage.config(config.data), **same)
        theatre = Theatre(stage, board, stopping)
        with (
            watching(watched, clouds, board, log_clouds, stage.acting()) as watch,
            portal_of(watch, board, theatre),
        ):
            with watch.stores.ledger.write() as connection:
                stage.accept_risks(connection)
            board.begin(watch.open_before)
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


def _look_on(watch: Watch, board: Board, stopping: Stopping, for_s: float) -> None:
    """Draw what the arrows have done until somebody wants to stop."""
    import time

    end = time.monotonic() + for_s if for_s else float("inf")
    while time.monotonic() < end and not stopping.is_asked(LOOK_S):
        for name, logs in watch.logs.items():
            board.read(name, f"{name} ({logs.source.name})", f"{logs.objects:,} files, {logs.events:,} events")
        if watch.items is not None:
            items = watch.items
            accounts = len(items.plan.regions)
            is_begun = items.known and accounts
            done = f"{len(items.known):,} resources in {accounts} accounts" if is_begun else "reading…"
            board.read("inventory", "inventory", done)
        if watch.has_read_all:
            board.end_first_look()
        board.count(**watch.totals())
    board.note("stopping: what was begun is finished; Ctrl-C again does not wait")
    stopping.set()
