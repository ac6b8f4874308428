"""The files of the machine looked at: below a root, links kept inside it, every refusal named.

Everything read here may have been written by whoever attacks the machine: what is no plain file is not opened, what is
too large is not read, and text that is no UTF-8 is escaped instead of dropped.
"""

from __future__ import annotations

import errno
import fnmatch
import json
import os
import stat
from typing import Any, Iterator

LIMIT_BYTES = 4 << 20
MOST_LINKS = 40
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Unreadable(Exception):
    """Something could not be read. absent: it is not there, which may be an answer; all else never is."""

    def __init__(self, path: str, cause: str, absent: bool = False) -> None:
        super().__init__("%s: %s" % (shown(path), cause))
        self.path = path
        self.cause = cause
        self.absent = absent


class Host:
    """A machine's files. root: where its `/` is mounted; `/host` in a container, a made tree in tests."""

    def __init__(self, root: str = "/") -> None:
        self.root = os.path.abspath(root)

    def outside(self, path: str) -> str:
        """Where a path of the machine lies for us; links are followed inside the root. Raises Unreadable."""
        if self.root == "/":
            return path
        done: list[str] = []
        left = [part for part in path.split("/") if part][::-1]
        links = 0
        while left:
            part = left.pop()
            if part in (".", ".."):
                done = done[:-1] if part == ".." else done
                continue
            target = self._link(path, "/".join([self.root, *done, part]))
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                raise Unreadable(path, "too many symbolic links")
            done = [] if target.startswith("/") else done
            left.extend([each for each in target.split("/") if each][::-1])
        return "/".join([self.root, *done])

    @staticmethod
    def _link(path: str, place: str) -> Any:
        try:
            return os.readlink(place)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT, errno.ENOTDIR):
                return None
            raise Unreadable(path, str(error.strerror)) from error
        except ValueError as error:
            raise Unreadable(path, "no path: %s" % error) from error

    def open(self, path: str) -> int:
        """A descriptor of a plain file; pipes, sockets and devices are refused unopened. Raises Unreadable."""
        place = self.outside(path)
        try:
            place = os.path.realpath(place) if self.root == "/" else place
            if not stat.S_ISREG(os.lstat(place).st_mode):
                raise Unreadable(path, "is no plain file")
            descriptor = os.open(place, READ)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise Unreadable(path, "is no plain file")

    def read(self, path: str, limit: int = LIMIT_BYTES) -> bytes:
        """A whole file. Raises Unreadable, also where it holds more than limit bytes."""
        descriptor = self.open(path)
        parts: list[bytes] = []
        try:
            left = limit + 1
            while left > 0:
                part = os.read(descriptor, min(left, 1 << 20))
                if not part:
                    return b"".join(parts)
                parts.append(part)
                left -= len(part)
        except OSError as error:
            raise unreadable(path, error) from error
        finally:
            os.close(descriptor)
        raise Unreadable(path, "holds more than %d bytes" % limit)

    def text(self, path: str, limit: int = LIMIT_BYTES) -> str:
        """A whole file as text; bytes that are no UTF-8 are escaped. Raises Unreadable."""
        return self.read(path, limit).decode("utf-8", "backslashreplace")

    def lines(self, path: str, limit: int = LIMIT_BYTES) -> list[str]:
        """A file's lines, ended by newline only: other line ends are content. Raises Unreadable."""
        lines = self.text(path, limit).split("\n")
        return lines[:-1] if lines and not lines[-1] else lines

    def json(self, path: str, limit: int = LIMIT_BYTES) -> Any:
        """A file's JSON. Raises Unreadable, also where it is none."""
        try:
            return json.loads(self.read(path, limit))
        except (ValueError, RecursionError) as error:
            raise Unreadable(path, "is no JSON: %s" % error) from error

    def names(self, path: str) -> list[str]:
        """What lies in a folder, sorted. Raises Unreadable."""
        try:
            return sorted(os.listdir(self.outside(path)))
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def names_if_any(self, path: str) -> list[str]:
        """What lies in a folder; none where it is absent. Raises Unreadable."""
        try:
            return self.names(path)
        except Unreadable as error:
            if error.absent:
                return []
            raise

    def status(self, path: str) -> os.stat_result:
        """What is known of a path, links followed inside the root. Raises Unreadable."""
        try:
            return os.stat(path) if self.root == "/" else os.lstat(self.outside(path))
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def link(self, path: str) -> str:
        """Where a link points; the folder it lies in is followed, the link is not. Raises Unreadable."""
        folder, _, name = path.rpartition("/")
        try:
            return os.readlink("%s/%s" % (self.outside(folder or "/").rstrip("/"), name))
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error

    def may_follow(self, path: str, target: os.stat_result) -> bool:
        """Whether a path may be read for others: of a link, that root or the target's owner made it.

        Whoever may write to a folder could else have us read what only root may. Raises Unreadable.
        """
        folder, _, name = path.rpartition("/")
        try:
            status = os.lstat("%s/%s" % (self.outside(folder or "/").rstrip("/"), name))
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
        return not stat.S_ISLNK(status.st_mode) or status.st_uid in (0, target.st_uid)

    def exists(self, path: str) -> bool:
        """Whether there is such a path. Raises Unreadable where that cannot be told."""
        try:
            self.status(path)
        except Unreadable as error:
            if error.absent:
                return False
            raise
        return True

    def glob(self, pattern: str) -> list[str]:
        """The machine's paths that match a pattern of `*`, `?` and `[…]`, sorted. Raises Unreadable."""
        return sorted(self._matching("", [part for part in pattern.split("/") if part]))

    def _matching(self, folder: str, parts: list[str]) -> Iterator[str]:
        if not parts:
            if self.exists(folder):
                yield folder
            return
        first, rest = parts[0], parts[1:]
        if not any(sign in first for sign in "*?["):
            yield from self._matching("%s/%s" % (folder, first), rest)
            return
        for name in self.names_if_any(folder or "/"):
            hidden = name.startswith(".") and not first.startswith(".")
            if not hidden and fnmatch.fnmatchcase(name, first):
                yield from self._matching("%s/%s" % (folder, name), rest)


def unreadable(path: str, error: Exception) -> Unreadable:
    """The system's refusal as ours."""
    number = getattr(error, "errno", None)
    absent = number in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH)
    return Unreadable(path, getattr(error, "strerror", None) or str(error), absent)


def shown(text: str) -> str:
    """Text that can be encoded: bytes that were no UTF-8 are escaped."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def pairs(text: str) -> dict[str, str]:
    """`KEY=value` lines as in os-release, quotes taken off; what is no such line is passed over."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, sign, value = line.strip().partition("=")
        if sign and key and not key.startswith("#"):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[key.strip()] = value[1:-1] if quoted else value
    return found
