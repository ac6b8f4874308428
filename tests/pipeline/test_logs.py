"""What reading a source promises besides what `flows/` shows with real files: order, stopping, what was not seen."""

from dataclasses import dataclass, field

from tests.collect.fakes import MemorySource, trail_file

from nephoscope.clouds import Clouds
from nephoscope.detect.rule import RuleSet
from nephoscope.inventory.written import written
from nephoscope.keep import Stores
from nephoscope.pipeline import Logs
from nephoscope.store.events import count_events
from nephoscope.store.gaps import list_gaps
from nephoscope.store.seen import count_seen

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
