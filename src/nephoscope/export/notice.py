"""A notice: what became of a finding, as it is told to a receiver. Kept as JSON until it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.finding import Finding, Kind, ResourceRef, Severity, Status
from nephoscope.store.findings import StoredFinding

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENING = ("opened", "reopened", "escalated")
KINDS = ("opened", "reopened", "resolved", "changed", "coverage")


@dataclass(frozen=True)
class Notice:
    """One thing to tell.

    id: the same whenever the same thing is told to the same receiver, so that a receiver can know it again.
    what: opened, reopened, resolved, changed, escalated, digest, told (by a playbook) or test.
    stored: the finding, as of that revision.
    others: what a digest holds, the gravest first.
    """

    id: str
    what: str
    stored: StoredFinding
    at: datetime
    why: str = ""
    previous: str = ""
    route: str = ""
    owner: str = ""
    topic: str = "finding"
    others: tuple[Notice, ...] = ()

    @property
    def uid(self) -> str:
        """What it is about: the finding's uid."""
        return self.stored.uid

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to do any more."""
        return self.stored.status is not Status.OPEN


def what_became(previous: str, status: str) -> str:
    """The kind of a finding's change from its status before (empty for a new one) and after.

    What is waived is over for whoever was told of it, as what is resolved is.
    """
    if status != Status.OPEN:
        return "resolved"
    if previous != Status.OPEN:
        return "reopened" if previous else "opened"
    return "changed"


def of_finding(change: Mapping[str, Any], stored: StoredFinding, owner: str = "") -> Notice:
    """What the feed says of a finding, with the finding as it is kept now, set back to that revision's status."""
    then = replace(stored, status=Status(change["status"]), revision=change["revision"])
    what = what_became(change["previous_status"], change["status"])
    at = msgspec.convert(change["changed_at"], datetime)
    return Notice("", what, then, at, change["why"], change["previous_status"], owner=owner)


def of_gap(change: Mapping[str, Any], at: datetime, number: int) -> Notice:
    """What the feed says of a gap, as if it were a finding: every exporter can tell of it so."""
    place = (change["area"], change["subject"], change["account"], change["region"])
    finding = Finding(
        Kind.INTEGRITY,
        f"coverage_{change['area']}",
        f"Something cannot be seen: {change['subject']}",
        Severity.MEDIUM,
        ("coverage", *place),
        at,
        change["cause"],
        ResourceRef(id=change["subject"], account=change["account"], region=change["region"]),
        detail={"permission": change["permission"]} if change["permission"] else {},
    )
    is_open = change["state"] == "open"
    stored = StoredFinding(finding, Status.OPEN if is_open else Status.RESOLVED, number, at, at)
    return Notice("", "opened" if is_open else "resolved", stored, at, topic="coverage")


def of_playbook(id_: str, title: str, text: str, at: datetime) -> Notice:
    """What a playbook tells, as if it were a finding: every exporter can tell of it so."""
    finding = Finding(Kind.DETECTION, "playbook_notice", title, Severity.HIGH, ("told", id_), at, text)
    return Notice(id_, "told", StoredFinding(finding, Status.OPEN, 1, at, at), at, topic="playbook")


def to_body(notice: Notice) -> dict[str, Any]:
    """A notice as JSON-ready values."""
    body = msgspec.to_builtins(notice)
    body["others"] = [to_body(each) for each in notice.others]
    return body


def from_body(body: Mapping[str, Any]) -> Notice:
    """A notice from the values that `to_body` gave."""
    plain = {name: body[name] for name in ("id", "what", "why", "previous", "route", "owner", "topic")}
    others = tuple(from_body(each) for each in body["others"])
    return Notice(stored=_stored(body["stored"]), at=msgspec.convert(body["at"], datetime), others=others, **plain)


def _stored(body: Mapping[str, Any]) -> StoredFinding:
    times: dict[str, Any] = {name: _moment(body[name]) for name in ("first_seen_at", "last_seen_at", "resolved_at")}
    plain = {name: body[name] for name in ("revision", "occurrences", "change", "waiver", "resolved_why")}
    return StoredFinding(msgspec.convert(body["finding"], Finding), Status(body["status"]), **(plain | times))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else msgspec.convert(text, datetime)
