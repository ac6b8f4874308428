"""A file format: findings → the bytes of a file, piece by piece. A new one is one file in `formats/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from nephoscope import plugins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from nephoscope.model.coverage import Gap
    from nephoscope.store.findings import StoredFinding


@dataclass(frozen=True)
class Report:
    """What a file says of itself.

    chosen: the filter, in words. counts: how many findings by facet and value. gaps: what could not be seen, so that
    nobody takes the file for all there is.
    """

    made_at: datetime
    chosen: str = ""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Any])
    gaps: Sequence[Gap] = ()

    @property
    def total(self) -> int:
        """How many findings there are."""
        return sum(self.counts.get("severity", {}).values())


class Format(Protocol):
    """Writes findings; nothing that is in them can become more than text in the file."""

    def __call__(self, findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]: ...


def formats() -> dict[str, Format]:
    """Every format by its name."""
    return {name: found for name, found in plugins.load("nephoscope.export.formats", _format).items()}


def _format(value: Any) -> Format | None:
    is_own = getattr(value, "__name__", "") == getattr(value, "__module__", "").rpartition(".")[2]
    return value if is_own and callable(value) else None  # pyright: ignore[reportReturnType]
