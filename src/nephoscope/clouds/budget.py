"""A declared number of calls per second, which many threads share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Budget:
    """A token bucket: `take` returns at once while calls are left, else waits until the next one is due.

    per_s: calls per second on average; burst: calls that may come at once. `calls` counts what was taken.
    Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    """

    per_s: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    _left: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._left = self.burst
        self._at = self.clock()

    def take(self) -> None:
        """Take one call out of the budget, waiting if it is spent."""
        wait_s = self._reserve()
        if wait_s > 0:
            self.sleep(wait_s)

    def _reserve(self) -> float:
        with self._lock:
            now = self.clock()
            self._left = min(self.burst, self._left + (now - self._at) * self.per_s) - 1
            self._at = now
            self.calls += 1
            return max(0.0, -self._left / self.per_s)
