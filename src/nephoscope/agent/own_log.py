"""The agent's own log: JSON lines, each holding the digest of the line before, so that none can be taken out unseen.

Whoever holds the folder can write the whole chain anew: it proves order against accidents and careless hands; against
root only the chain of batches does, which the gateway keeps. Rolled over at a size; the first line of a new file holds
the last digest of the old one.
"""

from __future__ import annotations

import json
import os
from typing import Any, Iterator

from nephoscope.agent.canonical import canonical, sha256
from nephoscope.agent.host import shown

LIMIT_BYTES = 1 << 20
START = "0" * 64


class OwnLog:
    """The file, and the one before it (`.1`). A line that cannot be written is given up: watching goes on."""

    def __init__(self, path: str, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        self._last = self._last_digest()

    def tell(self, at: int, event: str, **details: Any) -> None:
        """Write a line."""
        told = {key: shown(value) if isinstance(value, str) else value for key, value in details.items()}
        line = canonical(dict(told, at=at, event=event, previous=self._last)).encode()
        try:
            if os.path.exists(self.path) and os.path.getsize(self.path) > self.limit_bytes:
                os.replace(self.path, self.path + ".1")
            flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, 0o600)
            try:
                os.write(descriptor, line + b"\n")
            finally:
                os.close(descriptor)
        except OSError:
            return  # a full disk is told by the spool's gap
        self._last = sha256(line)

    def _last_digest(self) -> str:
        for path in (self.path, self.path + ".1"):
            last = b""
            for _, line in _lines(path):
                last = line
            if last:
                return sha256(last)
        return START


def verify(path: str) -> tuple[int, str]:
    """(lines, what is wrong with the chain, empty if nothing is) of the log and the one before it."""
    count, last = 0, ""
    for file in (path + ".1", path):
        for number, line in _lines(file):
            try:
                previous = json.loads(line)["previous"]
            except (ValueError, KeyError, TypeError):
                return count, "%s:%d is no line of ours" % (file, number)
            if last and previous != last:
                return count, "%s:%d does not follow the line before it" % (file, number)
            count, last = count + 1, sha256(line)
    return count, ""


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield number, line.rstrip(b"\n")
    except FileNotFoundError:
        return
