"""A tree's files, each handed to the readers of language packages that want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple

from nephoscope.agent.packages import cargo, gem, go_binary, jar, npm, python
from nephoscope.agent.packages.package import Found, Problem
from nephoscope.agent.tree import FILE, FOLDER, Absent, Tree, TreeError

if TYPE_CHECKING:
    from typing import BinaryIO

MOST_FOLDERS = 1_000_000
DEEPEST = 100  # folders within folders
_NOT_ON_DISK = ("proc", "sys", "dev", "run", "tmp", "var/tmp", "lost+found")
_DATA = (
    "boot",
    "usr/include",
    "usr/lib/firmware",
    "usr/lib/modules",
    "lib/firmware",
    "lib/modules",
    "var/cache",
    "var/log",
)
_SHARED = ("doc", "fonts", "help", "i18n", "icons", "info", "licenses", "locale", "man", "mime", "terminfo", "zoneinfo")
PASSED_OVER = frozenset((*_NOT_ON_DISK, *_DATA, *(f"usr/share/{name}" for name in _SHARED)))


class Reader(NamedTuple):
    """Which files it reads, by path and permission bits; how, from an open file and its path."""

    wants: Callable[[str, int], bool]
    read: Callable[[BinaryIO, str], Iterator[Found]]


READERS = tuple(Reader(each.wants, each.read) for each in (cargo, gem, go_binary, jar, npm, python))


def wanted(path: str, mode: int) -> bool:
    """Whether some reader of language packages wants a file."""
    return any(each.wants(path, mode) for each in READERS)


def read(tree: Tree) -> Iterator[Found]:
    """The language packages of a tree, in order of path; links are not followed.

    What is no disk's, and where distributions put what is no program, is passed over: half of a system's folders.
    """
    waiting = [("", 0)]
    opened = 0
    while waiting:
        folder, depth = waiting.pop()
        opened += 1
        if opened > MOST_FOLDERS or depth > DEEPEST:
            yield Problem(folder, f"lies deeper than {DEEPEST} folders, or behind {MOST_FOLDERS}; not looked into")
            continue
        try:
            entries = tree.entries(folder)
        except Absent:
            continue
        except TreeError as error:
            yield Problem(error.path, error.reason)
            continue
        below: list[tuple[str, int]] = []
        for each in entries:
            path = f"{folder}/{each.name}" if folder else each.name
            if each.kind == FOLDER and path not in PASSED_OVER:
                below.append((path, depth + 1))
            elif each.kind == FILE:
                yield from _read_file(tree, path, each.mode)
        waiting += reversed(below)


def _read_file(tree: Tree, path: str, mode: int) -> Iterator[Found]:
    for reader in READERS:
        if not reader.wants(path, mode):
            continue
        try:
            with tree.open(path) as file:
                yield from reader.read(file, path)
        except Absent:
            continue
        except TreeError as error:
            yield Problem(error.path, error.reason)
        except OSError as error:
            yield Problem(path, f"cannot be read on: {error.strerror or error}")
