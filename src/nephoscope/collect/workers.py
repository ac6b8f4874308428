"""Decoding in worker processes: spawned, never forked, so that none holds the parent's lake or locks."""

from __future__ import annotations

import io
import multiprocessing
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from nephoscope.collect.collector import Decoded, Fetched, Job, work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AHEAD = 2


@dataclass(frozen=True)
class _Packed:
    """A job that can be sent: its objects' bytes instead of their files."""

    job: Job
    stored: tuple[bytes, ...]


def _pack(job: Job) -> _Packed:
    stored: list[bytes] = []
    for one in job.group:
        one.stored.seek(0)
        stored.append(one.stored.read())
        one.stored.close()
    return _Packed(replace(job, group=[replace(one, stored=io.BytesIO()) for one in job.group]), tuple(stored))


def _unpacked_work(packed: _Packed) -> Decoded:
    group = [
        Fetched(one.object, io.BytesIO(stored)) for one, stored in zip(packed.job.group, packed.stored, strict=True)
    ]
    return work(replace(packed.job, group=group))


class Workers:
    """So many processes that decode; 0 decodes in this one. A job's `inspect` and what it returns must be picklable."""

    def __init__(self, count: int) -> None:
        self.count = count
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context) if count else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def decoded(self, jobs: Iterable[Job]) -> Iterator[Decoded]:
        """Decode jobs in their order, at most `AHEAD` per process beyond the one that is awaited.

        Raises BrokenProcessPool if a worker dies (out of memory, killed); nothing of its job is kept then.
        """
        if self._pool is None:
            yield from map(work, jobs)
            return
        waiting: deque[Future[Decoded]] = deque()
        for job in jobs:
            waiting.append(self._pool.submit(_unpacked_work, _pack(job)))
            if len(waiting) > AHEAD * self.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
