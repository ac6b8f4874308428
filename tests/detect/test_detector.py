import json
import pickle
from dataclasses import replace

import pytest
from tests.detect.sigma_rules import batch, rule, rule_set

from nephoscope.detect.detector import Detector, Scanner
from nephoscope.detect.judge import in_order
from nephoscope.detect.python_rules import rule as python_rule
from nephoscope.detect.rule import RuleSet

STOPPED = {"s": {"eventName": "StopLogging"}, "condition": "s"}


@python_rule(product="aws", service="cloudtrail", level="high", when={"eventName": "ConsoleLogin"})
def login_from_a_new_address(event, history):
    """Login from an address not seen before for this user."""
    user, address = event["userIdentity.arn"], event["sourceIPAddress"]
    known = history.seen(user)
    history.remember(user, address)
    return f"known are {', '.join(sorted(known))}" if known and address not in known else None


@python_rule(product="aws", when={"eventName": "ConsoleLogin"})
def always_wrong(event, history):
    """A rule with a mistake."""
    raise KeyError("mistake")


def login(address, user="alice"):
    return {"eventName": "consolelogin", "sourceIPAddress": address, "userIdentity": {"arn": user}, "eventID": address}


def test_a_rule_runs_on_its_own_log_source_only():
    watching = Detector(RuleSet((rule(STOPPED, logsource={"product": "aws", "service": "vpcflow"}),)))
    assert not watching.matches(batch({"eventName": "StopLogging"}))
    watching = Detector(RuleSet((rule(STOPPED, logsource={"product": "aws"}),)))
    assert watching.matches(batch({"eventName": "StopLogging"}))


@pytest.mark.parametrize("form", [bytes, bytes.decode, json.loads], ids=["bytes", "text", "decoded"])
def test_python_rules_remember_through_a_restart(form):
    rules = RuleSet(python_rules=(login_from_a_new_address,))
    watching = Detector(rules)
    assert not watching.matches(batch(login("1.1.1.1"), login("1.1.1.1")))
    again = Detector(rules)
    again.load(form(watching.dump()))
    [found] = again.matches(batch(login("2.2.2.2"), login("3.3.3.3", "bob")))
    assert (found.rule, found.reason) == ("login_from_a_new_address", "known are 1.1.1.1")
    assert found.actor.ip == "2.2.2.2"


def test_a_python_rule_that_fails_is_a_gap_and_the_others_go_on():
    watching = Detector(RuleSet(python_rules=(always_wrong, login_from_a_new_address)))
    assert len(watching.matches(batch(login("1.1.1.1"), login("2.2.2.2")))) == 1
    [gap] = watching.gaps
    assert (gap.area, "KeyError" in gap.cause) == ("rule", True)


def test_silent_rules_serve_correlations_only():
    silent = rule(STOPPED)
    watching = Detector(RuleSet((replace(silent, about=replace(silent.about, is_silent=True)),)))
    assert not watching.matches(batch({"eventName": "StopLogging"}))


def test_scanning_elsewhere_and_concluding_here_gives_the_same():
    text = """
title: failed
name: failed
logsource: {product: aws}
detection: {s: {eventName: ConsoleLogin}, condition: s}
---
title: several
correlation: {type: value_count, rules: [failed], timespan: 5m, condition: {gte: 2, field: sourceIPAddress}}
"""
    rules = replace(rule_set(text), python_rules=(login_from_a_new_address,))
    events = [{**login(f"1.1.1.{n}"), "eventTime": f"2026-01-01T00:00:0{n}Z"} for n in range(4)]
    here = Detector(rules).matches(batch(*events))
    scans = [Scanner(rules).scan(batch(event)) for event in reversed(events)]
    signals = pickle.loads(pickle.dumps([signal for scan in scans for signal in scan.signals]))
    there = Detector(rules).conclude(in_order(signals))
    assert {finding.title for finding in here} == {"several", "Login from an address not seen before for this user"}
    assert sorted((one.rule, one.title, one.subject[-1][:10]) for one in here) == sorted(
        (one.rule, one.title, one.subject[-1][:10]) for one in there
    )


def test_state_is_json_and_that_of_rules_gone_is_left_out():
    watching = Detector(RuleSet(python_rules=(login_from_a_new_address,)))
    watching.matches(batch(login("1.1.1.1")))
    state = watching.dump()
    assert json.loads(state)["histories"]["login_from_a_new_address"] == {"alice": ["1.1.1.1"]}
    empty = Detector(RuleSet())
    empty.load(state)
    assert json.loads(empty.dump())["histories"] == {}
