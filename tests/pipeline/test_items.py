from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.assess.assessor import Assessor
from nephoscope.clouds.aws import Aws
from nephoscope.inventory.engine import Plan, readers
from nephoscope.pipeline import Items
from nephoscope.store.items import current_items
from nephoscope.store.watched import was_there

ACCOUNT = "111122223333"
TRAIL = (ACCOUNT, "eu-west-1", "AWS::CloudTrail::Trail", "main")


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


def test_a_type_that_no_pass_could_read_is_not_watched_yet(stores):
    Items(Aws(()), Plan((readers()[TRAIL[2]],), {ACCOUNT: ("eu-west-1",)}), stores, Assessor([])).take()
    with stores.ledger.read() as connection:
        assert was_there(connection, ACCOUNT, TRAIL[2], datetime.now(UTC) + timedelta(hours=1))


def test_two_passes_come_one_after_the_other_and_one_ends_early_when_it_is_asked_to(stores):
    items = Items(Aws(()), Plan((readers()[TRAIL[2]],), {ACCOUNT: ("eu-west-1",)}), stores, Assessor([]))
    with ThreadPoolExecutor(1) as pool, items.taking:
        other = pool.submit(items.take)
        with pytest.raises(TimeoutError):
            other.result(timeout=0.3)
    assert other.result(timeout=10) is False
    assert items.passes == 1

    assert items.take(lambda: True) is True
    assert items.passes == 1
