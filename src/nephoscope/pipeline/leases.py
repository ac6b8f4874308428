"""Who does a piece of work, so that one process does it at a time and another takes over what a dead one left."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, get_ident
from typing import TYPE_CHECKING

from nephoscope.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def held(renew: Callable[[], object], every_s: float) -> Iterator[None]:
    """Renew a lease for as long as the block lasts, however long a call outside takes."""
    ended = Event()

    def beat() -> None:
        while not ended.wait(every_s):
            with suppress(StoreError):
                renew()

    heart = Thread(target=beat, name="lease", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def lease_name() -> str:
    """Who works here: machine, process with its beginning, thread."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}/{get_ident()}"


def is_alive(lease: str) -> bool:
    """Whether who holds a lease may still be at work; a process of this machine is looked up, another's may."""
    host, pid, started, _ = lease.rsplit("/", 3)
    return host != socket.gethostname() or _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
