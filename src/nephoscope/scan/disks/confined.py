"""Looks at a disk in a process of its own, which may take little and is ended when it takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING

import msgspec

from nephoscope.agent.packages.package import Found, Package, Problem
from nephoscope.scan.disks.filesystem import Note
from nephoscope.scan.disks.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from nephoscope.scan.disks.device import Device

DEADLINE_S = 900.0
LONGEST_LINE_BYTES = 1 << 20
MOST_LINES = 5_000_000
PROGRAM = "nephoscope.scan.disks.looking"
_decode = msgspec.json.Decoder(list[bool | str]).decode


def look(file: BinaryIO, deadline_s: float = DEADLINE_S, program: str = PROGRAM) -> Iterator[Found]:
    """The packages of a disk's open file, and what could not be read.

    A process that ends before it is through, or that the deadline ends, is a problem; what it told until then holds.
    """
    descriptor = file.fileno()
    yield from _run(str(descriptor), descriptor, deadline_s, program)


def look_at(device: Device, deadline_s: float = DEADLINE_S) -> Iterator[Found]:
    """The same of a device that this process reads for the other one, such as a snapshot.

    Raises what reading the device raised, at the end: CloudError, say. What was told until then holds.
    """
    with serving(device) as served:
        yield from _run(served.where, served.theirs.fileno(), deadline_s, PROGRAM)
    if served.error is not None:
        raise served.error


def _run(where: str, descriptor: int, deadline_s: float, program: str) -> Iterator[Found]:
    with tempfile.TemporaryDirectory(prefix="nephoscope-") as folder:
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": folder, "LANG": "C.UTF-8"}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", program, where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[descriptor],
            env=environment,
            cwd=folder,
        )
        timer = threading.Timer(deadline_s, process.kill)
        timer.start()
        try:
            yield from _told(process)
        finally:
            timer.cancel()
            process.kill()
            process.communicate()


def _told(process: subprocess.Popen[bytes]) -> Iterator[Found]:
    """What the process says; it is trusted no more than the disk."""
    assert process.stdout is not None
    for _ in range(MOST_LINES):
        line = process.stdout.readline(LONGEST_LINE_BYTES)
        if line == b"[]\n":
            return
        if not line.endswith(b"\n"):
            break
        try:
            kind, *fields = _decode(line)
            texts = [each for each in fields if isinstance(each, str)]
            yield Package(*texts) if kind is True else Note(*texts) if kind == "note" else Problem(*texts)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            yield Problem("", f"the process that looked at it says what cannot be understood: {error}")
    process.kill()
    _, errors = process.communicate()
    last = errors[-4096:].decode("utf-8", "replace").strip().rpartition("\n")[2]
    yield Problem("", f"the process that looked at it ended early: {last or f'signal {-process.returncode}'}")
