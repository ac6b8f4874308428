"""What the portal is made of, handed to every route through its caller."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from nephoscope.fleet.pace import Pace
from nephoscope.portal.cache import Cache
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nephoscope.config import Config
    from nephoscope.detect.rule import RuleSet
    from nephoscope.store.lake import Lake
    from nephoscope.store.ledger import Ledger

SECRET = "portal/secret"


class Stage(Protocol):
    """The sandbox, as far as the portal steers it."""

    def incidents(self) -> Sequence[Mapping[str, Any]]:
        """name, title, has_played and is_playing of each."""
        ...

    def play(self, name: str) -> bool:
        """Let an incident begin; False while one plays."""
        ...


class Watched(Protocol):
    """What runs, as far as the portal shows it."""

    @property
    def has_read_all(self) -> bool: ...

    @property
    def source_types(self) -> Mapping[str, str]: ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Portal:
    """Stores, configuration and rules; clock: now, aware UTC. secret: signs cursors and previews.

    pace: how often an address that did not sign in may begin something.
    """

    lake: Lake
    ledger: Ledger
    config: Config
    rules: RuleSet
    watched: Watched | None = None
    stage: Stage | None = None
    clock: Callable[[], datetime] = _now
    secret: bytes = b""
    cache: Cache = field(default_factory=Cache)
    pace: Pace = field(default_factory=lambda: Pace(60, 60.0))

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by https."""
        return self.config.portal.url.startswith("https://")


def secret_of(ledger: Ledger) -> bytes:
    """The key that signs what clients only carry; made once, kept in the ledger."""
    with ledger.write() as connection:
        kept = get_state(connection, SECRET)
        if not kept:
            kept = secrets.token_hex(32)
            put_state(connection, SECRET, kept)
    return bytes.fromhex(kept)
