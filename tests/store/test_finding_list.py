from datetime import timedelta

import pytest
from tests.store.samples import NOON, detection, failed_check

from nephoscope.model.finding import ResourceRef, Severity
from nephoscope.store.finding_list import (
    FindingFilter,
    all_findings,
    count_findings,
    facet_counts,
    findings_with_event,
    list_findings,
    open_around,
    position_of,
)
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.scope import Scope

SEVERITIES = list(Severity)


@pytest.fixture
def many(ledger):
    """Thirty detections, a minute apart, of all severities in two accounts."""
    findings = [
        detection(
            f"e{number}",
            NOON + timedelta(minutes=number // 2),
            severity=SEVERITIES[number % 5],
            resource=ResourceRef("AWS::EC2::Instance", f"i-{number}", "12"[number % 2] * 12, "eu-west-1"),
        )
        for number in range(30)
    ]
    with ledger.write() as connection:
        upsert_findings(connection, findings, NOON)
        resolve_findings(connection, [finding.uid for finding in findings[:10]], "gone", NOON)
    return ledger


@pytest.mark.parametrize("order", ["newest", "gravest"])
def test_pages_hold_every_finding_once_and_in_order(many, order):
    found = []
    after = None
    with many.read() as connection:
        while page := list_findings(connection, FindingFilter(), order=order, after=after, limit=7):
            found += page
            after = position_of(page[-1])
        assert [each.uid for each in all_findings(connection, FindingFilter(), order=order)] == [
            each.uid for each in found
        ]
    assert len({each.uid for each in found}) == len(found) == 30
    seen = [each.last_seen_at for each in found]
    ranks = [each.finding.severity.rank for each in found]
    assert (seen if order == "newest" else ranks) == sorted(seen if order == "newest" else ranks, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (FindingFilter(), 30),
        (FindingFilter(status=("open",)), 20),
        (FindingFilter(status=("open", "resolved"), severity=("critical", "high")), 12),
        (FindingFilter(account=("111111111111",)), 15),
        (FindingFilter(kind=("compliance",)), 0),
        (FindingFilter(resource_id="i-7"), 1),
        (FindingFilter(rule=("cloudtrail_logging_stopped",), resource_type=("AWS::EC2::Instance",)), 30),
        (FindingFilter(since=NOON + timedelta(minutes=10)), 10),
        (FindingFilter(text="MALLORY i-29"), 1),
        (FindingFilter(text="%"), 0),
        (FindingFilter(text="' OR 1=1 --"), 0),
    ],
)
def test_findings_are_narrowed(many, wanted, count):
    with many.read() as connection:
        assert count_findings(connection, wanted) == count
        assert len(list_findings(connection, wanted)) == count


def test_findings_are_counted_by_facet(many):
    with many.read() as connection:
        counts = facet_counts(connection, FindingFilter(status=("open",)))
    assert counts["status"] == {"open": 20}
    assert counts["account"] == {"111111111111": 10, "222222222222": 10}
    assert counts["severity"] == dict.fromkeys(sorted(SEVERITIES), 4)


def test_kinds_are_told_apart(many):
    with many.write() as connection:
        upsert_findings(connection, [failed_check()], NOON)
        assert [each.finding.rule for each in list_findings(connection, FindingFilter(kind=("compliance",)))] == [
            failed_check().rule
        ]


def test_findings_are_found_by_an_event_of_theirs_within_scope(ledger):
    one, other = detection("e1"), detection("e11", subject=("e11",))
    with ledger.write() as connection:
        upsert_findings(connection, [one, other])
        assert findings_with_event(connection, "e1", Scope.everything()) == [one.uid]
        assert findings_with_event(connection, "e%", Scope.everything()) == []
        assert findings_with_event(connection, "e1", Scope.of(["2"])) == []


def test_what_is_open_of_a_resource_is_found_now_and_as_of_then(many):
    def around(number, at=None, account=None):
        account = account or "12"[number % 2] * 12
        with many.read() as connection:
            found = open_around(connection, ResourceRef("AWS::EC2::Instance", f"i-{number}", account, "eu-west-1"), at)
        return [each.finding.resource.id for each in found]

    assert around(20) == ["i-20"]
    assert around(20, account="2" * 12) == []
    assert around(20, NOON) == []  # seen for the first time ten minutes later
    assert around(0) == []
    assert around(0, NOON - timedelta(seconds=1)) == []
    with many.read() as connection:
        assert open_around(connection, ResourceRef(account="1" * 12)) == []
