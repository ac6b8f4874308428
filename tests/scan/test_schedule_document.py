"""What people write becomes a schedule, or an error that names place and reason."""

import time
from datetime import datetime, timedelta

import pytest

from nephoscope.model.errors import ContentError
from nephoscope.model.query import Field, Type
from nephoscope.model.schedule import Kind, LooksAt, Recurrence, Selector
from nephoscope.scan.schedule_document import MOST_OF_A_LIST, Known, parse_schedule

KNOWN = Known(
    {
        "instances": Kind("instances", "", LooksAt.ITEMS, ("AWS::EC2::Instance",)),
        "folders": Kind("folders", "", LooksAt.PATHS),
        "images": Kind("images", "", LooksAt.ITEMS, is_here=False),
    },
    {"item": {"resource_type": "string", "change": "string"}},
    {"account": Field("account"), "name": Field("name", Type.TEXT)},
)
WHOLE = """\
name: weekly_instances
title: Every instance that is in production, on Saturdays
kind: instances
cron: 0 2 * * sat
zone: Europe/Berlin
on: {topic: item, when: resource_type == 'AWS::EC2::Instance' && change == 'created'}
include:
  - q: account:111122223333
    tags: {env: [prod, stage], watched: yes}
exclude:
  - tags: {scan: never}
window: 4h
blackouts:
  - {name: month end, cron: 0 0 28 * *, duration: 3d}
  - {name: freeze, start: 2026-12-20, duration: 14d}
jitter: 30m
missed: skip
priority: 7
at_once: {schedule: 8, account: 2, region: 1, group: 1, group_tag: team}
"""


def parsed(text):
    return parse_schedule(text, KNOWN, "s.yaml")


def test_everything_that_can_be_said_is_read():
    found = parsed(WHOLE)

    assert (found.name, found.kind, found.window, found.jitter) == (
        "weekly_instances",
        "instances",
        timedelta(hours=4),
        timedelta(minutes=30),
    )
    assert found.when == Recurrence("0 2 * * sat", zone="Europe/Berlin")
    assert found.include == (Selector("account:111122223333", (("env", ("prod", "stage")), ("watched", ("true",)))),)
    assert found.exclude == (Selector("", (("scan", ("never",)),)),)
    assert [(each.name, each.duration.days, each.when.zone) for each in found.blackouts] == [
        ("month end", 3, "Europe/Berlin"),
        ("freeze", 14, "Europe/Berlin"),
    ]
    assert found.blackouts[1].when.start == datetime.fromisoformat("2026-12-20")
    assert (found.missed, found.priority, found.at_once.account, found.at_once.group_tag) == (0, 7, 2, "team")
    assert found.on is not None
    assert found.text == WHOLE


def test_the_least_that_can_be_said_is_a_schedule():
    found = parsed("{name: a1, kind: folders, paths: [x], start: 2026-12-01T02:00}")

    assert (found.title, found.missed, found.priority, found.window) == ("a1", 1, 5, None)
    assert found.when == Recurrence("", "FREQ=DAILY;COUNT=1", datetime.fromisoformat("2026-12-01T02:00"), "UTC")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nme: x", "there is no key 'nme'; did you mean 'name'"),
        ("name: Weekly Scan", "needs a name"),
        ("kind: instancs", "there is no kind 'instancs'; did you mean 'instances'"),
        ("kind: images", "this installation cannot do 'images'; it can do instances, folders"),
        ("kind: folders", "folders needs paths"),
        ("paths: [a]", "instances takes no paths"),
        ("cron: 0 0 31 2 *", "never comes within ten years"),
        ("cron: 61 * * * *", "no minute"),
        ("cron: 5", "is 5, not text"),
        ("start: 2026-12-01T02:00Z", "a cron, or an rrule"),
        ("zone: Europe/Atlantis", "no time zone"),
        ("window: 0h", "window is '0h'"),
        ("window: 90d", "longer than 31 days"),
        ("window: 4", "is 4, not text"),
        ("jitter: 2d", "longer than 1 days"),
        ("missed: 101", "missed is 101"),
        ("missed: never", "missed is 'never', not 0 to 100, skip or once"),
        ("priority: 10", "priority is 10"),
        ("priority: true", "priority is True"),
        ("at_once: {group: 1}", "group goes with group_tag"),
        ("at_once: {account: -1}", "at_once.account is -1"),
        ("at_once: 3", "not a table"),
        ("include: [{}]", "needs a q or tags"),
        ("include: [{q: 'acount:1'}]", "q, at 0: there is no field acount; did you mean account"),
        ("include: [{tags: {a: []}}]", "tags is"),
        ("include: [{tags: {a: {b: c}}}]", "tags is"),
        ("include: {q: x}", "include is not a list"),
        ("blackouts: [{name: b, cron: '@daily', duration: 0h}]", "duration is '0h'"),
        ("blackouts: [{name: b, duration: 1h}]", "none of cron, rrule and start"),
        ("blackouts: [{name: b, start: soon, duration: 1h}]", "start is a time"),
        ("blackouts: [{name: b, rrule: FREQ=SECONDLY, start: 2026-12-01, duration: 1h}]", "FREQ is one of"),
        ("on: item", "not a table"),
        ("on: {topic: items, when: 'true'}", "topic is 'items': item"),
        ("on: {topic: item, when: colour == 'red'}", "colour"),
        ("on: {topic: item, when: 'change =='}", "change =="),
        ("7: x", "a key is no text"),
        ("? [a]\n: b", "is not YAML"),
        ("name: a\nname: b", "stands twice"),
        ("window: &a [*a]", "Recursive"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_reason(line, reason):
    key = line.partition(":")[0]
    kept = [each for each in WHOLE.splitlines() if not each.startswith((f"{key}:", " "))]
    kept = [each for each in kept if each not in ("include:", "exclude:", "blackouts:") and line != each]
    text = "\n".join([*kept, line])

    with pytest.raises(ContentError) as error:
        parsed(text)
    assert reason in error.value.reason
    assert error.value.where.startswith("s.yaml")
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "- a",
            "a: b\n---\na: c",
            "name: a1\nkind: instances",
            "\x00",
            "{" * 200,
            "name: !!python/name:os.system",
        ),
        "{name: a1, kind: instances, rrule: FREQ=DAILY}",
        "{name: a1, kind: folders, paths: [a], cron: '@daily', include: [{q: x}]}",
        f"{{name: a1, kind: folders, cron: '@daily', paths: [{'a, ' * (MOST_OF_A_LIST + 1)}]}}",
        f"{{name: {'a' * 70}, kind: instances, cron: '@daily'}}",
        f"{{name: [{'x' * 10_000}], kind: instances, cron: '@daily'}}",
    ],
)
def test_what_is_no_schedule_is_refused_shortly(text):
    begun = time.process_time()
    with pytest.raises(ContentError) as error:
        parsed(text)

    assert len(str(error.value)) < 500
    assert time.process_time() - begun < 3
