import time
from datetime import timedelta

import pytest
from tests.store.samples import NOON

from nephoscope.model.verdict import Fail, NotApplicable, Pass, Unknown
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.verdicts import (
    Assessment,
    Flip,
    assessed_digests,
    count_verdicts,
    drop_item,
    list_verdicts,
    put_verdicts,
)

KEY = ("111111111111", "eu-west-1", "AWS::S3::Bucket", "logs")
HOUR = timedelta(hours=1)


def _put(ledger, hours, digest="d1", key=KEY, **verdicts):
    with ledger.write() as connection:
        return put_verdicts(connection, [Assessment(key, digest, verdicts)], NOON + hours * HOUR)


def _verdicts(ledger, **filters):
    with ledger.read() as connection:
        return list_verdicts(connection, **filters)


def test_a_first_verdict_and_another_one_are_flips(ledger):
    assert _put(ledger, 0, encrypted=Pass()) == [Flip(KEY, "encrypted", None, Pass(), NOON)]
    assert _put(ledger, 1, encrypted=Pass()) == []
    assert _put(ledger, 2, encrypted=Fail("off")) == [Flip(KEY, "encrypted", Pass(), Fail("off"), NOON + 2 * HOUR)]


def test_failing_since_outlasts_new_reasons_and_unknowns_and_ends_with_a_pass(ledger):
    for hours, verdict in enumerate((Fail("off"), Fail("still off"), Unknown("denied"), Fail("off"))):
        _put(ledger, hours, encrypted=verdict)
        assert _verdicts(ledger)[0].failing_since == NOON
    _put(ledger, 5, encrypted=Pass())
    [stored] = _verdicts(ledger)
    assert (stored.verdict, stored.failing_since, stored.changed_at) == (Pass(), None, NOON + 5 * HOUR)


def test_a_new_reason_is_no_flip_but_is_kept(ledger):
    _put(ledger, 0, encrypted=Fail("off"))
    assert _put(ledger, 1, encrypted=Fail("key is gone")) == []
    [stored] = _verdicts(ledger)
    assert (stored.verdict, stored.changed_at) == (Fail("key is gone"), NOON)


def test_a_check_that_was_not_asked_keeps_its_verdict(ledger):
    _put(ledger, 0, encrypted=Pass(), logged=Fail("off"))
    _put(ledger, 1, "d2", encrypted=NotApplicable("empty"))
    assert {each.check: each.verdict for each in _verdicts(ledger, key=KEY)} == {
        "encrypted": NotApplicable("empty"),
        "logged": Fail("off"),
    }
    with ledger.read() as connection:
        assert assessed_digests(connection, [KEY, ("x", "x", "x", "x")]) == {KEY: "d2"}


def test_verdicts_are_counted_and_listed_and_go_with_their_item(ledger):
    other = (*KEY[:3], "other")
    _put(ledger, 0, encrypted=Pass(), logged=Fail("off"))
    _put(ledger, 0, key=other, encrypted=Fail("off"))
    with ledger.write() as connection:
        assert count_verdicts(connection) == {"encrypted": {"Fail": 1, "Pass": 1}, "logged": {"Fail": 1}}
        assert [each.key for each in list_verdicts(connection, check="encrypted", verdict="Fail")] == [other]
        drop_item(connection, other)
        assert count_verdicts(connection) == {"encrypted": {"Pass": 1}, "logged": {"Fail": 1}}


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_flips_reach_the_lake(ledger, lake):
    _put(ledger, 0, encrypted=Pass())
    _put(ledger, 1, "d2", encrypted=Fail("off"))
    assert drain_outbox(ledger, lake) == 2
    rows = lake.rows("SELECT check, previous, verdict, digest FROM verdict_changes ORDER BY changed_at")
    assert [tuple(row.values()) for row in rows] == [
        ("encrypted", "", "Pass", "d1"),
        ("encrypted", "Pass", "Fail", "d2"),
    ]


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_an_accounts_verdicts_are_kept_in_seconds_and_again_in_less(ledger):
    verdicts = {f"check_{number}": Pass() if number % 3 else Fail("off") for number in range(70)}
    assessments = [Assessment((*KEY[:3], f"bucket-{n}"), "d", verdicts) for n in range(1_200)]
    spent = []
    for _ in range(2):
        started = time.process_time()
        with ledger.write() as connection:
            put_verdicts(connection, assessments, NOON)
        spent.append(time.process_time() - started)
    assert spent[0] < 10
    assert spent[1] < 5
    print("put_verdicts of 84,000:", spent)
