from dataclasses import replace
from datetime import timedelta

from tests.inventory.trail import ACCOUNT, GROUP, NOON, SSH

from nephoscope.inventory.revise import revised
from nephoscope.model.item import Item
from nephoscope.store.items import Revision, digest_of

CLOSED = Item("AWS::EC2::SecurityGroup", GROUP, ACCOUNT, "eu-west-1", {"SecurityGroupIngress": []}, captured_at=NOON)
LATER = NOON + timedelta(minutes=1)
OPEN = replace(CLOSED, configuration={"SecurityGroupIngress": [SSH]}, captured_at=LATER)
FIRST = Revision(CLOSED, digest_of(CLOSED), NOON)


def after(changed=(), gone=(), before=()):
    return revised(changed, {item.key: digest_of(item) for item in changed}, gone, dict(before), LATER)


def test_a_resource_seen_for_the_first_time_is_new_as_a_whole():
    [new] = after([CLOSED])

    assert (new.previous_digest, new.changed, new.is_deleted) == ("", ("",), False)
    assert new.captured_at == NOON


def test_a_change_names_its_paths_and_the_revision_before():
    [change] = after([OPEN], before=[(CLOSED.key, FIRST)])

    assert change.changed == ("/SecurityGroupIngress/0",)
    assert change.previous_digest == FIRST.digest != change.digest
    assert change.captured_at == LATER


def test_a_resource_that_is_gone_ends_with_what_it_last_was():
    [end] = after(gone=[CLOSED.key], before=[(CLOSED.key, FIRST)])

    assert end.is_deleted
    assert end.item == CLOSED
    assert end.captured_at == LATER


def test_nothing_ends_twice_or_without_having_been():
    ended = replace(FIRST, is_deleted=True)

    assert after(gone=[CLOSED.key], before=[(CLOSED.key, ended)]) == []
    assert after(gone=[CLOSED.key]) == []


def test_a_resource_that_returns_is_new_as_a_whole():
    [again] = after([OPEN], before=[(CLOSED.key, replace(FIRST, is_deleted=True))])

    assert again.changed == ("",)


def test_an_item_that_does_not_say_when_it_was_seen_was_seen_now():
    [new] = after([replace(CLOSED, captured_at=None)])

    assert new.captured_at == LATER
