"""By when a vulnerability is to be mended: by its class, counted from when it was first known here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.scan.exploitation import Kev


class Due(NamedTuple):
    """at: the end of the last day; why: the class, or whose date it is."""

    at: datetime
    why: str


def due(severity: str, kev: Kev | None, exposure: str, first_at: datetime, days: Mapping[str, int]) -> Due | None:
    """The date; None for a severity that has no class, or a class of 0 days.

    A date of CISA's catalogue holds as it is, even if it has passed; without one, and for everything else, days count
    from first_at. What is critical and reachable from the internet is `urgent`.
    """
    if kev and (at := _day(kev.due)):
        return Due(at, "CISA's catalogue")
    is_open = severity == "critical" and exposure in ("internet", "balancer")
    name = "kev" if kev else "urgent" if is_open else severity
    given = days.get(name, 0)
    return Due(first_at + timedelta(days=given), f"{name}: {given} days") if given else None


def _day(text: str) -> datetime | None:
    """The last moment of a day; None for a text that is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(hour=23, minute=59, second=59, tzinfo=UTC)
