from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON, detection, failed_check

from nephoscope.model.finding import Actor, EventRef, Severity, Status
from nephoscope.store.findings import (
    attach_change,
    finding_history,
    get_finding,
    resolve_compliance,
    resolve_findings,
    upsert_findings,
)

LATER = NOON + timedelta(hours=1)


def _upsert(ledger, *findings, at=None):
    with ledger.write() as connection:
        return upsert_findings(connection, findings, at)


def _get(ledger, finding):
    with ledger.read() as connection:
        return get_finding(connection, finding.uid)


def test_a_finding_is_kept_whole(ledger):
    finding = detection(detail={"matched": {"eventName": "StopLogging"}, "odd": ["\x00", None, 1.5]})
    [change] = _upsert(ledger, finding)
    assert (change.uid, change.revision, change.previous, change.status, change.why) == (
        finding.uid,
        1,
        "",
        "open",
        "found",
    )
    stored = _get(ledger, finding)
    assert stored.finding == finding
    assert (stored.first_seen_at, stored.last_seen_at, stored.occurrences) == (NOON, NOON, 1)


def test_a_replayed_finding_changes_nothing(ledger):
    _upsert(ledger, detection())
    before = _get(ledger, detection())
    assert _upsert(ledger, detection(), detection()) == []
    assert _get(ledger, detection()) == before


def test_the_same_finding_twice_in_one_call_is_one(ledger):
    assert len(_upsert(ledger, detection(), detection())) == 1


def test_a_finding_seen_again_moves_its_last_seen(ledger):
    _upsert(ledger, failed_check())
    assert _upsert(ledger, failed_check(at=LATER)) == []
    stored = _get(ledger, failed_check())
    assert (stored.first_seen_at, stored.last_seen_at, stored.occurrences) == (NOON, LATER, 2)


def test_evidence_resolves_and_a_later_failure_reopens(ledger):
    _upsert(ledger, failed_check())
    with ledger.write() as connection:
        [resolved] = resolve_findings(connection, [failed_check().uid], "verdict is now Pass", LATER)
        assert resolve_findings(connection, [failed_check().uid], "again", LATER) == []
    assert (resolved.previous, resolved.status) == ("open", "resolved")
    stored = _get(ledger, failed_check())
    assert (stored.status, stored.resolved_at, stored.resolved_why) == (Status.RESOLVED, LATER, "verdict is now Pass")
    [reopened] = _upsert(ledger, failed_check(at=LATER + timedelta(hours=1)))
    assert (reopened.previous, reopened.status, reopened.why) == ("resolved", "open", "found again")
    assert _get(ledger, failed_check()).resolved_at is None
    with ledger.read() as connection:
        assert [change.status for change in finding_history(connection, failed_check().uid)] == [
            "open",
            "resolved",
            "open",
        ]


def test_a_replay_of_what_was_resolved_does_not_reopen(ledger):
    _upsert(ledger, failed_check(), detection())
    with ledger.write() as connection:
        resolve_findings(connection, [failed_check().uid, detection().uid], "gone", LATER)
    assert _upsert(ledger, failed_check(at=NOON + timedelta(minutes=5)), detection(), at=LATER) == []
    assert _get(ledger, failed_check()).status is Status.RESOLVED
    assert _get(ledger, detection()).status is Status.RESOLVED


def test_checks_that_pass_resolve_their_findings_only(ledger):
    _upsert(ledger, failed_check("logs"), failed_check("other"))
    with ledger.write() as connection:
        changes = resolve_compliance(connection, {failed_check("logs").resource: [failed_check().rule]}, "now Pass")
    assert [change.uid for change in changes] == [failed_check("logs").uid]
    assert _get(ledger, failed_check("other")).status is Status.OPEN


def test_new_events_of_a_correlation_are_added_once_and_bounded(ledger):
    _upsert(ledger, detection())
    more = tuple(EventRef(f"m{n}", LATER, "s", "o", n) for n in range(80))
    [change] = _upsert(ledger, replace(detection(at=LATER), events=more))
    assert change.why == "more events belong to it"
    stored = _get(ledger, detection())
    assert len(stored.finding.events) == 50
    assert stored.finding.events[-1].uid == "m79"


def test_a_changed_severity_is_a_revision(ledger):
    _upsert(ledger, failed_check())
    [change] = _upsert(ledger, failed_check(at=LATER, severity=Severity.CRITICAL))
    assert (change.revision, change.why) == (2, "severity was medium")


def test_a_finding_is_attributed_afterwards(ledger):
    _upsert(ledger, failed_check())
    actor = Actor(uid="arn:aws:iam::111111111111:user/mallory")
    for _ in range(2):
        with ledger.write() as connection:
            attach_change(connection, failed_check().uid, {"event_uid": "e1"}, actor)
    stored = _get(ledger, failed_check())
    assert (stored.finding.actor, stored.change, stored.revision) == (actor, {"event_uid": "e1"}, 2)
