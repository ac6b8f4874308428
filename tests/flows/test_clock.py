"""A machine's clock that jumps forward and back: what it made untrue is taken back, and nothing is lost by it."""

from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.clouds import Clouds
from nephoscope.collect.completeness import Evidence, TrailStatus
from nephoscope.detect.rule import RuleSet
from nephoscope.keep import Stores
from nephoscope.model.finding import Status
from nephoscope.model.waiver import Waiver
from nephoscope.pipeline import Hours, Logs
from nephoscope.store.finding_list import FindingFilter, count_findings
from nephoscope.store.findings import get_findings, upsert_findings
from nephoscope.store.hours import list_hours
from nephoscope.store.ledger import open_ledger
from nephoscope.store.state import get_state
from nephoscope.store.waivers import apply_waivers, approve_waiver, propose_waiver
from tests.collect.fakes import MemorySource, trail_file
from tests.flows.folder_source import listener
from tests.store.samples import detection

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OPEN = FindingFilter(status=("open",))


@pytest.fixture
def stores(lake, tmp_path):
    """Fresh stores."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(lake, ledger, listener())


class Stopped:
    """A verifier of a trail that was stopped: no hour of it is logged."""

    def evidence(self, ingested, since, now):
        stopped = TrailStatus(is_logging=False, stopped_at=NOW - 400 * DAY)
        return [Evidence("trail", "1", "us-east-1", (), (), stopped)], []


def test_hours_that_have_not_come_are_taken_back_with_their_findings_when_the_clock_is_right_again(stores):
    hours = Hours("trail", Stopped(), stores)
    hours.verify(NOW)
    before = said(stores)
    for ahead in (30 * DAY, 2 * DAY):
        hours.verify(NOW + ahead)
        assert len(said(stores)[0]) > len(before[0])
        hours.verify(NOW)
        assert said(stores) == before

    hours.verify(NOW + timedelta(hours=3))
    assert len(said(stores)[0]) == len(before[0]) + 3


def said(stores):
    with stores.ledger.read() as connection:
        found = list_hours(connection, NOW - 500 * DAY, NOW + 500 * DAY)
        return found, count_findings(connection, OPEN)


def test_a_clock_that_is_set_back_does_not_verify_less_than_before(stores):
    hours = Hours("trail", Stopped(), stores)
    for at in (NOW - timedelta(hours=5), NOW + 365 * DAY, NOW):
        hours.verify(at)

    assert {hour.start_at for hour in said(stores)[0]} >= {
        (NOW - timedelta(hours=ago)).replace(minute=0, second=0, microsecond=0) for ago in range(6)
    }


def test_a_waiver_ends_by_the_clock_and_holds_again_when_the_clock_is_set_back(stores):
    with stores.ledger.write() as connection:
        upsert_findings(connection, [detection("e1")])
        made = propose_waiver(connection, Waiver("", "severity != ''", "known", "team", "ann", NOW, NOW + DAY), NOW)
        approve_waiver(connection, made.uid, "bob", NOW)
    states = []
    for at in (NOW, NOW + 2 * DAY, NOW, NOW - 2 * DAY, NOW + 2 * DAY):
        with stores.ledger.write() as connection:
            apply_waivers(connection, at=at)
            [stored] = get_findings(connection, [detection("e1").uid]).values()
        states.append(stored.status)

    assert states == [Status.WAIVED, Status.OPEN, Status.WAIVED, Status.WAIVED, Status.OPEN]


def test_until_when_a_source_was_read_is_noted_again_after_the_clock_was_set_back(stores):
    arrow = Logs("memory", MemorySource({"s3://b/1": trail_file("a")}), Clouds(), stores, RuleSet())
    arrow.collect()
    arrow.noted_at = arrow.listed_at = NOW + 365 * DAY
    arrow.collect()

    assert arrow.noted_at < NOW + DAY
    with stores.ledger.read() as connection:
        assert datetime.fromisoformat(get_state(connection, "read/memory")) < NOW + DAY
