"""Detection on files in this process: what `nephoscope detect` runs, and each of its workers."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nephoscope import plugins
from nephoscope.cli._lines import rendered
from nephoscope.collect.source import Source
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nephoscope.detect.findings import Signal
    from nephoscope.detect.rule import RuleSet
    from nephoscope.model.coverage import Gap
    from nephoscope.model.event import EventBatch
    from nephoscope.model.finding import Finding

STDIN = "-"
LOG_NAMES = (".json", ".jsonl", ".ndjson", ".log", ".txt", ".csv", ".gz")
NOT_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight")
TOLD_PER_FILE = 20  # records that could not be read
KEPT_BYTES = 128 << 20
TASK_FILES, TASK_BYTES = 100, 1 << 20
SIGNALS_HELD = 200_000  # until they are judged in order of time


@dataclass
class Read:
    """What came of some files: findings, matches that wait for correlations, and what could not be seen."""

    findings: list[Finding] = field(default_factory=list["Finding"])
    signals: list[Signal] = field(default_factory=list["Signal"])
    unseen: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    events: int = 0
    files: int = 0


def source_types() -> dict[str, type[Source]]:
    """Our readers, by name."""

    def pick(value: object) -> type[Source] | None:
        is_source = isinstance(value, type) and issubclass(value, Source) and not value.__abstractmethods__
        return value if is_source else None  # type: ignore[return-value]

    return plugins.load("nephoscope.collect.sources", pick)


def files_below(paths: Iterable[Path], read: Read) -> Iterator[Path]:
    """Each file named, and each log file below each folder named, in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        skipped = 0
        for root, folders, names in os.walk(path, onerror=lambda error: read.unseen.append(_reason(error))):
            folders[:] = sorted(name for name in folders if name not in NOT_LOGS)
            logs = sorted(name for name in names if name.endswith(LOG_NAMES) and name != "SOURCE.txt")
            skipped += len(names) - len(logs)
            for log in (Path(root, name) for name in logs):
                if log.is_file():
                    yield log
                else:  # a pipe would be waited for without end
                    read.unseen.append(f"{log}: is no file, and was not read")
        if skipped:
            read.notes.append(f"{path}: {skipped} files are not named as logs are and were left out")


def _reason(error: OSError) -> str:
    return f"{error.filename}: cannot be read: {error.strerror}"


class Reader:
    """Scans files with one source's reader; one in each process."""

    def __init__(self, rules: RuleSet, source: str) -> None:
        from nephoscope.detect.detector import Scanner

        self.scanner = Scanner(rules)
        self.source = source
        self.timeless = 0  # records of the file without any time
        kind = source_types()[source]
        self.batches = kind.batches_for(self.scanner.asked(kind.log_source, kind.name, kind.columns))

    def read(self, path: Path) -> Read:
        """Scan one file; never raises for what the file holds."""
        read = Read(files=1)
        self.timeless = 0
        try:
            with _opened(path) as stream:
                for batch in self.batches(stream, str(path)):
                    self._scan(batch, read)
            read.unseen += self._doubts(path, read)
        except SourceError as error:
            read.unseen.append(str(error))
        except OSError as error:
            read.unseen.append(f"{path}: cannot be read: {error.strerror or error}")
        return read

    def _doubts(self, path: Path, read: Read) -> list[str]:
        """What tells that a file which could be read is no log: that must not pass for a log without findings."""
        if read.events and self.timeless == read.events:
            return [f"{path}: none of its {read.events} records has a time; is it a log of {self.source}?"]
        is_empty = not read.events and str(path) != STDIN and path.is_file() and not path.stat().st_size
        return [f"{path}: is empty"] if is_empty else []

    def _scan(self, batch: EventBatch, read: Read) -> None:
        found = self.scanner.scan(batch)
        read.findings += found.findings
        read.signals += found.signals
        read.events += len(batch)
        read.unseen += _told(batch, batch.unreadable)
        read.notes += _told(batch, batch.adjusted)
        self.timeless += sum(" is absent" in reason for _, reason in batch.adjusted)


def _told(batch: EventBatch, records: Sequence[tuple[int, str]]) -> list[str]:
    told = [f"{batch.origin} (record {index}): {reason}" for index, reason in records[:TOLD_PER_FILE]]
    more = len(records) - len(told)
    return [*told, f"{batch.origin}: {more} records more like these"] if more else told


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if str(path) == STDIN:
        yield sys.stdin.buffer
    else:
        with path.open("rb") as stream:
            yield stream


def keep_memory() -> None:
    """Let glibc keep freed memory for the next file; mapping fresh pages for each costs a tenth of the time.

    Source: mallopt(3); M_TRIM_THRESHOLD is -1, M_MMAP_THRESHOLD -3.
    """
    if sys.platform == "linux":
        import ctypes

        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(-1, KEPT_BYTES)
            mallopt(-3, KEPT_BYTES // 4)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Neither collect garbage nor give memory back while files are read: what is made there forms no cycles."""
    keep_memory()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(frozen=True)
class Told:
    """What is printed of some files: their findings, rendered, and what could not be seen."""

    text: str = ""
    findings: int = 0
    unseen: Sequence[str] = ()
    notes: Sequence[str] = ()
    events: int = 0
    files: int = 0


def told_of(read: Read, *, as_json: bool) -> Told:
    """What is printed of a read file."""
    text = rendered(read.findings, as_json=as_json)
    return Told(text, len(read.findings), read.unseen, read.notes, read.events, read.files)


def read_files(
    paths: Iterable[Path],
    rules: RuleSet,
    source: str,
    *,
    as_json: bool,
    signals_held: int = SIGNALS_HELD,
    task_files: int = TASK_FILES,
) -> Iterator[Told]:
    """What each file holds, in order of the paths, and what is concluded of all matches in order of time.

    signals_held: after the task in which there are so many matches they are judged, so that memory stays bounded.
    task_files: files of a task at most.
    """
    from nephoscope.detect.judge import Judge, in_order

    reader, judge = Reader(rules, source), Judge(rules)
    held: list[Signal] = []
    for task in tasks(paths, task_files):
        for path in task:
            read = reader.read(path)
            held += read.signals
            yield told_of(read, as_json=as_json)
        if len(held) > signals_held:
            yield told_of(Read(judge.conclude(in_order(held))), as_json=as_json)
            held = []
    last = [*judge.conclude(in_order(held)), *judge.flush()]
    yield told_of(Read(last, unseen=unjudged(judge.gaps)), as_json=as_json)


def unjudged(gaps: Iterable[Gap]) -> list[str]:
    """What rules could not judge, as it is said."""
    return [f"{gap.subject}: {gap.cause}" for gap in gaps]


def tasks(paths: Iterable[Path], files: int) -> Iterator[list[Path]]:
    """Files in numbers worth sending to a worker; the same however many workers there are."""
    task: list[Path] = []
    size = 0
    for path in paths:
        task.append(path)
        size += path.stat().st_size if path.is_file() else 0
        if len(task) >= files or size >= TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task
