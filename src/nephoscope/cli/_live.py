"""What `nephoscope up` shows: what is being read, what cannot be, findings as they come, each with its actor."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.cli.output import printable
from nephoscope.model.finding import Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from nephoscope.model.coverage import Gap
    from nephoscope.model.finding import Finding

SHOWN_FINDINGS = 14
SHOWN_GAPS = 5
SHOWN_NOTES = 4
SAID_EVERY_S = 10.0
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "dim"}


@dataclass
class Reading:
    """How far one reader is: what it read so far, and when it last succeeded."""

    what: str
    done: str = ""
    at: datetime | None = None
    told: str = ""
    said_s: float = float("-inf")


@dataclass
class Board:
    """The state that the view draws; jobs write to it from their threads. said: gets each line as it happens."""

    title: str
    said: Callable[[str], None] = lambda _: None
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    gaps: dict[tuple[str, ...], Gap] = field(default_factory=dict[tuple[str, ...], "Gap"])
    findings: deque[Finding] = field(default_factory=lambda: deque["Finding"](maxlen=SHOWN_FINDINGS))
    notes: deque[str] = field(default_factory=lambda: deque[str](maxlen=SHOWN_NOTES))
    is_first_look: bool = True
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    baseline: Counter[Severity] = field(default_factory=Counter["Severity"])
    totals: dict[str, int] = field(default_factory=dict[str, int])
    started_s: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Watching begins: what is older happened before anybody looked."""
        self.began_at = datetime.now(UTC)
        self.note("ready")

    def note(self, text: str) -> None:
        """Say something once."""
        with self._lock:
            self.notes.append(text)
        self.said(text)

    def read(self, name: str, what: str, done: str) -> None:
        """A reader got on."""
        with self._lock:
            known = self.readings.setdefault(name, Reading(what))
            if known.done != done:
                known.what, known.done, known.at = what, done, datetime.now(UTC)
            now = time.monotonic()
            is_due = known.at is not None and known.told != done and now - known.said_s > SAID_EVERY_S
            if is_due:
                known.told, known.said_s = done, now
        if is_due:
            self.said(f"read     {what}: {done}")

    def count(self, **totals: int) -> None:
        """The numbers of the bottom line."""
        with self._lock:
            self.totals.update(totals)

    def cannot_see(self, gap: Gap) -> None:
        """Something could not be seen."""
        with self._lock:
            is_new = gap.key not in self.gaps or self.gaps[gap.key].cause != gap.cause
            self.gaps[gap.key] = gap
        if is_new:
            self.said(f"unseen   {gap_text(gap)}")

    def sees_again(self, gap: Gap) -> None:
        """It can be seen again."""
        with self._lock:
            was = self.gaps.pop(gap.key, None)
        if was:
            self.said(f"seen     {was.area} {was.subject} again")

    def found(self, finding: Finding) -> None:
        """A finding that was not there before. What was so before anybody looked is counted, not listed."""
        with self._lock:
            if self._is_old(finding):
                self.baseline[finding.severity] += 1
                return
            self.findings.append(finding)
        self.said(f"FINDING  {finding_text(finding)}")

    def _is_old(self, finding: Finding) -> bool:
        if finding.kind is Kind.COMPLIANCE:
            return self.is_first_look
        return finding.kind is Kind.DETECTION and finding.time < self.began_at

    def end_first_look(self) -> None:
        """The accounts were read once; from here on every finding is news."""
        if not self.is_first_look:
            return
        self.is_first_look = False
        counts = ", ".join(f"{self.baseline[each]} {each}" for each in reversed(Severity) if self.baseline[each])
        if counts:
            self.note(f"found at the first look: {counts}; list them: nephoscope findings")

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            elapsed = int(time.monotonic() - self.started_s)
            header = Text(f"{self.title}  ·  up {elapsed // 60}:{elapsed % 60:02d}  ·  Ctrl-C stops", style="bold")
            parts = [header, Text(), self._readings(), Text(), self._gaps(), Text(), self._findings(), Text()]
            return Group(*parts, *(Text(printable(note), style="dim") for note in self.notes), self._totals())

    def _readings(self) -> Any:
        table = plain_table(Column("Being read", 2), Column("so far", 3), Column("last", width=10))
        for reading in self.readings.values():
            age = f"{int((datetime.now(UTC) - reading.at).total_seconds())} s ago" if reading.at else ""
            table.add_row(markup_safe(reading.what), markup_safe(reading.done), age)
        return table if self.readings else dim("Nothing was read yet.")

    def _gaps(self) -> Any:
        if not self.gaps:
            return dim("Nothing that was asked for is out of sight.")
        table = plain_table(Column(f"Cannot be seen ({len(self.gaps)})", 2), Column("because", 3))
        for gap in list(self.gaps.values())[-SHOWN_GAPS:]:
            table.add_row(markup_safe(f"{gap.subject} {gap.account} {gap.region}".strip()), markup_safe(gap.cause))
        return table

    def _findings(self) -> Any:
        if not self.findings:
            return dim("No finding yet.")
        table = plain_table(Column("Findings", width=8), Column("", width=8), Column("", 3), Column("who", 2))
        for finding in reversed(self.findings):
            resource = f"{finding.resource.type.removeprefix('AWS::')} {finding.resource.id}".strip()
            title = title_of(finding) if not resource else f"{title_of(finding)} · {resource}"
            who = f"{short(str(finding.actor))} {finding.actor.ip}".strip() if finding.actor else ""
            colour = COLOURS[finding.severity]
            clock = finding.time.astimezone().strftime("%H:%M:%S")
            table.add_row(f"[{colour}]{finding.severity}[/]", clock, markup_safe(title), markup_safe(who))
        return table

    def _totals(self) -> Any:
        return dim("  ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in self.totals.items()))


def finding_text(finding: Finding) -> str:
    """A finding in a line: severity, what, where, who."""
    where = " ".join(part for part in (finding.resource.type, finding.resource.id, finding.resource.account) if part)
    who = f" by {finding.actor}" + (f" from {finding.actor.ip}" if finding.actor.ip else "") if finding.actor else ""
    return printable(f"{finding.severity:<8} {title_of(finding)}{f' [{where}]' if where else ''}{who}")


def gap_text(gap: Gap) -> str:
    """A gap in a line."""
    place = " ".join(part for part in (gap.account, gap.region) if part)
    missing = f" (missing permission {gap.permission})" if gap.permission else ""
    return printable(f"{gap.area} {gap.subject}{f' in {place}' if place else ''}: {gap.cause}{missing}")


def title_of(finding: Finding) -> str:
    """What to call a finding: a check's title says what would be true if it passed."""
    return f"Fail: {finding.title}" if finding.kind is Kind.COMPLIANCE else finding.title


def short(actor: str) -> str:
    """Who it is without what all names have in common: `arn:aws:iam::111122223333:user/ann` → `user/ann`."""
    parts = actor.split(":", 5)
    return parts[5] if len(parts) == 6 and parts[0] == "arn" else actor


@dataclass(frozen=True)
class Column:
    """A column of a table. share: of the room that is left; width: what it always has, instead of a share."""

    heading: str
    share: int = 0
    width: int = 0


def plain_table(*columns: Column) -> Any:
    """A table as wide as the terminal, without borders; cells that do not fit are cut, and no column vanishes."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    for each in columns:
        table.add_column(
            each.heading,
            no_wrap=True,
            overflow="ellipsis",
            width=each.width or None,
            ratio=each.share or None,
        )
    return table


def dim(text: str) -> Any:
    """A line in the background."""
    from rich.text import Text

    return Text(printable(text), style="dim")


def markup_safe(text: str) -> str:
    """Text from outside for a table cell: no control characters, no markup."""
    from rich.markup import escape

    return escape(printable(text))
