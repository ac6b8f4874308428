"""The promise that missing is not false: each API fails in turn, and nothing is taken for good, or for gone."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from moto import mock_aws

from nephoscope.assess.assessor import Assessor
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.engine import Plan, read_all, readers
from nephoscope.inventory.resource import View
from nephoscope.keep import Stores
from nephoscope.model.errors import CloudError
from nephoscope.model.verdict import Fail, Unknown
from nephoscope.pipeline import Items
from nephoscope.store.finding_list import FindingFilter, count_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import deleted_items
from nephoscope.store.ledger import open_ledger
from tests.flows import estate
from tests.flows.estate import ACCOUNT, REGION, Replayed, broken, denied, throttled
from tests.flows.folder_source import listener

pytestmark = pytest.mark.slow
PERMISSIONS = sorted({permission for reader in readers().values() for permission in reader.permissions})
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def account():
    """What a furnished account answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with mock_aws():
            aws = Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
            estate.furnish(aws)
            yield Replayed(aws)


@pytest.fixture(scope="module")
def whole(account):
    """What is read and judged while nothing fails: {type: Read}."""
    return {type_: Read.of(reader, account) for type_, reader in readers().items()}


class Read:
    """What reading a type gave. verdicts: by item and check."""

    def __init__(self, listing):
        assessor = Assessor()
        self.gaps = listing.gaps
        self.items = {item.key: item for item in listing.items}
        self.verdicts = {
            (item.key, check.name): verdict for item in listing.items for check, verdict in assessor.judge(item, NOW)
        }

    @classmethod
    def of(cls, reader, account):
        return cls(read_all(reader, view(account)))

    @property
    def causes(self):
        """Every cause that is given for something that was not seen."""
        parts = [cause for item in self.items.values() for cause in item.not_collected.values()]
        return [*(gap.cause for gap in self.gaps), *parts]


def view(account):
    return View(account, ACCOUNT, REGION, NOW)


@contextmanager
def failing(account, permission, how, *, halfway=False):
    yield replace(account, failing=permission, how=how, halfway=halfway, used=set())


def test_the_account_has_something_of_every_type_and_is_read_without_a_gap(whole):
    assert [type_ for type_, read in whole.items() if not read.items] == []
    assert [cause for read in whole.values() for cause in read.causes] == []
    assert sum(isinstance(verdict, Fail) for read in whole.values() for verdict in read.verdicts.values()) > 40


@pytest.mark.parametrize("how", [denied, broken, throttled], ids=lambda how: how.__name__)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_what_cannot_be_read_is_unknown_with_a_cause_and_never_judged_otherwise(account, whole, permission, how):
    for type_, before in whole.items():
        if permission not in readers()[type_].permissions:
            continue
        with failing(account, permission, how) as partly:
            after = Read.of(readers()[type_], partly)
        if permission in partly.used:
            _judged_no_otherwise(before, after)
            _said_why(after, permission, how)


def _judged_no_otherwise(before, after):
    assert set(before.items) <= set(after.items) or after.gaps, "an item vanished, and no gap says so"
    for key, verdict in after.verdicts.items():
        assert isinstance(verdict, Unknown) or verdict == before.verdicts[key], key


def _said_why(after, permission, how):
    said = " ".join(after.causes)
    assert said
    if how is denied:
        assert f"{permission} was denied" in said


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_listing_that_breaks_off_says_nothing_of_what_is_gone(account, whole, permission):
    known = [key for read in whole.values() for key in read.items]
    for type_, reader in readers().items():
        if permission in reader.permissions:
            with failing(account, permission, broken, halfway=True) as partly:
                listing = read_all(reader, view(partly))
            assert listing.deleted(known) == []
            _judged_no_otherwise(whole[type_], Read(listing))


@pytest.mark.parametrize("how", [denied, broken, throttled], ids=lambda how: how.__name__)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_resource_that_cannot_be_read_again_is_not_taken_for_deleted(account, whole, permission, how):
    for type_, read in whole.items():
        if permission in readers()[type_].permissions:
            with failing(account, permission, how) as partly:
                for _, _, _, id_ in read.items:
                    assert _again(readers()[type_], partly, id_) is not None


def _again(reader, account, id_):
    try:
        return reader.read(view(account), id_)
    except CloudError as error:
        return error


@pytest.fixture
def items(account, tmp_path, lake):
    """The arrow from that account to fresh stores."""
    plan = Plan(tuple(readers().values()), {ACCOUNT: (REGION,)}, workers=1)
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Items(account, plan, Stores(lake, ledger, listener()), Assessor())


def test_findings_stay_open_and_resources_stay_while_anything_is_denied_and_gaps_close_after(items, account):
    items.take()
    with items.stores.ledger.read() as connection:
        opened = count_findings(connection, FindingFilter(status=("open",)))
    everything = items.plan
    for permission in PERMISSIONS:
        asking = tuple(reader for reader in everything.readers if permission in reader.permissions)
        items.plan = replace(everything, readers=asking)
        items.aws = replace(account, failing=permission, used=set())
        items.take()
        with items.stores.ledger.read() as connection:
            assert count_findings(connection, FindingFilter(status=("open",))) == opened, permission
            missing = {each.gap.permission for each in list_gaps(connection)}
        assert deleted_items(items.stores.lake) == [], permission
        assert missing == ({permission} if permission in items.aws.used else set())
    items.aws, items.plan = account, everything
    items.take()
    with items.stores.ledger.read() as connection:
        assert list_gaps(connection) == []
