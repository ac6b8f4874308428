"""Changes that somebody approved, by what they led to: the same file on every host of a fleet is approved once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.agent.explain import Class
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from nephoscope.agent.explain import Explained

LARGEST_BYTES = 64 << 20


class Approval(msgspec.Struct, frozen=True):
    """That a change is as it should be. change: `change_id`; at: ISO 8601."""

    change: str
    path: str
    why: str
    by: str
    at: str


class Row(msgspec.Struct, frozen=True):
    """What of a printed change is needed to approve it."""

    path: str
    change: str
    explained: bool = False


def with_approval(found: Explained, approvals: Mapping[str, Approval]) -> Explained:
    """A change as approved, where somebody did and nothing else explains it."""
    one = approvals.get(found.change)
    if one is None or found.is_explained or found.class_ == Class.UNREADABLE:
        return found
    said = f"approved by {one.by} on {one.at[:10]}: {one.why}"
    return found._replace(class_=Class.APPROVED, severity="informational", explanation=said, trust="approval")


def read_approvals(file: Path) -> dict[str, Approval]:
    """Approvals by change. Raises SourceError naming the line that is none."""
    return {each.change: each for each in _lines(file, Approval)}


def read_rows(file: Path) -> list[Row]:
    """The changes that `verify check --format jsonl` printed. Raises SourceError naming the line that is none."""
    return list(_lines(file, Row))


def approved(known: Mapping[str, Approval], rows: Iterable[Row], why: str, by: str, at: str) -> dict[str, Approval]:
    """Approvals with those of every row that is not explained; one that was approved before stays as it was."""
    fresh = {row.change: Approval(row.change, row.path, why, by, at) for row in rows if not row.explained}
    return fresh | dict(known)


def text_of(approvals: Mapping[str, Approval]) -> bytes:
    """Approvals as lines of JSON, by path."""
    lines = sorted(approvals.values(), key=lambda each: (each.path, each.change))
    return b"".join(msgspec.json.encode(each) + b"\n" for each in lines)


def _lines(file: Path, kind: type[Any]) -> Iterator[Any]:
    decode = msgspec.json.Decoder(kind).decode
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise SourceError(str(file), f"is larger than {LARGEST_BYTES} bytes")
        text = file.read_bytes()
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error.strerror}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise SourceError(str(file), f"is no change: {error}", f"line {number}") from error
