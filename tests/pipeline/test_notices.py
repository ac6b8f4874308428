from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from tests.store.samples import NOON, detection, failed_check

from nephoscope.clouds.safe_address import Network
from nephoscope.export.exporter import Exporter, Outside
from nephoscope.export.route import load_routes
from nephoscope.keep import Stores, keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, DeliveryError
from nephoscope.model.finding import Severity
from nephoscope.model.item import Item
from nephoscope.model.waiver import Waiver
from nephoscope.pipeline.notices import KEPT, SCHEMA, TRIES, Notices, parked_gap, reader
from nephoscope.store.deliveries import acknowledge, list_deliveries, retry
from nephoscope.store.feed import last_number, place_of
from nephoscope.store.findings import attach_change, resolve_findings, upsert_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.waivers import apply_waivers, approve_waiver, propose_waiver

MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: datetime = NOON

    def __call__(self):
        return self.now

    def go(self, span):
        self.now += span


@dataclass(frozen=True, kw_only=True)
class Receiver(Exporter):
    """Remembers what it was sent; fails as the test says."""

    got: list = field(default_factory=list)
    fail: Callable = lambda notices: {}
    batch: int = 1

    takes_digests: ClassVar[bool] = True

    @property
    def at_once(self):
        return self.batch

    def send(self, notices, outside):
        failures = self.fail(notices)
        self.got.extend(each for each in notices if each.id not in failures)
        return failures

    @property
    def told(self):
        return [(each.what, each.stored.finding.rule[:2]) for each in self.got]


@dataclass
class Desk:
    """One exporter at work."""

    stores: Stores
    clock: Clock
    receiver: Receiver
    routes: dict
    notices: Notices = None

    def start(self, name="chat", **more):
        """A process begins."""
        outside = Outside(Network(), lambda account: None, print, self.clock)
        routes = list(load_routes(self.routes, ["chat", "boss"], SCHEMA).values())
        self.notices = Notices(name, self.receiver, routes, self.stores, outside, by="one", chance=lambda: 0.5, **more)
        self.notices.begin()
        self.notices.has_begun = True
        return self

    def find(self, *findings):
        with self.stores.ledger.write() as connection:
            upsert_findings(connection, findings, self.clock.now)

    def resolve(self, *findings):
        with self.stores.ledger.write() as connection:
            resolve_findings(connection, [each.uid for each in findings], "it passes", self.clock.now)

    def rounds(self, count=1, every=timedelta(0)):
        for _ in range(count):
            while self.notices.round():
                pass
            self.clock.go(every)

    def states(self):
        with self.stores.ledger.read() as connection:
            return sorted(each.state for each in list_deliveries(connection, limit=10_000))

    def gaps(self):
        with self.stores.ledger.read() as connection:
            return {(each.gap.area, each.gap.subject): each.gap.cause for each in list_gaps(connection)}


@pytest.fixture
def desk(stores):
    """An exporter `chat` that is told of everything that opens, opens again or is resolved."""
    return Desk(stores, Clock(), Receiver(), {"all": {"to": ["chat"]}})


def refuse(is_final=False, after_s=0.0):
    def fail(notices):
        raise DeliveryError("receiver", "no", is_final=is_final, after_s=after_s)

    return fail


def test_what_changes_is_told_once_and_what_does_not_is_not(desk):
    desk.start()
    desk.find(detection(), failed_check())
    desk.rounds(3)
    desk.find(detection(), failed_check())
    desk.rounds(2)

    assert sorted(desk.receiver.told) == [("opened", "cl"), ("opened", "s3")]
    desk.resolve(failed_check())
    desk.rounds()
    assert desk.receiver.told[-1] == ("resolved", "s3")
    assert desk.states() == ["sent"] * 3


def test_a_new_exporter_begins_at_the_end_of_what_there_is(desk):
    desk.find(detection())
    desk.start().rounds()
    assert desk.receiver.got == []
    desk.find(failed_check())
    desk.rounds()
    assert desk.receiver.told == [("opened", "s3")]
    desk.resolve(failed_check())
    with desk.stores.ledger.write() as connection:
        resolve_findings(connection, [detection().uid], "by hand", desk.clock.now)
    desk.rounds()
    assert desk.receiver.told == [("opened", "s3"), ("resolved", "s3")]


def test_one_that_is_to_have_what_came_before_has_it(desk):
    desk.find(detection())
    desk.receiver = replace(desk.receiver, from_start=True)
    desk.start().rounds()

    assert desk.receiver.told == [("opened", "cl")]


def test_a_process_that_starts_again_goes_on_where_it_was(desk):
    desk.start().rounds()
    desk.find(detection())
    desk.start().rounds()

    assert desk.receiver.told == [("opened", "cl")]


class Killed(BaseException):
    """The process dies here."""


def test_killed_between_sending_and_marking_the_same_notice_is_sent_under_the_same_id(desk):
    desk.start()
    desk.find(detection())

    def die(notices):
        desk.receiver.got.extend(notices)
        raise Killed

    desk.receiver = replace(desk.receiver, fail=die)
    desk.notices.exporter = desk.receiver
    with pytest.raises(Killed):
        desk.rounds()
    desk.receiver = replace(desk.receiver, fail=lambda notices: {})
    desk.start().rounds(2)

    first, second = desk.receiver.got
    assert first.id == second.id
    assert desk.states() == ["sent"]


def test_killed_between_planning_and_sending_nothing_is_lost_and_nothing_made_twice(desk):
    desk.start()
    desk.find(detection(), failed_check())
    desk.notices.plan()
    desk.start().rounds()

    assert len(desk.receiver.got) == 2


def test_a_receiver_that_is_down_for_an_hour_gets_everything_once_and_in_order(desk):
    desk.start()
    desk.receiver = replace(desk.receiver, fail=refuse())
    desk.notices.exporter = desk.receiver
    for minute in range(60):
        bucket = failed_check(f"bucket-{minute}", at=desk.clock.now)
        desk.find(bucket)
        if minute % 2:
            desk.resolve(bucket)
        desk.rounds(12, timedelta(seconds=5))
    assert desk.receiver.got == []
    assert ("export", "chat") in desk.gaps()

    desk.receiver = replace(desk.receiver, fail=lambda notices: {})
    desk.notices.exporter = desk.receiver
    desk.rounds(80, timedelta(seconds=5))

    assert len(desk.receiver.got) == 90
    assert len({each.id for each in desk.receiver.got}) == 90
    for minute in range(60):
        about = [each.what for each in desk.receiver.got if each.stored.finding.resource.id == f"bucket-{minute}"]
        assert about == (["opened", "resolved"] if minute % 2 else ["opened"])
    assert desk.gaps() == {}


def test_a_receiver_that_is_down_is_asked_ever_more_rarely_and_no_more_than_it_wants(desk):
    desk.start()
    times = []

    def fail(notices):
        times.append(desk.clock.now)
        raise DeliveryError("receiver", "busy", after_s=600.0 if len(times) == 12 else 0.0)

    desk.notices.exporter = replace(desk.receiver, fail=fail)
    desk.find(detection())
    desk.rounds(3600, timedelta(seconds=1))

    pauses = [(later - earlier).total_seconds() for earlier, later in zip(times, times[1:], strict=False)]
    assert pauses[:8] == [2, 4, 8, 16, 32, 64, 128, 256]
    assert pauses[8:11] == [300, 300, 300]
    assert pauses[11] == 600


def test_what_is_refused_for_good_is_parked_visible_and_sent_when_retried(desk):
    desk.start()
    desk.notices.exporter = replace(desk.receiver, fail=refuse(is_final=True))
    desk.find(detection())
    desk.rounds(200, timedelta(seconds=5))

    with desk.stores.ledger.read() as connection:
        [parked] = list_deliveries(connection)
    assert (parked.state, parked.tries, parked.error) == ("parked", TRIES, "receiver: no")
    assert set(desk.gaps()) == {("export", "chat"), parked_gap(parked).key[:2]}

    desk.notices.exporter = desk.receiver
    desk.clock.go(timedelta(hours=1))
    with desk.stores.ledger.write() as connection:
        retry(connection, [parked.id], desk.clock.now)
    desk.rounds()
    assert desk.receiver.told == [("opened", "cl")]
    assert desk.gaps() == {}


def test_what_not_all_have_was_sent_and_who_has_not_is_a_gap_until_all_have_the_next(desk):
    desk.start()
    lacking = DeliveryError("receiver", "took none for ann", is_partial=True)
    desk.notices.exporter = replace(desk.receiver, fail=lambda notices: {each.id: lacking for each in notices})
    desk.find(detection("one"))
    desk.rounds()

    assert desk.states() == ["sent"]
    assert desk.gaps() == {("export", "chat"): "receiver: took none for ann"}
    assert desk.notices.paused_until < desk.clock.now
    desk.notices.exporter = desk.receiver
    desk.find(detection("two"))
    desk.rounds()
    assert desk.states() == ["sent", "sent"]
    assert desk.gaps() == {}


def test_of_a_refused_batch_each_goes_alone(desk):
    def fail(notices):
        if any(each.stored.finding.resource.id == "bad" for each in notices):
            raise DeliveryError("receiver", "malformed", is_final=True)
        return {}

    desk.receiver = replace(desk.receiver, fail=fail, batch=10)
    desk.start()
    desk.find(*(failed_check(name) for name in ("a", "bad", "c")))
    desk.rounds()

    assert {each.stored.finding.resource.id for each in desk.receiver.got} == {"a", "c"}
    assert desk.states() == ["sent", "sent", "waiting"]


@pytest.mark.parametrize("error", [ConfigError("no token_env is set"), ZeroDivisionError("oops")])
def test_whatever_an_exporter_raises_is_a_gap_and_nothing_is_lost(desk, error):
    def fail(notices):
        raise error

    desk.start()
    desk.notices.exporter = replace(desk.receiver, fail=fail)
    desk.find(detection())
    desk.rounds()

    assert str(error) in desk.gaps()["export", "chat"]
    assert desk.states() == ["waiting"]


def test_the_feeds_place_moves_with_what_is_planned(desk):
    desk.start()
    desk.find(*(failed_check(f"b{number}") for number in range(1_200)))
    assert desk.notices.plan() is True
    with desk.stores.ledger.read() as connection:
        assert place_of(connection, reader("chat")) == 500
        assert len(list_deliveries(connection, limit=10_000)) == 500
    while desk.notices.plan():
        pass
    with desk.stores.ledger.read() as connection:
        assert place_of(connection, reader("chat")) == last_number(connection)
        assert len(list_deliveries(connection, limit=10_000)) == 1_200


def test_what_is_waived_at_once_is_not_told_and_what_is_waived_later_is_over(desk):
    desk.start()
    waiver = Waiver("", "resource_id == 'logs'", "meant so", "web", "Ann", NOON, NOON + timedelta(days=9000))
    desk.find(failed_check("told"))
    desk.rounds()
    with desk.stores.ledger.write() as connection:
        upsert_findings(connection, [failed_check()])
        approve_waiver(connection, propose_waiver(connection, waiver, NOON).uid, "Bob", NOON)
        wide = replace(waiver, scope="resource_id == 'told'")
        approve_waiver(connection, propose_waiver(connection, wide, NOON).uid, "Bob", NOON)
        apply_waivers(connection)
    desk.rounds()

    assert [(each.what, each.stored.finding.resource.id, each.stored.status) for each in desk.receiver.got] == [
        ("opened", "told", "open"),
        ("resolved", "told", "waived"),
    ]


def test_the_owner_of_a_resource_decides_who_is_told(desk):
    item = Item("AWS::S3::Bucket", "logs", "111111111111", "eu-west-1", {}, tags={"Owner": "web-team"})
    insert_revisions(desk.stores.lake, [Revision(item, digest_of(item), NOON)], "one")
    desk.routes = {"mine": {"to": ["chat"], "when": "owner == 'web-team'"}}
    desk.start()
    desk.find(failed_check(), failed_check("of others"), detection())
    desk.rounds()

    assert [(each.owner, each.stored.finding.resource.id) for each in desk.receiver.got] == [("web-team", "logs")]


def test_a_condition_that_cannot_be_evaluated_is_a_gap(desk):
    desk.routes = {"bad": {"to": ["chat"], "when": "int(reason) > 3"}}
    desk.start()
    desk.find(failed_check())
    desk.rounds()

    assert desk.receiver.got == []
    assert "int(reason)" in desk.gaps()["route", "bad"]


def test_what_cannot_be_seen_is_told_but_not_an_exporters_own_troubles_to_itself(desk):
    desk.routes = {"blind": {"to": ["chat"], "on": ["coverage"]}}
    desk.start()
    gap = Gap("source", "trail", "denied")
    own = [Gap("export", "chat", "down"), Gap("delivery", "chat: 123", "refused")]
    keep_gaps(desk.stores, [gap, *own, Gap("export", "other", "down")])
    desk.rounds()
    keep_gaps(desk.stores, [], [gap])
    desk.rounds()

    assert [(each.what, each.stored.finding.resource.id) for each in desk.receiver.got] == [
        ("opened", "trail"),
        ("opened", "other"),
        ("resolved", "trail"),
    ]


def test_quiet_hours_hold_what_is_not_grave_until_they_end(desk):
    desk.routes = {"all": {"to": ["chat"], "quiet": "11:00-13:00", "except": "high"}}
    desk.start()
    desk.find(detection(), failed_check())
    desk.rounds()
    assert desk.receiver.told == [("opened", "cl")]
    desk.clock.go(timedelta(hours=1))
    desk.rounds()
    assert desk.receiver.told == [("opened", "cl"), ("opened", "s3")]


def test_what_grows_grave_in_quiet_hours_goes_at_once_with_what_was_held_of_it(desk):
    desk.routes = {"all": {"to": ["chat"], "quiet": "11:00-13:00", "except": "high", "on": ["opened", "changed"]}}
    desk.start()
    desk.find(failed_check())
    desk.rounds()
    desk.find(failed_check(severity=Severity.CRITICAL, at=NOON + MINUTE))
    desk.rounds()

    assert desk.receiver.told == [("opened", "s3"), ("changed", "s3")]


def test_a_digest_tells_the_last_of_each_finding_at_its_time(desk):
    desk.routes = {"daily": {"to": ["chat"], "digest": "daily 13:00"}}
    desk.start()
    desk.find(detection(), failed_check(), failed_check("b"))
    desk.rounds()
    desk.resolve(failed_check())
    desk.rounds(2)
    assert desk.receiver.got == []
    desk.clock.go(timedelta(hours=1))
    desk.rounds(2)

    [told] = desk.receiver.got
    assert [(each.what, each.stored.finding.resource.id) for each in told.others] == [
        ("opened", "main"),
        ("opened", "b"),
        ("resolved", "logs"),
    ]
    assert desk.states() == ["digested"] * 4 + ["sent"]


def test_a_receiver_of_single_notices_gets_them_one_by_one_at_a_digests_time(desk):
    @dataclass(frozen=True, kw_only=True)
    class Machine(Receiver):
        """Takes no digests."""

        takes_digests: ClassVar[bool] = False

    desk.receiver = Machine()
    desk.routes = {"daily": {"to": ["chat"], "digest": "daily 13:00"}}
    desk.start()
    desk.find(detection(), failed_check())
    desk.rounds()
    desk.clock.go(timedelta(hours=1))
    desk.rounds()

    assert len(desk.receiver.got) == 2


@pytest.fixture
def boss(desk):
    """The one who hears of what is still open after a quarter of an hour."""
    desk.routes = {"all": {"to": ["chat"], "escalate_after_s": 900, "escalate_to": ["boss"]}}
    return desk.start("boss")


def test_what_is_still_open_is_escalated_and_its_end_told_there_too(boss):
    boss.find(detection())
    boss.rounds()
    assert boss.receiver.got == []
    boss.clock.go(timedelta(minutes=15))
    boss.rounds()
    assert boss.receiver.told == [("escalated", "cl")]
    boss.resolve(detection())
    boss.rounds()
    assert boss.receiver.told == [("escalated", "cl"), ("resolved", "cl")]


def test_what_is_over_or_in_hand_is_not_escalated(boss):
    boss.find(failed_check(), detection())
    boss.rounds()
    boss.resolve(failed_check())
    with boss.stores.ledger.write() as connection:
        acknowledge(connection, detection().uid, "alice", boss.clock.now)
    boss.rounds()
    boss.clock.go(timedelta(minutes=15))
    boss.rounds()

    assert boss.receiver.got == []
    assert boss.states() == ["cancelled", "cancelled"]


def test_what_was_over_and_is_back_has_its_time_anew(boss):
    boss.find(failed_check())
    boss.rounds(1, timedelta(minutes=10))
    boss.resolve(failed_check())
    boss.rounds(1, MINUTE)
    boss.find(failed_check(at=boss.clock.now))
    boss.rounds(1, timedelta(minutes=10))
    boss.rounds()
    assert boss.receiver.got == []
    boss.clock.go(timedelta(minutes=5))
    boss.rounds()
    assert boss.receiver.told == [("escalated", "s3")]


def test_further_changes_are_told_no_more_often_than_asked_and_then_the_last(desk):
    desk.routes = {"all": {"to": ["chat"], "on": ["changed"], "changes_every_s": 3600}}
    desk.start()
    desk.find(failed_check())
    for number in range(5):
        with desk.stores.ledger.write() as connection:
            attach_change(connection, failed_check().uid, {"event_uid": str(number)})
        desk.rounds(1, MINUTE)
    assert [each.stored.revision for each in desk.receiver.got] == [2]
    desk.clock.go(timedelta(hours=1))
    desk.rounds()

    assert [each.stored.revision for each in desk.receiver.got] == [2, 6]


def test_what_was_sent_long_ago_is_forgotten(desk):
    desk.start()
    desk.find(failed_check())
    desk.rounds()
    desk.resolve(failed_check())
    desk.rounds()
    desk.clock.go(KEPT + timedelta(days=2))
    desk.rounds()

    assert desk.states() == []
