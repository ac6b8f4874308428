"""Several processes that divide log files among them and print what one would: `nephoscope detect --workers`.

A worker reads files, renders their findings and packs their matches by portion of the rules. Each portion is judged
by one worker, on everybody's matches in order of time; what it says is put in order here.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import defaultdict, deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING, Any, Self

from nephoscope.cli._lines import rendered
from nephoscope.cli._offline import SIGNALS_HELD, TASK_FILES, Reader, Told, keep_memory, tasks, told_of, unjudged
from nephoscope.detect.judge import Judge, gaps_of, judged_by, order_of, packed, portions, unpacked
from nephoscope.model.errors import NephoscopeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from nephoscope.detect.rule import RuleSet
    from nephoscope.model.coverage import Gap

AHEAD = 3  # tasks that wait for each worker

Held = tuple[int, list[int], bytes]  # a task's number, places in it, and the matches that stand there
Line = tuple[Any, str]  # what it is sorted by, and the text


@dataclass(frozen=True)
class Portioned:
    """What is printed of a task's files, and their matches: places and texts, by the portion that judges them."""

    told: list[Told]
    matches: dict[int, tuple[list[int], bytes]]
    count: int


@dataclass(frozen=True)
class Judged:
    """What a portion says of matches: lines by their order, then those of windows that waited until the end.

    state: the portion's, for the next matches; failed, dropped: what it could not judge.
    """

    lines: list[Line]
    flushed: list[tuple[str, str, int]]
    state: bytes
    failed: list[Gap]
    dropped: int


class _Worker:
    """What a worker process keeps from task to task."""

    def __init__(self, rules: RuleSet, source: str, *, as_json: bool) -> None:
        self.reader = Reader(rules, source)
        self.as_json = as_json
        self.portions = portions(rules)
        self.portion_of = {name: number for number, one in enumerate(self.portions) for name in judged_by(one)}

    def read(self, paths: list[Path]) -> Portioned:
        """Read a task's files."""
        reads = [self.reader.read(path) for path in paths]
        signals = [signal for read in reads for signal in read.signals]
        divided: defaultdict[int, list[int]] = defaultdict(list)
        for place, signal in enumerate(signals):
            divided[self.portion_of[signal.rule]].append(place)
        matches = {number: (places, packed([signals[place] for place in places])) for number, places in divided.items()}
        return Portioned([told_of(read, as_json=self.as_json) for read in reads], matches, len(signals))

    def judge(self, number: int, held: list[Held], state: bytes, *, is_last: bool) -> Judged:
        """Judge matches by a portion of the rules. state: what it said before."""
        judge = Judge(self.portions[number])
        if state:
            judge.load(state)
        placed = [
            (signal, task, place)
            for task, places, text in held
            for place, signal in zip(places, unpacked(text), strict=True)
        ]
        placed.sort(key=lambda one: order_of(one[0]))
        lines = [
            ((*order_of(signal), task, place), rendered([finding], as_json=self.as_json))
            for signal, task, place in placed
            for finding in judge.take(signal)
        ]
        flushed = [
            (name, rendered(findings, as_json=self.as_json), len(findings))
            for name, findings in (judge.flushes() if is_last else ())
        ]
        return Judged(lines, flushed, b"" if is_last else judge.dump(), list(judge.failed.values()), judge.dropped)


_worker: _Worker | None = None


def _begin(rules: RuleSet, source: str, as_json: bool) -> None:  # noqa: FBT001  a pool's initialiser takes no names
    global _worker  # noqa: PLW0603
    _worker = _Worker(rules, source, as_json=as_json)
    keep_memory()
    gc.disable()


def _mine() -> _Worker:
    if _worker is None:
        raise RuntimeError("the worker was not begun")
    return _worker


def _read(paths: list[Path]) -> Portioned:
    return _mine().read(paths)


def _judge(number: int, held: list[Held], state: bytes, *, is_last: bool) -> Judged:
    return _mine().judge(number, held, state, is_last=is_last)


def _ready() -> None:
    _mine()


@dataclass
class _Portion:
    """What is kept of a portion between two judgements."""

    held: list[Held] = field(default_factory=list[Held])
    state: bytes = b""
    failed: dict[str, Gap] = field(default_factory=dict[str, "Gap"])
    dropped: int = 0


class Workers:
    """Processes, begun when made; use it in `with`."""

    def __init__(
        self,
        count: int,
        rules: RuleSet,
        source: str,
        *,
        as_json: bool,
        signals_held: int = SIGNALS_HELD,
        task_files: int = TASK_FILES,
    ) -> None:
        """Begin them. signals_held: as `_offline.read_files` has it. task_files: files sent at once."""
        import multiprocessing

        can_fork = sys.platform == "linux" and threading.active_count() == 1
        self._count = count
        self._signals_held, self._task_files = signals_held, task_files
        self._correlations = [one.about.id for one in rules.correlations]
        self._portions: defaultdict[int, _Portion] = defaultdict(_Portion)
        self._pool = ProcessPoolExecutor(
            count,
            mp_context=multiprocessing.get_context("fork" if can_fork else "spawn"),
            initializer=_begin,
            initargs=(rules, source, as_json),
        )
        self._begun = self._pool.submit(_ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read_files(self, paths: Iterable[Path]) -> Iterator[Told]:
        """As `_offline.read_files`, to the letter. Raises NephoscopeError if a worker was killed."""
        try:
            self._begun.result()
            held = 0
            for task, portioned in enumerate(self._read(paths)):
                yield from portioned.told
                for number, (places, text) in portioned.matches.items():
                    self._portions[number].held.append((task, places, text))
                held += portioned.count
                if held > self._signals_held:
                    yield self._judge(is_last=False)
                    held = 0
            yield self._judge(is_last=True)
        except BrokenProcessPool as error:
            raise NephoscopeError(
                "a worker process was killed, perhaps for want of memory; what is printed is not all: try fewer workers"
            ) from error

    def _read(self, paths: Iterable[Path]) -> Iterator[Portioned]:
        """What each task's files hold, in order of the paths."""
        waiting: deque[Future[Portioned]] = deque()
        for task in tasks(paths, self._task_files):
            waiting.append(self._pool.submit(_read, task))
            if len(waiting) > AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _judge(self, *, is_last: bool) -> Told:
        """Let every portion judge what is held of it; the largest begin first."""
        portions = sorted(self._portions.items(), key=lambda one: -sum(len(places) for _, places, _ in one[1].held))
        asked = {
            number: self._pool.submit(_judge, number, one.held, one.state, is_last=is_last) for number, one in portions
        }
        lines: list[list[Line]] = []
        flushed: dict[str, tuple[str, int]] = {}
        for number, future in asked.items():
            said, portion = future.result(), self._portions[number]
            portion.held, portion.state = [], said.state
            portion.failed |= {gap.subject: gap for gap in said.failed}
            portion.dropped += said.dropped
            lines.append(said.lines)
            flushed |= {name: (text, count) for name, text, count in said.flushed}
        texts = [text for _, text in merge(*lines)]
        last = [flushed[name] for name in self._correlations if name in flushed]
        count = len(texts) + sum(count for _, count in last)
        text = "".join([*texts, *(text for text, _ in last)])
        return Told(text, count, self._unjudged() if is_last else ())

    def _unjudged(self) -> list[str]:
        portions = [self._portions[number] for number in sorted(self._portions)]
        failed = [gap for one in portions for gap in one.failed.values()]
        return unjudged(gaps_of(failed, sum(one.dropped for one in portions)))
