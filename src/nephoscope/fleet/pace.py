"""How often an address may try something, kept in memory and within bounds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

MOST_ADDRESSES = 10_000


@dataclass
class Pace:
    """A bucket for each address: it holds `most` tries and fills again within `seconds`. Safe to share by threads."""

    most: int
    seconds: float
    _left: OrderedDict[str, tuple[float, float]] = field(
        default_factory=OrderedDict[str, tuple[float, float]], init=False
    )
    _lock: Lock = field(default_factory=Lock, init=False)

    def wait_s(self, address: str, now: float) -> int:
        """Whole seconds until an address may try; 0 if it may now, which counts as a try. now: monotonic seconds."""
        per_s = self.most / self.seconds
        with self._lock:
            left, at = self._left.pop(address, (float(self.most), now))
            left = min(float(self.most), left + max(0.0, now - at) * per_s)
            wait = 0 if left >= 1 else int((1 - left) / per_s) + 1
            self._left[address] = (left if wait else left - 1, now)
            while len(self._left) > MOST_ADDRESSES:
                self._left.popitem(last=False)
        return wait
