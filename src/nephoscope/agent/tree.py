"""A file tree that is looked at and never trusted: a folder of this machine, an image's layers, a disk."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, Iterator, NamedTuple

MOST_LINKS = 40  # followed for one path, as Linux does
MOST_ENTRIES = 1_000_000  # of one folder
FILE, FOLDER, LINK, OTHER = "file", "folder", "link", "other"


class Entry(NamedTuple):
    """A name in a folder. kind: file, folder, link or other (never opened); mode: its permission bits."""

    name: str
    kind: str
    size: int = 0
    mode: int = 0


class TreeError(Exception):
    """What could not be looked at. path: below the tree's root; reason: a sentence."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Absent(TreeError):
    """Nothing lies there."""


class Tree:
    """What every tree answers; paths are below its root, as `var/lib/dpkg/status`.

    Links are followed, and end inside the root whatever they say. Everything raises Absent for what is not there and
    TreeError for what cannot be looked at.
    """

    def entries(self, path: str) -> list[Entry]:
        """What lies in a folder, by name; links in it are not followed."""
        raise NotImplementedError

    def stat(self, path: str) -> Entry:
        """What a path leads to."""
        raise NotImplementedError

    def open(self, path: str) -> BinaryIO:
        """A plain file for reading at any place; nothing else is ever opened."""
        raise NotImplementedError

    def read(self, path: str, limit: int) -> bytes:
        """A file's content. Raises TreeError for one of more than `limit` bytes."""
        with self.open(path) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise TreeError(path, f"is larger than {limit} bytes; not read")
        return content


def kind_of(mode: int) -> str:
    """What a mode of `os.stat` is."""
    for test, kind in ((stat.S_ISREG, FILE), (stat.S_ISDIR, FOLDER), (stat.S_ISLNK, LINK)):
        if test(mode):
            return kind
    return OTHER


def parts_of(path: str) -> list[str]:
    """The names of a path; `.` and empty ones are none."""
    return [part for part in path.split("/") if part not in ("", ".")]


class Folder(Tree):
    """A folder of this machine, such as `/`.

    Each step is taken from an open folder and never through a link, so that nobody who changes the tree meanwhile can
    lead out of it; pipes, sockets and devices are not opened.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._root)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def entries(self, path: str) -> list[Entry]:
        folder, found = self._reach(path)
        try:
            if found.kind != FOLDER:
                raise TreeError(path, "is no folder")
            opened = os.open(found.name, _FOLDER_FLAGS, dir_fd=folder)
        except OSError as error:
            raise _failed(path, error) from error
        finally:
            os.close(folder)
        try:
            with os.scandir(opened) as there:
                return sorted(_entries(there, path))
        except OSError as error:
            raise _failed(path, error) from error
        finally:
            os.close(opened)

    def stat(self, path: str) -> Entry:
        folder, found = self._reach(path)
        os.close(folder)
        return found

    def open(self, path: str) -> BinaryIO:
        folder, found = self._reach(path)
        try:
            if found.kind != FILE:
                raise TreeError(path, "is no plain file; not opened")
            file = os.open(found.name, _FILE_FLAGS, dir_fd=folder)
        except OSError as error:
            raise _failed(path, error) from error
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise TreeError(path, "was changed into something that is no file; not read")
        return os.fdopen(file, "rb")

    def _reach(self, path: str) -> tuple[int, Entry]:
        """The open folder that a path's last name lies in, to be closed by the caller, and what it is there."""
        walk = _Walk(self._root)
        try:
            return walk.to(path)
        except OSError as error:
            raise _failed(path, error) from error
        finally:
            walk.close()


_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _Walk:
    """The open folders from the root to where a path has led so far."""

    def __init__(self, root: int) -> None:
        self.opened = [os.dup(root)]

    def close(self) -> None:
        for folder in self.opened:
            os.close(folder)

    def to(self, path: str) -> tuple[int, Entry]:
        waiting = parts_of(path)[::-1]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                self._up()
                continue
            found = _entry(name, os.stat(name, dir_fd=self.opened[-1], follow_symlinks=False))
            if found.kind == LINK:
                links += 1
                if links > MOST_LINKS:
                    raise TreeError(path, f"leads through more than {MOST_LINKS} links")
                waiting += self._target(name)
            elif waiting:
                self.opened.append(os.open(name, _FOLDER_FLAGS, dir_fd=self.opened[-1]))
            else:
                return os.dup(self.opened[-1]), found
        return os.dup(self.opened[-1]), _entry(".", os.fstat(self.opened[-1]))

    def _up(self) -> None:
        """To the folder above; above the root is the root."""
        if len(self.opened) > 1:
            os.close(self.opened.pop())

    def _target(self, name: str) -> list[str]:
        """The names that a link stands for, the last first; an absolute one begins at the tree's root."""
        target = os.readlink(name, dir_fd=self.opened[-1])
        while target.startswith("/") and len(self.opened) > 1:
            self._up()
        return parts_of(target)[::-1]


def _entry(name: str, found: os.stat_result) -> Entry:
    return Entry(name, kind_of(found.st_mode), found.st_size, stat.S_IMODE(found.st_mode))


def _entries(there: Iterator[os.DirEntry[str]], path: str) -> list[Entry]:
    found: list[Entry] = []
    for each in there:
        if len(found) == MOST_ENTRIES:
            raise TreeError(path, f"holds more than {MOST_ENTRIES} names; not read")
        try:
            found.append(_entry(each.name, each.stat(follow_symlinks=False)))
        except FileNotFoundError:  # removed since
            continue
    return found


def _failed(path: str, error: OSError) -> TreeError:
    missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
    return (Absent if missing else TreeError)(path, "cannot be read: " + (error.strerror or str(error)))
