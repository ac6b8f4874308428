"""What the sandbox keeps on disk: a journal of every call that changed something, and every record it wrote."""

from __future__ import annotations

import fcntl
import os
import threading
from datetime import datetime  # noqa: TC003 - msgspec resolves annotations at run time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from nephoscope.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call that changed moto's state. meta: what the sandbox itself noted with it (a delivery, a digest)."""

    number: int
    at: datetime
    account: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    meta: dict[str, Any] = {}


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One CloudTrail record, and the ARNs of the trails that are to get it."""

    number: int
    account: str
    region: str
    record: msgspec.Raw
    trails: list[str] = []


class Founding(msgspec.Struct, frozen=True):
    """What makes this sandbox this one: where its dice start, and since when it is."""

    seed: str
    founded_at: datetime


class Log:
    """An append-only file of JSON lines. A line that a crash cut short is cut off when the file is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._written = 0
        self._synced = 0
        self._lock = threading.Lock()
        self._cut()

    def append(self, line: Any) -> int:
        """Write one line; it survives the end of this process. Returns what `sync` wants."""
        data = msgspec.json.encode(line) + b"\n"
        if os.write(self._file, data) != len(data):
            raise StoreError(f"{self.path}: the disk took only a part of a line; free some space and start again")
        self._written += 1
        return self._written

    def sync(self, upto: int) -> None:
        """Wait until a line is on the disk; callers that wait together share one flush."""
        with self._lock:
            if self._synced < upto:
                written = self._written
                os.fsync(self._file)
                self._synced = written

    def lines(self, kind: type[T]) -> Iterator[T]:
        """Every line, from the first."""
        with self.path.open("rb") as file:
            decoder = msgspec.json.Decoder(kind)
            for number, line in enumerate(file, 1):
                try:
                    yield decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise StoreError(f"{self.path}:{number}: {error}; start with another folder") from error

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    def _cut(self) -> None:
        size = os.fstat(self._file).st_size
        end = size
        while end:
            start = max(0, end - 65536)
            found = os.pread(self._file, end - start, start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._file, end)


def found(folder: Path, now: datetime) -> Founding:
    """The folder's founding, made if it is new."""
    path = folder / "sandbox.json"
    if not path.exists():
        fresh = folder / "sandbox.json.new"
        fresh.write_bytes(msgspec.json.encode(Founding(os.urandom(16).hex(), now)))
        fresh.replace(path)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Founding)
    except msgspec.DecodeError as error:
        raise StoreError(f"{path}: {error}; start with another folder") from error


def own(folder: Path) -> int:
    """Lock the folder for this process. Raises StoreError while another has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreError(f"{folder}: another sandbox is using this folder; stop it or name another") from error
    return lock
