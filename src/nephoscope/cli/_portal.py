"""What `nephoscope up` adds for the portal: it is served, and the sandbox's incidents can be played from it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.cli._live import Board
    from nephoscope.sandbox.stage import Stage
    from nephoscope.watch import Watch

PACE_S = 1.5


@contextmanager
def portal_of(watch: Watch, board: Board, theatre: Theatre | None = None) -> Iterator[None]:
    """Serve the portal over a watch's stores, unless the configuration says not to; say where it is."""
    if not watch.config.portal.enabled:
        yield
        return
    try:
        from nephoscope.portal.context import Portal, secret_of
        from nephoscope.portal.server import serving, sign_in_url
    except ImportError:
        raise MissingExtra("The portal", "server") from None
    stores = watch.stores
    portal = Portal(
        stores.lake, stores.ledger, watch.config, watch.rules, Facade(watch), theatre, secret=secret_of(stores.ledger)
    )
    with serving(portal) as url:
        board.note(f"the portal: {sign_in_url(portal, url)}")
        yield


@dataclass(frozen=True)
class Facade:
    """A watch, as far as the portal asks it."""

    watch: Watch

    @property
    def has_read_all(self) -> bool:
        return self.watch.has_read_all

    @property
    def source_types(self) -> dict[str, str]:
        return {name: source.name for name, source in self.watch.sources.items()}


@dataclass
class Theatre:
    """The sandbox's stage, on which one incident plays at a time, in a thread of its own."""

    stage: Stage
    board: Board
    stopping: threading.Event
    _playing: str = field(default="", init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def incidents(self) -> list[dict[str, Any]]:
        """Every incident, as the portal shows it."""
        from nephoscope.sandbox.stage import incidents

        played = self.stage.played()
        return [
            {
                "name": name,
                "title": name.replace("_", " "),
                "has_played": name in played,
                "is_playing": name == self._playing,
            }
            for name in sorted(incidents())
        ]

    def play(self, name: str, wait: Callable[[], bool] = lambda: True) -> bool:
        """Let an incident begin, once `wait` has said so; False while one plays."""
        with self._lock:
            if self._playing:
                return False
            self._playing = name
        threading.Thread(target=self._play, args=(name, wait), name="incident", daemon=True).start()
        return True

    def _play(self, name: str, wait: Callable[[], bool]) -> None:
        said = name.replace("_", " ")
        try:
            if wait():
                self.board.note(f"an incident begins: {said}")
                self.stage.play(name, PACE_S, lambda step: self.board.note(f"  attacker: {step}"))
                self.board.note(f"the incident is over: {said}")
        except Exception as error:  # noqa: BLE001 - boundary: an incident's script; watching goes on without it
            if not self.stopping.is_set():
                self.board.note(f"the incident broke off: {type(error).__name__}: {error}")
        finally:
            self._playing = ""
