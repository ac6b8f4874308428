import gzip
import json
import random

import pytest
from tests.detect.sigma_rules import batch, rule_set
from tests.shared_data import shared

from nephoscope.detect.correlate import MAX_EVENTS
from nephoscope.detect.detector import Detector
from nephoscope.model.event import LogSource, RecordBatch

FAILED = """
title: failed
name: failed
logsource: {product: aws}
detection: {s: {eventName: ConsoleLogin}, condition: s}
---
title: several
name: several
correlation:
  type: %s
  rules: [failed]
  group-by: [user]
  timespan: 5m
  condition: {%s}
level: high
"""


def login(second, user="alice", uid=None, **others):
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    time = f"2026-03-01T{hour:02}:{minute:02}:{second:02}Z"
    return {"eventName": "ConsoleLogin", "eventTime": time, "eventID": uid or f"{user}{time}", "user": user, **others}


def detector(kind="event_count", condition="gte: 3"):
    found = rule_set(FAILED % (kind, condition))
    assert not found.errors
    return Detector(found)


def feed(watching, events):
    return [finding for event in events for finding in watching.matches(batch(event))]


def cases():
    path = shared("sigma_correlation_cases") / "cases.jsonl.gz"
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


@pytest.mark.parametrize("order", ["as they come", "backwards", "twice", "restarting"])
def test_published_cases_come_out_right_however_the_events_arrive(order):
    for case in cases():
        rules = rule_set(case["rules_yaml"])
        watching, found = Detector(rules), []
        events = case["events"] * 2 if order == "twice" else case["events"]
        for event in reversed(events) if order == "backwards" else events:
            is_flow = event.get("_log") == "vpcflow"
            found += watching.matches(
                RecordBatch([event], "flow", LogSource("aws", "vpcflow"), columns={"start": "time"})
                if is_flow
                else batch(event)
            )
            if order == "restarting":
                state = watching.dump()
                watching = Detector(rules)
                watching.load(json.loads(state))
        found += watching.flush()
        assert bool(found) == case["expect_alert"], case["name"]
        if case["expect_groups"]:
            assert [list(finding.detail["group"].values()) for finding in found] == case["expect_groups"]


def test_the_finding_names_its_events_group_and_window():
    [found] = feed(detector(), [login(second) for second in (0, 10, 20)])
    assert found.title == "several"
    assert found.subject == ("alice", "2026-03-01T00:00:00+00:00")
    assert [event.uid for event in found.events] == [f"alice2026-03-01T00:00:{second:02}Z" for second in (0, 10, 20)]
    assert found.detail["events"] == found.detail["measured"] == 3
    assert str(found.time) == "2026-03-01 00:00:20+00:00"


def test_a_window_makes_one_finding_and_the_next_window_another():
    found = feed(detector(), [login(second) for second in range(0, 600, 10)])
    assert len(found) == 2
    assert len({finding.uid for finding in found}) == 2


def test_the_same_events_again_make_the_same_finding():
    events = [login(second) for second in (0, 10, 20)]
    assert feed(detector(), events)[0].uid == feed(detector(), events)[0].uid
    assert len(feed(detector(), events * 3)) == 1


def test_windows_include_their_end_and_nothing_after():
    assert feed(detector(), [login(0), login(150), login(300)])
    assert not feed(detector(), [login(0), login(150), login(301)])


def test_events_in_any_order_give_one_finding():
    events = [login(second) for second in range(0, 300, 20)]
    for seed in range(20):
        shuffled = random.Random(seed).sample(events, len(events))
        assert len(feed(detector("event_count", "gte: 15"), shuffled)) == 1


def test_an_event_without_the_group_belongs_to_none():
    assert not feed(detector(), [login(second, user=None, uid=str(second)) for second in range(3)])


def test_fewer_than_is_judged_when_the_window_has_passed():
    watching = detector("event_count", "lt: 3")
    assert not feed(watching, [login(0), login(10)])
    [late] = feed(watching, [login(second, "bob") for second in (5_000, 5_001, 5_002, 10_000)])
    assert late.detail["group"] == {"user": "alice"}
    assert [finding.detail["group"]["user"] for finding in watching.flush()] == ["bob"]


def test_a_sum_is_over_the_windows_values():
    watching = detector("value_sum", "gt: 100, field: bytes")
    feed(watching, [login(second, bytes=40) for second in range(3)])
    [found] = watching.flush()
    assert found.detail["measured"] == 120


def test_old_matches_are_forgotten_and_huge_groups_bounded():
    watching = detector("event_count", "gte: 1000000")
    feed(watching, [login(second, uid=str(second)) for second in range(0, 80_000, 100)])
    [state] = json.loads(watching.dump())["correlations"].values()
    [[_, group]] = state["groups"]
    assert len(group["seen"]) < 100
    many = [login(0, uid=str(n)) for n in range(MAX_EVENTS + 5)]
    watching.matches(batch(*many))
    assert any("5 matches" in gap.cause or "forgotten" in gap.cause for gap in watching.gaps)


def test_events_without_a_time_are_left_to_the_rules_alone():
    assert not feed(detector(), [{**login(second), "eventTime": None} for second in range(3)])
