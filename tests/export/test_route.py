from dataclasses import replace
from datetime import timedelta

import pytest
from tests.export.samples import LATER, notice
from tests.store.samples import detection, failed_check

from nephoscope.export.notice import of_gap
from nephoscope.export.route import MORE, load_routes, plan, scope_values
from nephoscope.model.errors import ConfigError
from nephoscope.model.finding import Severity
from nephoscope.store.waivers import SCOPE
from nephoscope.store.waivers import scope_values as finding_values

SCHEMA = {**SCOPE, **MORE}
EXPORTERS = ("chat", "pager", "boss")


def routes(**tables):
    return list(load_routes(tables, EXPORTERS, SCHEMA).values())


def planned(exporter, found, told_of, told=()):
    values = finding_values(told_of.stored.finding) | scope_values(told_of)
    made, gaps = plan(exporter, found, told_of, values, set(told), LATER)
    assert not gaps
    return [(each.route, each.what) for each in made]


@pytest.mark.parametrize(
    ("when", "goes"),
    [
        ("", True),
        ("severity == 'high'", True),
        ("rank >= 3 && account == '111111111111'", True),
        ("owner == 'web-team'", True),
        ("change == 'opened' && previous == '' && status == 'open'", True),
        ("tags.exists(tag, tag.startsWith('attack.'))", True),
        ("severity == 'critical'", False),
        ("kind == 'coverage'", False),
    ],
)
def test_a_route_takes_what_its_condition_says(when, goes):
    found = routes(all={"to": ["chat"], "when": when})

    assert planned("chat", found, notice(owner="web-team")) == ([("all", "opened")] if goes else [])
    assert planned("pager", found, notice()) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"to": ["chat"], "when": "severty == 'high'"}, "the nearest is severity"),
        ({"to": ["chat"], "when": "rank == 'high'"}, "routes.x: when"),
        ({"to": ["chat"], "when": "severity"}, "not a condition"),
        ({"to": ["chta"]}, "there is no exporter 'chta'; did you mean 'chat'"),
        ({"to": ["chat"], "on": ["closed"]}, "'closed' is none of opened"),
        ({"to": ["chat"], "whne": ""}, "there is no key 'whne'; did you mean 'when'"),
        ({}, "the key 'to' is missing"),
        ({"to": ["chat"], "quiet": "22-7"}, "no quiet hours"),
        ({"to": ["chat"], "except": "grave"}, "except: 'grave' is none of"),
        ({"to": ["chat"], "escalate_to": ["boss"]}, "go together"),
        ({"to": ["chat"], "escalate_after_s": 60}, "go together"),
        ({"to": ["chat"], "escalate_after_s": 60, "escalate_to": ["bos"]}, "did you mean 'boss'"),
    ],
)
def test_a_route_that_is_wrong_is_refused_when_it_is_loaded(table, said):
    with pytest.raises(ConfigError) as refused:
        routes(x=table)
    assert "routes.x" in str(refused.value)
    assert said in str(refused.value)


def test_one_receiver_is_told_once_however_many_routes_lead_to_it():
    found = routes(first={"to": ["chat"]}, second={"to": ["chat", "pager"]})

    assert planned("chat", found, notice()) == [("first", "opened")]
    assert planned("pager", found, notice()) == [("second", "opened")]


def test_who_was_told_of_the_opening_is_told_of_the_end_whatever_the_condition_says_then():
    found = routes(grave={"to": ["chat"], "when": "severity == 'critical'"})
    over = notice("resolved", failed_check(severity=Severity.LOW))

    assert planned("chat", found, over, told=["grave"]) == [("grave", "resolved")]
    assert planned("chat", found, over) == []


def test_an_end_is_told_though_the_route_that_told_of_the_opening_was_renamed():
    found = routes(new={"to": ["chat"]}, other={"to": ["pager"]})

    assert planned("chat", found, notice("resolved"), told=["old"]) == [("new", "resolved")]
    assert planned("boss", found, notice("resolved"), told=["old"]) == []


def test_a_route_that_tells_of_ends_only_needs_no_opening():
    assert planned("chat", routes(ends={"to": ["chat"], "on": ["resolved"]}), notice("resolved")) == [
        ("ends", "resolved")
    ]


def test_changes_are_told_only_where_that_is_asked_for():
    assert planned("chat", routes(x={"to": ["chat"]}), notice("changed")) == []
    assert planned("chat", routes(x={"to": ["chat"], "on": ["changed"]}), notice("changed")) == [("x", "changed")]


def test_what_cannot_be_seen_is_told_where_that_is_asked_for_and_so_is_its_end():
    gap = {"area": "source", "subject": "trail", "account": "1", "region": "", "cause": "denied", "permission": ""}
    opened, closed = (of_gap(gap | {"state": state}, LATER, 1) for state in ("open", "closed"))
    asked = routes(x={"to": ["chat"], "on": ["coverage"], "when": "kind == 'coverage' && rule == 'coverage_source'"})

    assert planned("chat", asked, opened) == [("x", "opened")]
    assert planned("chat", asked, closed, told=["x"]) == [("x", "resolved")]
    assert planned("chat", asked, notice()) == []
    assert planned("chat", routes(x={"to": ["chat"]}), opened) == []


def test_a_condition_that_cannot_be_evaluated_is_a_gap_and_the_other_routes_go_on():
    found = routes(bad={"to": ["chat"], "when": "int(reason) > 3"}, good={"to": ["chat"]})
    told_of = notice()
    values = finding_values(told_of.stored.finding) | scope_values(told_of)

    made, [gap] = plan("chat", found, told_of, values, set(), LATER)

    assert [each.route for each in made] == ["good"]
    assert (gap.area, gap.subject) == ("route", "bad")


def test_quiet_hours_hold_all_but_what_is_grave():
    [route] = routes(x={"to": ["chat"], "quiet": "10:00-14:00", "except": "high"})
    low, high = notice(finding=failed_check()), notice(finding=detection())

    assert route.due_at(low, LATER) == LATER.replace(hour=14, minute=0)
    assert route.due_at(high, LATER) == LATER


def test_an_escalation_is_planned_for_later_and_only_if_it_is_open_then():
    found = routes(x={"to": ["chat"], "escalate_after_s": 900, "escalate_to": ["boss"]})
    told_of = notice()
    values = finding_values(told_of.stored.finding) | scope_values(told_of)

    [[held], _] = plan("boss", found, told_of, values, set(), LATER)

    assert (held.what, held.is_held, held.due_at) == ("escalated", True, LATER + timedelta(seconds=900))
    assert planned("boss", found, replace(told_of, what="changed")) == []
    assert planned("boss", found, notice("resolved"), told=["x"]) == [("x", "resolved")]


def test_a_digest_collects():
    [route] = routes(x={"to": ["chat"], "digest": "every 1h"})

    [[each], _] = plan("chat", [route], notice(), {}, set(), LATER)

    assert (each.is_collected, each.due_at) == (True, LATER.replace(hour=13, minute=0))
