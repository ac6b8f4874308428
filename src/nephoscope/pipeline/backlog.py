"""What is handed from the thread that lists older log objects to the one that reads them, a few at a time."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.collect.source import LogObject

ROOM = 2_000
LOOK_S = 0.2


@dataclass
class Backlog:
    """Older objects that wait to be read; who lists them waits while there is no room, so memory stays bounded.

    It is not kept: what a crash leaves here is listed again, since it was not seen.
    """

    is_stopping: Callable[[], bool] = lambda: False
    room: int = ROOM
    _waiting: queue.Queue[LogObject | None] = field(init=False)

    def __post_init__(self) -> None:
        self._waiting = queue.Queue(self.room)

    def put(self, log_object: LogObject | None) -> bool:
        """Hand an object over, or None for the end of a listing; answers whether to go on."""
        while not self.is_stopping():
            try:
                self._waiting.put(log_object, timeout=LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def take(self, limit: int) -> list[LogObject | None]:
        """Up to so many of those that wait, in the order in which they were listed; none if none do."""
        taken: list[LogObject | None] = []
        while len(taken) < limit:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return taken

    def __len__(self) -> int:
        return self._waiting.qsize()
