"""A zip from outside → a folder with those of its files that readers of packages want, and nothing beyond it.

Paths that lead out, links, encrypted members and archives that unpack to more than an honest one are named, not taken.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.agent.packages.finding import wanted
from nephoscope.agent.packages.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MEMBERS = 200_000
MOST_BYTES = 2 << 30  # of all that is unpacked
LARGEST_RATIO = 250
ALWAYS_BYTES = 64 << 20  # whatever the ratio
LONGEST_PATH, DEEPEST = 4096, 100
PART_BYTES = 1 << 20
PROGRAM = 0o755
JAR = "archive.jar"
ERRORS = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)


class Bomb(Exception):
    """An archive unpacks to more than an honest one would."""


def unpack(file: BinaryIO, folder: Path) -> Iterator[Problem]:
    """Write what is wanted below a folder that is empty; answers what could not be read.

    An archive of Java classes is put there itself, too, as the reader of those looks into it.
    """
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                yield Problem("", f"holds {len(members)} files, more than {MOST_MEMBERS}; not read")
                return
            yield from _members(archive, members, folder, min(MOST_BYTES, size * LARGEST_RATIO + ALWAYS_BYTES))
        if any(each.filename.startswith("META-INF/") for each in members):
            file.seek(0)
            with (folder / JAR).open("xb") as copy:
                shutil.copyfileobj(file, copy)
    except Bomb:
        yield Problem(
            "", f"unpacks to more than {LARGEST_RATIO} times its size, or to {MOST_BYTES >> 30} GB; not read on"
        )
    except ERRORS as error:
        yield Problem("", f"cannot be read: {error}")


def _members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, left: int) -> Iterator[Problem]:
    for member in members:
        mode = member.external_attr >> 16
        if member.is_dir():
            continue
        if cause := _refusal(member, mode):
            yield Problem(member.filename[:500], cause)
            continue
        if not wanted(member.filename, stat.S_IMODE(mode) or PROGRAM):
            continue
        try:
            left = _write(archive, member, folder / member.filename, left)
        except ERRORS as error:
            yield Problem(member.filename[:500], f"cannot be read: {error}")


def _refusal(member: zipfile.ZipInfo, mode: int) -> str:
    """Why a member is not taken; empty if it is."""
    parts = member.filename.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or ":" in parts[0] or "\0" in member.filename:
        return "leads out of the archive; not taken"
    if len(member.filename) > LONGEST_PATH or len(parts) > DEEPEST:
        return "has too long or too deep a path; not taken"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or no plain file; not taken"
    return "is encrypted; not read" if member.flag_bits & 1 else ""


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one file; answers how many bytes may still follow. Raises Bomb, and `ERRORS`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, path.open("xb") as file:
        while part := packed.read(PART_BYTES):
            left -= len(part)
            if left < 0:
                raise Bomb
            file.write(part)
    path.chmod((stat.S_IMODE(member.external_attr >> 16) or PROGRAM) & 0o700 | 0o600)
    return left
