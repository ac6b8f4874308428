"""What follows from a look or a batch is kept whole, told once, and ended by evidence only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.assessor import Assessor
from nephoscope.keep import Looked, Stores, keep_authors, keep_gaps, keep_hours, keep_items, keep_sight
from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.model.finding import Status
from nephoscope.model.item import Item
from nephoscope.model.waiver import Waiver
from nephoscope.store.findings import get_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.hours import list_hours
from nephoscope.store.items import Revision, digest_of, item_history
from nephoscope.store.ledger import open_ledger
from nephoscope.store.verdicts import list_verdicts
from nephoscope.store.waivers import approve_waiver, propose_waiver
from tests.flows.folder_source import listener

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLOSED = Item("AWS::S3::Bucket", "logs", "111122223333", "eu-west-1", {"Open": False}, captured_at=NOON)
OPEN = replace(CLOSED, configuration={"Open": True})
BLIND = replace(CLOSED, configuration={}, not_collected={"/Open": "access was denied"})
ANN = {"event_uid": "e1", "actor": {"uid": "arn:aws:iam::111122223333:user/ann"}, "time": NOON.isoformat()}
DENIED = Gap("read", "AWS::S3::Bucket", "access was denied", "111122223333", "eu-west-1", "s3:ListAllMyBuckets")


@check("AWS::S3::Bucket", severity="high")
def bucket_is_closed(bucket):
    """Bucket is closed."""
    return Fail("open") if bucket["Open"] else Pass()


@pytest.fixture
def stores(lake, tmp_path):
    """Fresh stores, and a listener that has heard nothing."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(lake, ledger, listener())


def revision(item, minutes=0, **more):
    return Revision(item, digest_of(item), NOON + timedelta(minutes=minutes), **more)


def look(stores, *items, minutes=0, made=None, gone=()):
    revisions = [revision(item, minutes, **(made or {})) for item in items]
    looked = Looked(items, revisions, gone, at=NOON + timedelta(minutes=minutes))
    keep_items(stores, Assessor([bucket_is_closed]), looked, {item.key: digest_of(item) for item in items})


def statuses(stores):
    with stores.ledger.read() as connection:
        found = get_findings(connection, [finding.uid for finding in stores.listener.findings])
    return [stored.status for stored in found.values()]


def verdict(stores):
    with stores.ledger.read() as connection:
        return type(list_verdicts(connection, key=CLOSED.key)[0].verdict).__name__


def test_a_failing_item_is_told_once_however_often_it_is_seen(stores):
    look(stores, OPEN)
    look(stores, OPEN, minutes=1)

    assert [finding.rule for finding in stores.listener.findings] == ["bucket_is_closed"]
    assert statuses(stores) == [Status.OPEN]


def test_a_finding_ends_by_a_pass_and_returns_by_a_fail(stores):
    look(stores, OPEN)
    look(stores, CLOSED, minutes=1)
    assert statuses(stores) == [Status.RESOLVED]

    look(stores, OPEN, minutes=2)
    assert statuses(stores) == [Status.OPEN]
    assert len(stores.listener.findings) == 2


def test_what_cannot_be_seen_any_more_ends_no_finding(stores):
    look(stores, OPEN)
    look(stores, BLIND, minutes=1)

    assert verdict(stores) == "Unknown"
    assert statuses(stores) == [Status.OPEN]


def test_the_findings_of_a_deleted_resource_end_with_it(stores):
    look(stores, OPEN)
    look(stores, minutes=1, gone=[OPEN.key])

    assert statuses(stores) == [Status.RESOLVED]
    with stores.ledger.read() as connection:
        assert list_verdicts(connection, key=OPEN.key) == []


def test_a_finding_names_the_change_and_the_actor_that_made_it(stores):
    look(stores, CLOSED)
    look(stores, OPEN, minutes=1, made={"attribution": ANN, "changed": ("/Open",)})

    [told] = stores.listener.findings
    assert told.actor.uid.endswith("user/ann")


def test_an_author_who_is_known_late_is_named_on_the_revision_and_on_the_finding(stores):
    look(stores, OPEN)
    keep_authors(stores, [revision(OPEN, attribution=ANN)])

    [kept] = item_history(stores.lake, OPEN.key)
    with stores.ledger.read() as connection:
        [stored] = get_findings(connection, [stores.listener.findings[0].uid]).values()
    assert kept.attribution["event_uid"] == "e1"
    assert stored.finding.actor.uid.endswith("user/ann")


def test_a_waived_finding_is_kept_and_not_told(stores):
    now = datetime.now(UTC)
    waiver = Waiver("w1", "resource_id == 'logs'", "a public site", "web", "ann", now, now + timedelta(days=1))
    with stores.ledger.write() as connection:
        propose_waiver(connection, waiver)
        approve_waiver(connection, "w1", "bob")
    look(stores, OPEN)

    assert verdict(stores) == "Fail"
    assert stores.listener.findings == []


def test_a_gap_is_kept_until_it_closes_and_said_to_be_seen_again(stores):
    keep_gaps(stores, [DENIED])
    with stores.ledger.read() as connection:
        assert [known.gap for known in list_gaps(connection)] == [DENIED]
    keep_gaps(stores, [], [DENIED])

    with stores.ledger.read() as connection:
        assert list_gaps(connection) == []
    assert stores.listener.gaps == []


def hour(state, *reasons):
    return Hour("trail", "111122223333", "eu-west-1", NOON, state, reasons)


@pytest.mark.parametrize(
    ("state", "severity"),
    [(HourState.TAMPERED, "critical"), (HourState.MISSING, "high"), (HourState.NOT_LOGGING, "high")],
)
def test_an_hour_whose_logs_are_false_or_gone_is_a_finding_until_it_is_whole(stores, state, severity):
    keep_hours(stores, [hour(state, "s3://trail/file.json.gz")], NOON)
    [told] = stores.listener.findings
    assert (told.severity, told.reason) == (severity, "s3://trail/file.json.gz")

    keep_hours(stores, [hour(HourState.VERIFIED)], NOON + timedelta(hours=1))
    assert statuses(stores) == [Status.RESOLVED]


def test_an_hour_that_waits_is_kept_and_is_no_finding(stores):
    keep_hours(stores, [hour(HourState.PENDING)], NOON)

    with stores.ledger.read() as connection:
        assert [each.state for each in list_hours(connection, NOON, NOON + timedelta(hours=1))] == [HourState.PENDING]
    assert stores.listener.findings == []


def test_what_a_source_could_not_see_is_open_until_a_round_sees_it(stores):
    mine, other = (replace(DENIED, area="source", subject=f"{name}: s3://b/") for name in ("trail", "flows"))
    keep_sight(stores, "source", "flows", [other])
    keep_sight(stores, "source", "trail", [mine])
    assert stores.listener.gaps == [other, mine]

    keep_sight(stores, "source", "trail", [])
    assert stores.listener.gaps == [other]
