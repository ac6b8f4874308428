from datetime import UTC, datetime

import msgspec
import pytest
from tests.export.samples import digest, hostile, naughty, notice, stored
from tests.store.samples import NOON

from nephoscope.export.notice import from_body, of_finding, of_gap, to_body, what_became
from nephoscope.model.finding import Status


@pytest.mark.parametrize(
    ("previous", "status", "what"),
    [
        ("", "open", "opened"),
        ("resolved", "open", "reopened"),
        ("waived", "open", "reopened"),
        ("open", "open", "changed"),
        ("open", "resolved", "resolved"),
        ("open", "waived", "resolved"),
    ],
)
def test_a_change_of_status_has_its_name(previous, status, what):
    assert what_became(previous, status) == what


@pytest.mark.parametrize("told", [notice(), notice("resolved"), digest(3)], ids=lambda each: each.what)
def test_a_notice_is_kept_as_json_and_comes_back_the_same(told):
    assert from_body(msgspec.json.decode(msgspec.json.encode(to_body(told)))) == told


def test_hostile_texts_come_back_the_same():
    for text in naughty():
        told = hostile(text)
        assert from_body(msgspec.json.decode(msgspec.json.encode(to_body(told)))) == told


def test_a_finding_is_told_as_of_the_revision_that_the_feed_names():
    change = {
        "status": "open",
        "previous_status": "",
        "revision": 1,
        "changed_at": "2026-05-01T12:00:00Z",
        "why": "found",
    }
    told = of_finding(change, stored(status=Status.RESOLVED, revision=7), "web-team")

    assert (told.what, told.stored.status, told.stored.revision) == ("opened", Status.OPEN, 1)
    assert (told.at, told.owner, told.is_over) == (datetime(2026, 5, 1, 12, tzinfo=UTC), "web-team", False)


def test_what_cannot_be_seen_is_told_as_a_finding_with_one_uid_while_it_lasts():
    gap = {
        "area": "source",
        "subject": "trail",
        "account": "1",
        "region": "",
        "cause": "denied",
        "permission": "s3:Get",
    }
    opened = of_gap(gap | {"state": "open"}, NOON, 7)
    closed = of_gap(gap | {"state": "closed"}, NOON, 9)

    assert (opened.what, opened.topic, opened.stored.finding.reason) == ("opened", "coverage", "denied")
    assert (closed.what, closed.is_over) == ("resolved", True)
    assert opened.uid == closed.uid
