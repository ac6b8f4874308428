"""A notice → what a person reads: risk, why, who, what next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.export.text import one_line
from nephoscope.model.finding import Kind, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.export.notice import Notice
    from nephoscope.store.findings import StoredFinding

SAID = {
    "opened": "opened",
    "reopened": "opened again",
    "changed": "changed",
    "escalated": "still open",
    "test": "test",
    "told": "a playbook says",
}
LONGEST = 1_500
PARTS = 200


@dataclass(frozen=True)
class Part:
    """One finding of a message. facts: what and how; every text on one line, of the lengths here."""

    title: str
    severity: str
    facts: tuple[tuple[str, str], ...]
    uid: str
    is_over: bool


@dataclass(frozen=True)
class Message:
    """A title and its findings. id: the notice's. thread: what belongs together (a finding's uid).

    left: how many more findings there are than parts.
    """

    id: str
    title: str
    severity: str
    parts: tuple[Part, ...]
    thread: str
    left: int = 0


def message_of(notice: Notice) -> Message:
    """A message about one finding, or about those of a digest."""
    told = notice.others or (notice,)
    parts = tuple(_part(each) for each in told[:PARTS])
    title = _digest_title(notice) if notice.others else f"{parts[0].severity.upper()} {parts[0].title}"
    left = len(told) - len(parts)
    return Message(notice.id, title, str(notice.stored.finding.severity), parts, notice.uid, left)


def _digest_title(notice: Notice) -> str:
    over = sum(each.is_over for each in notice.others)
    still = len(notice.others) - over
    return f"{still} findings to look at, {over} resolved"


def _part(notice: Notice) -> Part:
    stored = notice.stored
    said = str(stored.status) if notice.what == "resolved" else SAID.get(notice.what, notice.what)
    title = f"{said}: {called(stored)}"
    facts = tuple((label, one_line(text, LONGEST)) for label, text in _facts(notice) if text)
    return Part(title, str(stored.finding.severity), facts, stored.uid, notice.is_over)


def called(stored: StoredFinding) -> str:
    """A finding's title for people: a check's own says what would be true if it passed."""
    fails = stored.finding.kind is Kind.COMPLIANCE and stored.status is not Status.RESOLVED
    return f"{'Fail: ' if fails else ''}{one_line(stored.finding.title, 300)}"


def _facts(notice: Notice) -> Iterator[tuple[str, str]]:
    stored, finding = notice.stored, notice.stored.finding
    yield "Severity", str(finding.severity)
    yield "Status", f"{stored.status}{f' (was {notice.previous})' if notice.previous else ''}"
    yield "Resource", " ".join(filter(None, (finding.resource.type, finding.resource.id)))
    yield "Account", " ".join(filter(None, (finding.resource.account, finding.resource.region)))
    yield "Owner", notice.owner
    yield "Why", finding.reason
    yield "What happened to it", "" if notice.why == "found" else notice.why
    yield "Who", who(stored)
    yield "What to do", "" if notice.is_over else advice(stored)
    yield (
        "Seen",
        f"{stored.first_seen_at:%Y-%m-%d %H:%M} to {stored.last_seen_at:%Y-%m-%d %H:%M} UTC, {stored.occurrences}×",
    )
    yield "Rule", finding.rule
    yield "Finding", stored.uid


def who(stored: StoredFinding) -> str:
    """The actor and from where, or nothing."""
    actor = stored.finding.actor
    if actor is None:
        return ""
    more = {"session": actor.session, "key": actor.credential, "from": actor.ip}
    return " ".join([str(actor), *(f"{name} {text}" for name, text in more.items() if text)])


def advice(stored: StoredFinding) -> str:
    """What to do next: as the check says, where it does."""
    return str(stored.finding.detail.get("fix") or "")
