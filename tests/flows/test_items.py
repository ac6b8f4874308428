"""CLOUDS ─ inventory ─► items ─ assess ─► findings, on a simulated account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from nephoscope.assess.assessor import Assessor
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.engine import Plan, readers
from nephoscope.inventory.written import Touch
from nephoscope.keep import Stores
from nephoscope.model.errors import SourceError
from nephoscope.model.finding import Status
from nephoscope.pipeline import Items
from nephoscope.store.findings import get_findings
from nephoscope.store.items import current_items, deleted_items, item_history, items_as_of
from nephoscope.store.ledger import open_ledger
from nephoscope.store.verdicts import list_verdicts
from nephoscope.store.watched import was_there
from tests.flows.folder_source import listener

ACCOUNT = "123456789012"
TYPES = ("AWS::S3::Bucket", "AWS::EC2::SecurityGroup", "AWS::EC2::Instance", "AWS::EC2::Volume")
KEY = (ACCOUNT, "us-east-1", "AWS::S3::Bucket", "company-logs")


@pytest.fixture
def aws(monkeypatch):
    """A simulated account with one bucket."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        account = Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
        account.client("s3").create_bucket(Bucket="company-logs")
        yield account


@pytest.fixture
def items(aws, tmp_path, lake):
    """The arrow from that account to fresh stores."""
    plan = Plan(tuple(readers()[name] for name in TYPES), {ACCOUNT: ("us-east-1",)}, workers=2)
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Items(aws, plan, Stores(lake, ledger, listener()), Assessor())


def statuses(arrow):
    with arrow.stores.ledger.read() as connection:
        found = get_findings(connection, {finding.uid for finding in arrow.stores.listener.findings})
    return {stored.finding.rule: stored.status for stored in found.values() if stored.finding.resource.id == KEY[3]}


def open_to_all(aws, *, is_blocked):
    aws.client("s3").put_public_access_block(
        Bucket="company-logs",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), is_blocked
        ),
    )


def test_a_first_pass_keeps_items_with_verdicts_and_a_second_changes_nothing(items):
    items.take()
    first = current_items(items.stores.lake)
    told = len(items.stores.listener.findings)
    items.take()

    assert KEY in {revision.item.key for revision in first}
    assert current_items(items.stores.lake) == first
    assert len(items.stores.listener.findings) == told > 0
    with items.stores.ledger.read() as connection:
        assert list_verdicts(connection, key=KEY)


def test_what_a_first_pass_finds_was_there_and_what_a_second_finds_is_new(items):
    items.take()
    read_at = datetime.now(UTC)
    items.take()
    with items.stores.ledger.read() as connection:
        [first] = [one.captured_at for one in current_items(items.stores.lake) if one.item.key == KEY]
        assert was_there(connection, ACCOUNT, KEY[2], first)
        assert not was_there(connection, ACCOUNT, KEY[2], read_at)


def test_a_change_makes_a_revision_that_says_what_changed(items, aws):
    items.take()
    before = datetime.now(UTC)
    open_to_all(aws, is_blocked=True)
    items.take()

    latest, first = item_history(items.stores.lake, KEY)
    assert all(path.startswith("/PublicAccessBlockConfiguration") for path in latest.changed)
    assert latest.changed
    assert latest.previous_digest == first.digest
    [then] = [r for r in items_as_of(items.stores.lake, before) if r.item.key == KEY]
    assert then.digest == first.digest


def test_findings_open_and_are_resolved_by_what_is_seen_later(items, aws):
    open_to_all(aws, is_blocked=False)
    items.take()
    failing = {rule for rule, status in statuses(items).items() if status is Status.OPEN and "public_access" in rule}
    open_to_all(aws, is_blocked=True)
    items.take()
    assert failing
    assert {statuses(items)[rule] for rule in failing} == {Status.RESOLVED}

    open_to_all(aws, is_blocked=False)
    items.take()
    assert {statuses(items)[rule] for rule in failing} == {Status.OPEN}


def test_a_deleted_resource_keeps_its_history_and_its_findings_are_resolved(items, aws):
    items.take()
    aws.client("s3").delete_bucket(Bucket="company-logs")
    items.take()

    assert KEY in {revision.item.key for revision in deleted_items(items.stores.lake)}
    assert KEY not in {revision.item.key for revision in current_items(items.stores.lake)}
    assert set(statuses(items).values()) == {Status.RESOLVED}


def test_a_refresh_reads_one_resource_again(items, aws):
    items.take()
    open_to_all(aws, is_blocked=True)
    calls = items.aws.calls()
    items.refresh([KEY])

    assert len(item_history(items.stores.lake, KEY)) == 2
    assert 0 < items.aws.calls() - calls < 20


def test_a_refresh_notices_that_a_resource_is_gone_or_new(items, aws):
    items.take()
    aws.client("s3").delete_bucket(Bucket="company-logs")
    aws.client("s3").create_bucket(Bucket="company-new")
    items.refresh([KEY, (*KEY[:3], "company-new")])

    buckets = {revision.item.id for revision in current_items(items.stores.lake) if revision.item.type == KEY[2]}
    assert buckets == {"company-new"}


def test_a_restart_knows_what_was_known(items):
    items.take()
    again = Items(items.aws, items.plan, items.stores, items.assessor)
    told = len(items.stores.listener.findings)
    again.take()

    assert len(item_history(items.stores.lake, KEY)) == 1
    assert len(items.stores.listener.findings) == told


def test_a_look_that_began_earlier_does_not_undo_a_later_one(items, aws):
    items.take()
    began_at = datetime.now(UTC)
    stale = [item_history(items.stores.lake, KEY)[0].item]
    open_to_all(aws, is_blocked=True)
    items.refresh([KEY])
    items.keep(stale, (), (), began_at)

    assert len(item_history(items.stores.lake, KEY)) == 2


def test_a_pass_that_began_before_a_resource_was_made_does_not_end_it(items, aws):
    began_at = datetime.now(UTC)
    items.refresh([KEY])
    items.keep((), [KEY], (), began_at)

    assert KEY in {revision.item.key for revision in current_items(items.stores.lake)}


def test_a_pass_that_began_before_a_resource_was_deleted_does_not_bring_it_back(items, aws):
    items.take()
    began_at = datetime.now(UTC)
    stale = [item_history(items.stores.lake, KEY)[0].item]
    aws.client("s3").delete_bucket(Bucket="company-logs")
    items.refresh([KEY])
    items.keep(stale, (), (), began_at)

    assert KEY not in items.known
    assert set(statuses(items).values()) == {Status.RESOLVED}


def test_a_pass_forgets_the_refreshes_that_came_before_it(items):
    items.refresh([KEY])
    items.take()

    assert items.refreshed_at == {}


class Dead(Exception):
    """What ends a process between two steps."""


class DyingLedger:
    """A ledger that does not live to keep anything."""

    def __init__(self, ledger):
        self.ledger = ledger

    def __getattr__(self, name):
        return getattr(self.ledger, name)

    def write(self):
        raise Dead


def killed_after_the_lake_and_before_the_ledger(items):
    dying = Items(items.aws, items.plan, replace(items.stores, ledger=DyingLedger(items.stores.ledger)), items.assessor)
    with pytest.raises(Dead):
        dying.refresh([KEY])
    return Items(items.aws, items.plan, items.stores, items.assessor)


def test_a_crash_between_lake_and_ledger_leaves_no_finding_open_on_what_was_deleted(items, aws):
    items.take()
    aws.client("s3").delete_bucket(Bucket="company-logs")
    again = killed_after_the_lake_and_before_the_ledger(items)
    again.take()

    assert set(statuses(items).values()) == {Status.RESOLVED}
    assert [revision.is_deleted for revision in item_history(items.stores.lake, KEY)] == [True, False]


def test_a_crash_between_lake_and_ledger_neither_loses_nor_doubles_a_revision(items, aws):
    items.take()
    open_to_all(aws, is_blocked=True)
    again = killed_after_the_lake_and_before_the_ledger(items)
    kept = item_history(items.stores.lake, KEY)
    again.take()

    assert item_history(items.stores.lake, KEY) == kept
    assert len(kept) == 2
    assert again.known[KEY] == kept[0].digest


def test_an_account_that_is_configured_no_more_is_out_of_sight_and_not_deleted(items):
    items.take()
    other = Items(items.aws, replace(items.plan, regions={}), items.stores, items.assessor)
    other.take()

    assert KEY in {revision.item.key for revision in current_items(items.stores.lake)}
    assert [(gap.subject, gap.account) for gap in items.stores.listener.gaps] == [("account", ACCOUNT)]


def test_a_resource_outside_the_regions_that_are_read_is_not_read_again(items):
    calls = items.aws.calls()
    items.refresh([(ACCOUNT, "eu-west-1", "AWS::EC2::SecurityGroup", "sg-12345678")])

    assert items.aws.calls() == calls


def test_a_bucket_that_was_deleted_from_another_region_is_gone_at_once(items, aws):
    items.take()
    aws.client("s3").delete_bucket(Bucket="company-logs")
    items.refresh([(ACCOUNT, "eu-west-1", *KEY[2:])])

    assert KEY in {revision.item.key for revision in deleted_items(items.stores.lake)}


def test_an_account_that_does_not_answer_is_a_gap_and_the_others_are_read(items, aws):
    broken = AwsAccount(id="999999999999", access_key_id="AKIAEXAMPLE", secret_access_key="secret")
    both = Aws((*aws.accounts, broken))
    accounts = {ACCOUNT: ("us-east-1",), broken.id: ("us-east-1",)}
    arrow = Items(both, items.plan, items.stores, items.assessor, accounts=accounts)
    arrow.take()

    [gap] = [gap for gap in items.stores.listener.gaps if gap.account == broken.id]
    assert gap.subject == "account"
    assert f"are of {ACCOUNT}" in gap.cause
    assert set(arrow.plan.regions) == {ACCOUNT}
    assert {key[0] for key in arrow.known} == {ACCOUNT}


def test_a_pass_that_reaches_no_account_fails_and_is_tried_again_soon(items, aws):
    broken = AwsAccount(id="999999999999", access_key_id="AKIAEXAMPLE", secret_access_key="secret")
    arrow = Items(Aws((broken,)), items.plan, items.stores, items.assessor, accounts={broken.id: ()})

    with pytest.raises(SourceError, match="no account can be reached"):
        arrow.take()
    assert arrow.passes == 0


def test_a_refresh_of_an_instance_also_reads_the_disks_that_came_and_went_with_it(items, aws):
    items.take()
    ec2 = aws.client("ec2")
    image = ec2.register_image(Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    instance = (ACCOUNT, "us-east-1", "AWS::EC2::Instance", launched)

    items.refresh([instance])
    disks = [key for key in items.known if key[2] == "AWS::EC2::Volume"]
    assert disks

    ec2.terminate_instances(InstanceIds=[launched])
    items.refresh([instance])
    assert not [key for key in items.known if key in disks]


@pytest.fixture
def estate(items, aws):
    """The same arrow, whose regions are asked for at each pass."""
    return Items(aws, replace(items.plan, regions={}), items.stores, items.assessor, accounts={ACCOUNT: ("us-east-1",)})


def ago(**past):
    return Touch(KEY, datetime.now(UTC).replace(microsecond=0) - timedelta(**past))


def test_what_happened_before_the_first_pass_waits_for_it_and_is_not_read_twice(estate):
    early = ago(seconds=20)
    assert estate.is_held(early)
    estate.take()
    assert not estate.is_held(early)

    calls = estate.aws.calls()
    estate.see_to([early])
    assert estate.aws.calls() == calls
    assert len(item_history(estate.stores.lake, KEY)) == 1


def test_what_happened_since_the_pass_began_is_read_again_at_once(estate, aws):
    estate.take()
    open_to_all(aws, is_blocked=True)
    for late in (Touch(KEY), ago(seconds=0)):
        assert not estate.is_held(late)
        calls = estate.aws.calls()
        estate.see_to([late])
        assert estate.aws.calls() > calls
    assert len(item_history(estate.stores.lake, KEY)) == 2


def test_while_a_pass_goes_on_only_what_it_will_see_waits(estate):
    estate.take()
    estate.passing = {ACCOUNT: datetime.now(UTC)}

    assert estate.is_held(ago(seconds=20))
    assert not estate.is_held(ago(seconds=0))
    assert not estate.is_held(Touch(KEY))
    assert not estate.is_held(Touch(("999999999999", *KEY[1:]), ago(seconds=20).at))


def test_what_a_pass_could_not_list_is_read_again_although_it_happened_before(estate):
    estate.take()
    estate.unseen = {(ACCOUNT, KEY[2])}
    calls = estate.aws.calls()
    estate.see_to([ago(seconds=20)])

    assert estate.aws.calls() > calls


def test_a_pass_that_broke_off_covers_nothing(estate):
    estate.is_stopping = lambda: True
    assert estate.take() is True

    assert (estate.passing, estate.passed) == ({}, {})
    assert not estate.is_held(ago(seconds=20))


def test_a_pass_gives_way_to_a_refresh_and_goes_on_after_a_moment(items):
    items.calm.clear()
    items.take()

    assert KEY in items.known
    items.refresh([KEY])
    assert items.calm.is_set()


def test_of_two_refreshes_side_by_side_a_pass_gives_way_to_both(items):
    items._count(1)
    items.refresh([KEY])
    assert not items.calm.is_set()

    items._count(-1)
    assert items.calm.is_set()
