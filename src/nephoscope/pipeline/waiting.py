"""What waits to be read again: in groups, the latest first, so that a backlog does not hold up what happens now."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope.inventory.written import Touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nephoscope.inventory.written import Key

AT_ONCE = 50
NOW = datetime.max.replace(tzinfo=UTC)  # of what no event says when: at once


@dataclass
class Waiting:
    """Resources that write events touched, each with the latest of them; safe to share between threads."""

    _touched: dict[Key, datetime | None] = field(default_factory=dict["Key", "datetime | None"], init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def add(self, touches: Iterable[Touch]) -> None:
        """Have resources read again."""
        with self._lock:
            for touch in touches:
                self._touched[touch.key] = _later(touch.at, self._touched.get(touch.key, touch.at))

    def take(self, is_held: Callable[[Touch], bool] = lambda _: False) -> list[Touch]:
        """A group of those that are not held, the latest; it waits no more, and is added again if it fails."""
        with self._lock:
            ready = [touch for touch in (Touch(*one) for one in self._touched.items()) if not is_held(touch)]
            group = sorted(ready, key=lambda touch: touch.at or NOW, reverse=True)[:AT_ONCE]
            for touch in group:
                del self._touched[touch.key]
        return group

    def __len__(self) -> int:
        return len(self._touched)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None
