"""Counts stay within their scope, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from tests.store.samples import NOON, detection, failed_check

from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.model.finding import ResourceRef
from nephoscope.model.verdict import Fail, Pass
from nephoscope.store import counts
from nephoscope.store.findings import upsert_findings
from nephoscope.store.gaps import record_gaps
from nephoscope.store.hours import put_hours
from nephoscope.store.run_tables import RUNS
from nephoscope.store.scope import Scope
from nephoscope.store.tables import FINDINGS, GAPS
from nephoscope.store.verdicts import Assessment, put_verdicts

ONE, TWO = "111111111111", "222222222222"
ALL, SECOND, NONE = Scope.everything(), Scope.of([TWO]), Scope.of([])
MINE, THEIRS = (ONE, "r", "T", "a"), (TWO, "r", "T", "b")


@pytest.fixture
def connection(ledger):
    with ledger.write() as opened:
        theirs = ResourceRef("T", "b", TWO, "r")
        found = [detection(), failed_check(), failed_check("b", subject=("b",), resource=theirs)]
        upsert_findings(opened, found)
        put_verdicts(opened, [Assessment(MINE, "d", {"c": Fail("x")}), Assessment(THEIRS, "d", {"c": Pass()})], NOON)
        record_gaps(opened, [Gap("read", "x", "no", ONE, permission="p:A"), Gap("read", "y", "no", TWO)], NOON)
        put_hours(opened, [Hour("s", account, "r", NOON, HourState.VERIFIED) for account in (ONE, TWO)])
        yield opened


def test_findings(connection):
    assert counts.count_by(connection, FINDINGS.c.severity, ALL) == {"high": 1, "medium": 2}
    assert counts.count_by(connection, FINDINGS.c.severity, SECOND) == {"medium": 1}
    assert counts.count_by(connection, FINDINGS.c.severity, NONE) == {}
    assert len(list(counts.findings_in(connection, SECOND))) == 1
    assert counts.rule_counts(connection, SECOND)["s3_bucket_blocks_public_access"][:2] == (1, 1)
    assert counts.open_by_account(connection, ALL) == {ONE: {"high": 1, "medium": 1}, TWO: {"medium": 1}}
    ages = counts.open_by_age(connection, ALL, NOON + timedelta(days=3))
    assert ages == {"day": 0, "week": 3, "month": 0, "older": 0}
    assert counts.count_findings_where(connection, SECOND, FINDINGS.c.status == "open") == 1
    assert counts.item_findings(connection, [THEIRS, MINE]) == {THEIRS: (1, 2)}


def test_verdicts(connection):
    assert counts.verdict_counts(connection, ALL) == {"c": {"Fail": 1, "Pass": 1}}
    assert counts.verdict_counts(connection, SECOND) == {"c": {"Pass": 1}}
    assert counts.item_verdicts(connection, [MINE]) == {MINE: {"Fail": 1}}


def test_runs_that_wait(connection):
    row = {"playbook": "p", "is_ended": 0, "finding": "", "requested_by": "", "revision": 1, "made_at": NOON}
    row |= {"changed_at": NOON, "revert_at": None, "lease": "", "lease_until": None, "body": {}}
    rows = [row | {"id": str(n), "account": (ONE, TWO)[n % 2], "status": ("waiting", "done")[n // 2]} for n in range(4)]
    connection.execute(insert(RUNS), rows)

    assert [counts.waiting_runs(connection, scope) for scope in (ALL, SECOND, NONE)] == [2, 1, 0]


def test_coverage(connection):
    assert counts.gap_counts(connection, SECOND, GAPS.c.area) == {"read": 1}
    assert counts.hour_counts(connection, SECOND) == {TWO: {"verified": 1}}
    assert counts.missing_permissions(connection, ONE) == ["p:A"]
    assert counts.summed([{"a": 1}, {"a": 2, "b": 1}]) == {"a": 3, "b": 1}
