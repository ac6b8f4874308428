"""What each arrow promises besides what `flows/` shows with real files: order, stopping, what was not seen."""

from dataclasses import dataclass, field

import pytest

from nephoscope.assess.assessor import Assessor
from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.detect.rule import RuleSet
from nephoscope.inventory.engine import Plan, readers
from nephoscope.inventory.written import written
from nephoscope.keep import Stores
from nephoscope.pipeline import Hours, Items, Logs
from nephoscope.store.events import count_events
from nephoscope.store.gaps import list_gaps
from nephoscope.store.hours import count_hours
from nephoscope.store.items import current_items
from nephoscope.store.ledger import open_ledger
from nephoscope.store.seen import count_seen
from tests.collect.fakes import MemorySource, trail_file
from tests.flows.folder_source import listener

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


@pytest.fixture
def stores(lake, tmp_path):
    """Fresh stores."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(lake, ledger, listener())


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

    assert set(told) == {(TRAIL, 3)}


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


@pytest.fixture
def aws():
    """An account that nothing answers for."""
    return Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="s"),), "http://127.0.0.1:9")


def test_of_a_trail_of_which_nothing_was_read_no_hour_is_judged(stores, aws):
    source = AwsCloudTrail(bucket="b", account=ACCOUNT)

    assert Hours("trail", Verifier("trail", source, aws), stores).verify() is False
    with stores.ledger.read() as connection:
        assert count_hours(connection) == {}


def test_resources_of_other_accounts_and_of_types_that_nobody_reads_are_passed_over(stores, aws):
    items = Items(aws, Plan((), {ACCOUNT: ("eu-west-1",)}), stores, Assessor([]))
    items.refresh([("999999999999", *TRAIL[1:]), (ACCOUNT, "eu-west-1", "AWS::Braket::Device", "x")])

    assert current_items(stores.lake) == []
    assert stores.listener.gaps == []
    assert aws.calls() == 0


def test_a_resource_that_cannot_be_read_again_is_a_gap_and_not_gone(stores):
    unnamed = Aws(())
    items = Items(unnamed, Plan((readers()[TRAIL[2]],), {ACCOUNT: ("eu-west-1",)}), stores, Assessor([]))
    items.refresh([TRAIL])

    [gap] = stores.listener.gaps
    assert (gap.subject, gap.account) == (TRAIL[2], ACCOUNT)
    assert gap.cause
