"""What reading a source promises besides what `flows/` shows with real files: order, stopping, what was not seen."""

import io
from dataclasses import dataclass, field, replace

import pytest
from tests.collect.fakes import MemorySource, trail_file

from nephoscope.clouds import Clouds
from nephoscope.collect.source import LogObject
from nephoscope.detect.rule import RuleSet
from nephoscope.inventory.written import written
from nephoscope.keep import Stores
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import StoreError
from nephoscope.pipeline import Logs
from nephoscope.pipeline.logs import BACKLOG_AT_ONCE
from nephoscope.store.events import count_events
from nephoscope.store.gaps import list_gaps
from nephoscope.store.seen import count_seen, pending_batches
from nephoscope.store.state import get_state

ACCOUNT = "111122223333"
STOPPED = {
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "eu-west-1",
    "recipientAccountId": ACCOUNT,
    "requestParameters": {"name": "main"},
    "readOnly": False,
}
TRAIL = (ACCOUNT, "eu-west-1", "AWS::CloudTrail::Trail", "main")


@dataclass(frozen=True)
class Announced(MemorySource):
    """Objects that somebody announced; remembers what of them was kept when it was acknowledged."""

    stores: Stores | None = None
    kept: list = field(default_factory=list)

    def acknowledge(self, clouds, log_objects):
        with self.stores.ledger.read() as connection:
            self.kept.append((count_seen(connection, "memory")[0], count_events(self.stores.lake)))


@dataclass(frozen=True)
class Queued(MemorySource):
    """Objects that a queue announces, and many older ones that only a listing finds."""

    older: dict = field(default_factory=dict)

    @property
    def is_announced(self):
        return True

    def backlog(self, clouds, seen):
        found = [LogObject(uri, "v1", len(content)) for uri, content in self.older.items()]
        return iter([one for one in found if one.key not in seen])

    def open(self, clouds, log_object):
        return io.BytesIO((self.files | self.older)[log_object.uri])


OLDER = 300


@pytest.fixture
def queued():
    """A source with hundreds of older objects, of two events each."""
    return Queued(older={f"s3://b/old-{number}": trail_file(f"a{number}", f"b{number}") for number in range(OLDER)})


def listed(arrow):
    """The arrow, whose backlog was listed, as far as there is room."""
    assert arrow.look_back() is False
    return arrow


def test_a_fresh_object_is_read_before_the_backlog_that_waits(stores, queued):
    arrow = listed(logs(stores, queued, is_aside=True, backlog_for_s=0))
    assert arrow.collect() is True
    assert arrow.objects == BACKLOG_AT_ONCE

    queued.files["s3://b/new"] = trail_file("new")
    order = []
    arrow.writes = lambda batch: order.append(batch.origin) or ()
    arrow.collect()
    assert order[0] == "s3://b/new"
    assert len(order) == 1 + BACKLOG_AT_ONCE


def test_the_backlog_is_read_once_even_if_it_is_announced_or_listed_again_meanwhile(stores, queued):
    arrow = listed(listed(logs(stores, queued, is_aside=True, backlog_for_s=0)))
    queued.files.update(list(queued.older.items())[-3:])
    while len(arrow.backlog) or arrow.taken:
        arrow.collect()

    assert arrow.objects == OLDER
    assert count_events(stores.lake) == 2 * OLDER
    with stores.ledger.read() as connection:
        assert count_seen(connection, "memory")[:2] == (OLDER, 2 * OLDER)


def test_after_a_crash_in_the_backlog_the_rest_is_listed_and_read_once(stores, queued):
    first = listed(logs(stores, queued, is_aside=True, backlog_for_s=0))
    for _ in range(2):
        first.collect()
    dying = replace(stores, lake=Broken())
    second = listed(logs(dying, queued, is_aside=True, backlog_for_s=0))
    with pytest.raises(StoreError):
        second.collect()

    third = listed(logs(stores, queued, is_aside=True, backlog_for_s=0))
    while len(third.backlog) or third.taken:
        third.collect()
    assert count_events(stores.lake) == 2 * OLDER
    with stores.ledger.read() as connection:
        assert count_seen(connection, "memory")[0] == OLDER
        assert pending_batches(connection) == []


def test_what_a_failing_round_took_is_taken_again(stores, queued):
    arrow = listed(logs(replace(stores, lake=Broken()), queued, is_aside=True, backlog_for_s=0))
    with pytest.raises(StoreError):
        arrow.collect()
    arrow.stores = stores
    while len(arrow.backlog) or arrow.taken:
        arrow.collect()

    assert count_events(stores.lake) == 2 * OLDER


def test_until_the_backlog_is_read_a_later_process_looks_back_as_far(stores, queued):
    arrow = listed(logs(stores, queued, is_aside=True, backlog_for_s=0))
    arrow.collect()
    assert noted(stores) is None

    while not arrow.is_caught_up:
        arrow.collect()
    assert noted(stores)


def noted(stores):
    with stores.ledger.read() as connection:
        return get_state(connection, "read/memory")


@dataclass(frozen=True)
class Unlisted(Queued):
    """A queue works, and the listing is denied."""

    def backlog(self, clouds, seen):
        yield Gap("source", "s3://b/", "s3:ListBucket was denied")


def test_a_backlog_that_cannot_be_listed_stays_a_gap_while_new_objects_are_read(stores):
    source = Unlisted({"s3://b/1": trail_file("a")})
    arrow = logs(stores, source, is_aside=True, backlog_for_s=0)
    assert arrow.look_back() is False
    arrow.collect()
    arrow.collect()

    with stores.ledger.read() as connection:
        assert [known.gap.subject for known in list_gaps(connection)] == ["memory backlog: s3://b/"]
    assert count_events(stores.lake) == 1
    assert not arrow.is_caught_up


class Broken:
    """A lake that takes nothing."""

    def insert(self, *_):
        raise StoreError("the lake is away")


def logs(stores, source, **more):
    return Logs("memory", source, Clouds(), stores, RuleSet(), **more)


def test_whoever_announced_a_file_hears_of_it_when_it_is_kept_and_not_before(stores):
    source = Announced({"s3://b/1": trail_file("a", "b")}, stores=stores)
    logs(stores, source).collect()

    assert source.kept == [(1, 2)]


def test_the_resources_that_write_events_touched_are_named_once_their_events_are_kept(stores):
    told = []
    arrow = logs(
        stores,
        MemorySource({"s3://b/1": trail_file("a", "b", **STOPPED), "s3://b/2": trail_file("c")}),
        writes=written,
        changed=lambda keys: told.extend((key, count_events(stores.lake)) for key in keys),
    )
    arrow.collect()

    assert {(touch.key, count) for touch, count in told} == {(TRAIL, 3)}


def test_a_round_that_is_asked_to_stop_ends_after_a_batch_and_says_that_there_is_more(stores):
    files = {f"s3://b/{number}": trail_file(f"e{number}", padding="x" * (5 << 20)) for number in range(3)}
    arrow = logs(stores, MemorySource(files), is_stopping=lambda: True)

    assert arrow.collect() is True
    assert 0 < arrow.objects < 3
    assert logs(stores, arrow.source).collect() is False
    assert count_events(stores.lake) == 3


def test_a_file_that_is_denied_is_a_gap_with_the_missing_permission_and_the_rest_is_read(stores):
    logs(stores, MemorySource({"s3://b/denied": None, "s3://b/2": trail_file("c")})).collect()

    with stores.ledger.read() as connection:
        [known] = list_gaps(connection)
    assert (known.gap.subject, known.gap.permission) == ("s3://b/denied", "s3:GetObject")
    assert count_events(stores.lake) == 1
