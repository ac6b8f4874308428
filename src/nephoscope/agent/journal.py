"""systemd's journal → its entries as JSON lines, each once, from the cursor that was kept with those before it.

The journal is read by journalctl, whose options are fixed here. We ask for the entry at our cursor itself and drop it:
if another comes first, what we had read up to was rotated away, and that is a gap.

Source: journalctl(1), systemd.journal-fields(7)
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from nephoscope.agent.canonical import canonical
from nephoscope.agent.host import Unreadable
from nephoscope.agent.spool import gap
from nephoscope.agent.tail import MOST_LINE, RECORD_BYTES, Look

PROGRAM = "/usr/bin/journalctl"
WITHIN_S = 60


def poll(state: dict[str, Any] | None, now: int, budget: int, root: str = "/", program: str = PROGRAM) -> Look:
    """Read what was added since the state, at most about budget bytes. Raises Unreadable with journalctl's words.

    state: as the look before gave it, None at the first, which starts at the journal's end.
    """
    command = [program, "--output=json", "--no-pager", "--quiet", "--all"]
    command += ["--directory=%s/var/log/journal" % root] if root != "/" else []
    cursor = state.get("cursor") if state else None
    look = Look({"cursor": cursor, "at": now})
    if state is None:
        for line in _entries([*command, "--lines=1"], 1 << 20, look):
            look.state["cursor"] = _cursor(line)
        return look
    lines = _entries([*command, *(["--cursor=" + cursor] if cursor else [])], budget, look)
    if lines and _cursor(lines[0]) == cursor:
        lines = lines[1:]
    elif cursor:
        cause = "the journal's entry that was read last is gone: entries behind it may have been rotated away"
        look.records.append(("gap", gap(now, "log", cause, None, state.get("at", now), now)))
    _tell(lines, look, now)
    return look


def _tell(lines: list[bytes], look: Look, now: int) -> None:
    """Records of about RECORD_BYTES each."""
    held: list[str] = []
    first, size = "", 0
    for line in lines:
        cursor = _cursor(line)
        first = first or cursor
        held.append(_text(line))
        size += len(line)
        look.state["cursor"] = cursor
        if size > RECORD_BYTES:
            look.records.append(("log", _record(held, first, now)))
            held, first, size = [], "", 0
    if held:
        look.records.append(("log", _record(held, first, now)))


def _record(lines: list[str], first: str, now: int) -> str:
    told = {"kind": "log", "source": "journald", "at": now, "lines": lines, "first_offset": first, "file": "journald"}
    return canonical(told)


def _entries(command: list[str], budget: int, look: Look) -> list[bytes]:
    """What journalctl prints, whole lines, until the budget ends; then it is ended."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"LC_ALL": "C"}
        )
    except OSError as error:
        raise Unreadable(command[0], str(error.strerror), isinstance(error, FileNotFoundError)) from error
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[bytes] = []
    try:
        for line in process.stdout:
            if not line.endswith(b"\n"):
                break
            lines.append(line[:-1])
            look.read_bytes += len(line)
            if look.read_bytes >= budget and len(lines) > 1:
                look.more = True
                process.kill()
                return lines
        said = process.stderr.read(4096).decode("utf-8", "replace").strip()
        if process.wait(WITHIN_S):
            raise Unreadable(command[0], said or "ended with %d" % process.returncode)
        return lines
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait()


def _cursor(line: bytes) -> str:
    try:
        return str(json.loads(line)["__CURSOR"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("journald", "journalctl printed what is no entry: %s" % error) from error


def _text(line: bytes) -> str:
    """An entry as a line; of one that is too long, its message is cut."""
    if len(line) <= MOST_LINE:
        return line.decode("utf-8", "backslashreplace")
    entry = json.loads(line)
    message = str(entry.get("MESSAGE"))
    kept = {key: value for key, value in entry.items() if len(str(value)) < 1024}
    return canonical(dict(kept, MESSAGE=message[: MOST_LINE // 4] + "… [cut]"))
