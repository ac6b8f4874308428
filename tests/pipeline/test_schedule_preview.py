"""A preview says when, of what, and what is left out and why."""

from datetime import UTC, datetime

import pytest

from nephoscope.model.item import Item
from nephoscope.pipeline.schedule_preview import preview
from nephoscope.pipeline.schedules import known, read_schedule
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.schedules import Kept
from nephoscope.store.scope import Scope

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
NIGHTLY = "name: nightly\nkind: instances\n"


def seen(text, lake=None, paused_by="", scope=None):
    kept = Kept("nightly", NIGHTLY + text, 1, paused_by, NOW, "ann", NOW, "ann", NOW)
    return preview(read_schedule(kept, known(("instances",))), lake, NOW, scope or Scope.everything())


def test_the_next_ten_are_told_on_its_clocks_with_what_becomes_of_them():
    found = seen("cron: 30 2 * * *\nzone: Europe/Berlin\n")

    assert len(found.runs) == 10
    assert [each.local for each in found.runs[:3]] == [
        "Sat 2026-03-28 02:30 CET",
        "Sun 2026-03-29 03:00 CEST",
        "Mon 2026-03-30 02:30 CEST",
    ]
    assert found.runs[1].note == "02:30 does not exist on that day: it runs at 03:00"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("cron: '@daily'\nblackouts: [{name: all, cron: '@hourly', duration: 2h}]\n", "the blackouts all cover them"),
        ("cron: '@daily'\nblackouts: [{name: all, cron: '@hourly', duration: 2h}]\n", "now is in the blackout all"),
        ("start: 2026-01-01\n", "no time comes any more"),
        ("on: {topic: item, when: change == 'created'}\n", "item where change == 'created'"),
        ("cron: '@daily'\njitter: 30m\nwindow: 2h\n", "within 0:30:00"),
        ("cron: '@daily'\nwindow: 2h\n", "for 2:00:00 at most"),
        ("cron: '@daily'\n", "there is no lake"),
    ],
)
def test_what_is_left_out_is_said(text, note):
    assert any(note in each for each in seen(text).notes)


def test_one_that_rests_says_who_let_it():
    assert "bob paused it" in seen("cron: '@daily'\n", paused_by="bob").notes[0]


def test_targets_are_those_of_now_in_scope(lake):
    items = [Item("AWS::EC2::Instance", f"i-{account}", account, "r", {}) for account in "12"]
    insert_revisions(lake, [Revision(each, digest_of(each), NOW) for each in items], "a")

    assert [each.id for each in seen("cron: '@daily'\n", lake).targets] == ["i-1", "i-2"]
    assert [each.id for each in seen("cron: '@daily'\n", lake, scope=Scope.of(["2"])).targets] == ["i-2"]
    assert "nothing fits now" in seen("cron: '@daily'\ninclude: [{q: 'account:9'}]\n", lake).notes
