"""Answers that are kept for a moment: at most so many, each for so long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Answer = TypeVar("Answer")


@dataclass
class Cache:
    """Safe to share between threads; two that ask at once may both compute."""

    most: int = 256
    seconds: float = 15.0
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Any, tuple[float, Any]] = field(default_factory=OrderedDict[Any, tuple[float, Any]], init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def get(self, key: Hashable, make: Callable[[], Answer], seconds: float | None = None) -> Answer:
        """The answer kept under a key, or a new one."""
        with self._lock:
            found = self._kept.get(key)
            if found and found[0] > self.clock():
                self._kept.move_to_end(key)
                return found[1]
        answer = make()
        with self._lock:
            self._kept[key] = (self.clock() + (self.seconds if seconds is None else seconds), answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return answer

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
