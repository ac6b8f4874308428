"""Watched trees of files: a process that looks at what is due, and what changed since it was told before.

What stands is kept beside the records that tell it, in one transaction: a change is told once, and its end once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from typing import IO, Any, Iterable, NamedTuple

from nephoscope.agent.canonical import canonical

KEPT = "files:"
CLOCKS = "files"  # the boot, and the clocks against one another, at the last look
STEP_S = 5  # clocks that moved so far against one another were set
END = "as-baseline"
SOME = 10  # paths that a cause names


class Moment(NamedTuple):
    """boot: its id; now: Unix seconds; monotonic: seconds."""

    boot: str
    now: int
    monotonic: float


class Told(NamedTuple):
    """What to spool: records as (kind, text), and what to keep beside them."""

    records: list[tuple[str, str]]
    kept: dict[str, bytes]


def command(state: str, root: str, paths: list[str], share: float, kb_per_s: int) -> list[str]:
    """How this program is started again for a look."""
    program = sys.argv[0]
    start = ["-SEs", program] if program.endswith(".pyz") else ["-m", "nephoscope.agent"]
    options = ["--share", "%.6f" % share, "--kb-per-s", str(kb_per_s)]
    return [sys.executable, *start, "--state", state, "--root", root, "files", *options, "--", *paths]


class Drift:
    """The looks of one agent. state: its folder; root: where the host's / is mounted; spool: what was kept before."""

    def __init__(self, state: str, root: str, spool: Any) -> None:
        self.state, self.root, self.spool = state, root, spool
        self.due: dict[str, float] = {}
        self.paths: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.output: IO[bytes] | None = None

    def close(self) -> None:
        """End a look that is under way; it is begun again at the next start."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.output is not None:
            self.output.close()
        self.process = self.output = None

    def round(self, entries: Iterable[Any], kb_per_s: int, at: Moment) -> Told:
        """Begin a look if one is due, or answer what one told that has ended. Raises OSError where none can begin."""
        if self.process is None:
            return self._begin(list(entries), kb_per_s, at)
        return Told([], {}) if self.process.poll() is None else self._end(at.now)

    def _begin(self, entries: list[Any], kb_per_s: int, at: Moment) -> Told:
        wanted = [each for each in entries if self.due.get(each["path"], 0) <= at.monotonic]
        if not wanted:
            return Told([], {})
        for each in wanted:
            self.due[each["path"]] = at.monotonic + each["fast_s"]
        clocks = {"boot": at.boot, "offset": at.now - at.monotonic}
        share = max(each["fast_s"] / each["full_s"] for each in wanted)
        share = 1.0 if self._is_doubtful(clocks) else min(1.0, share)
        self.paths = [each["path"] for each in wanted]
        self.output = open(os.path.join(self.state, "files.out"), "w+b")  # noqa: SIM115  closed when it was read
        self.process = subprocess.Popen(
            command(self.state, self.root, self.paths, share, kb_per_s),
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return Told([], {CLOCKS: canonical(clocks).encode()})

    def _is_doubtful(self, clocks: dict[str, Any]) -> bool:
        """Whether the times of files may be made up: since another boot, or since a clock was set."""
        kept = self.spool.get(CLOCKS)
        before = json.loads(kept) if kept else clocks
        return bool(before["boot"] != clocks["boot"] or abs(before["offset"] - clocks["offset"]) > STEP_S)

    def _end(self, now: int) -> Told:
        assert self.process is not None
        assert self.output is not None
        code = self.process.returncode
        self.output.seek(0)
        lines = self.output.read().decode("utf-8", "replace").split("\n")
        self.output.close()
        self.process = self.output = None
        told = Told([], {})
        changes: list[Any] = []
        left = list(self.paths)
        for line in filter(None, lines):
            try:
                said = json.loads(line)
            except ValueError:  # it was ended while it wrote: what is behind this was not told
                break
            if "change" in said:
                changes.append(said["change"])
            else:
                left.remove(said["looked"]["path"])
                self._looked(said["looked"], changes, now, told)
                changes = []
        cause = "the look ended with %d before it came to this" % code
        told.records.extend(("baseline", _baseline({"path": path, "cause": cause}, now)) for path in left)
        return told

    def _looked(self, looked: Any, changes: list[Any], now: int, told: Told) -> None:
        """One path: what is new, what ended, what was not seen, and the look itself."""
        path = looked["path"]
        if looked.get("cause"):
            told.records.append(("baseline", _baseline(looked, now)))
            return
        kept = self.spool.get(KEPT + path)
        before: dict[str, str] = json.loads(zlib.decompress(kept)) if kept else {}
        stands = {each["path"]: each["class"] + each["change"] for each in changes}
        fresh = [each for each in changes if before.get(each["path"]) != stands[each["path"]]]
        told.records.extend(_record(path, each, now) for each in fresh)
        for each in sorted(set(before) - set(stands)):
            if _is_hidden(each, looked):
                stands[each] = before[each]
            else:
                told.records.append(_record(path, {"path": each, "class": END, "explanation": "is as it was"}, now))
        told.records.append(("baseline", _baseline(looked, now)))
        told.kept[KEPT + path] = zlib.compress(canonical(stands).encode())


def _is_hidden(change: str, looked: Any) -> bool:
    """Whether a change that was not told again may stand all the same: not all was told, or it could not be seen."""
    if looked.get("untold") or looked["unseen_count"] > len(looked["unseen"]):
        return True
    top = looked["path"].rstrip("/")
    return any(
        change == "%s/%s" % (top, name) or change.startswith("%s/%s/" % (top, name)) for name in looked["unseen"]
    )


def _cause(looked: Any) -> str:
    """Why a look saw or told not all; empty if it did."""
    said: list[str] = [looked["cause"]] if looked.get("cause") else []
    if looked.get("untold"):
        said.append("%d changes more than are told one by one" % looked["untold"])
    if looked.get("unseen_count"):
        some = "; ".join("%s: %s" % each for each in sorted(looked["unseen"].items())[:SOME])
        said.append("%d could not be read: %s" % (looked["unseen_count"], some))
    return "; ".join(said)[:2000]


def _record(watched: str, each: Any, now: int) -> tuple[str, str]:
    told = dict(each, kind="drift", at=now, watched=watched, severity_hint=each.get("severity", "informational"))
    told.pop("severity", None)
    return "drift", canonical(told)


def _baseline(looked: Any, now: int) -> str:
    told = {name: value for name, value in looked.items() if name not in ("unseen", "untold")}
    return canonical(dict(told, kind="baseline", at=now, cause=_cause(looked)))
