from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.detect.sigma_rules import batch, rule_set

from nephoscope.detect.detector import Scanner
from nephoscope.detect.judge import Judge, in_order, judged_by, packed, portions, unpacked
from nephoscope.detect.loading import load_rules
from nephoscope.detect.python_rules import rule as python_rule
from nephoscope.detect.rule import RuleSet

RULES = """
title: failed
name: failed
logsource: {product: aws}
detection: {s: {eventName: ConsoleLogin}, condition: s}
---
title: stopped
name: stopped
logsource: {product: aws}
detection: {s: {eventName: StopLogging}, condition: s}
---
title: several
name: several
correlation: {type: event_count, rules: [failed], group-by: [userIdentity.arn], timespan: 5m, condition: {gte: 2}}
---
title: then stopped
correlation: {type: temporal, rules: [several, stopped], group-by: [userIdentity.arn], timespan: 1h}
---
title: never again
correlation: {type: event_count, rules: [stopped], group-by: [awsRegion], timespan: 5m, condition: {lt: 2}}
---
title: alone
name: alone
logsource: {product: aws}
detection: {s: {eventName: CreateUser}, condition: s}
---
title: many users
correlation: {type: event_count, rules: [alone], timespan: 5m, condition: {gte: 2}}
"""


@python_rule(product="aws", when={"eventName": "ConsoleLogin"})
def any_login(event, history):
    """Any login."""
    return True


@pytest.fixture
def rules():
    return replace(rule_set(RULES), python_rules=(any_login,))


def event(second, name, user="eve", **others):
    time = f"2026-03-01T10:00:{second:02}Z"
    return {
        "eventName": name,
        "eventTime": time,
        "eventID": f"{name}{second}",
        "awsRegion": "eu-west-1",
        "userIdentity": {"arn": user},
        **others,
    }


TITLES = ["Any login", "Any login", "many users", "never again", "then stopped"]
EVENTS = [
    event(1, "ConsoleLogin"),
    event(2, "ConsoleLogin"),
    event(3, "StopLogging"),
    event(4, "CreateUser"),
    event(5, "CreateUser"),
]


def test_rules_that_a_correlation_connects_are_one_portion(rules):
    divided = [sorted(judged_by(one)) for one in portions(rules)]
    titles = [[one.about.title for one in portion.correlations] for portion in portions(rules)]
    assert titles == [["several", "never again", "then stopped"], ["many users"], []]
    assert len(divided[0]) == 3
    assert divided[2] == ["any_login"]


def test_our_own_rules_fall_into_portions_that_share_nothing():
    ours = load_rules(())
    names = [name for one in portions(ours) for name in judged_by(one)]
    assert len(names) == len(set(names))
    correlations = [one.about.id for portion in portions(ours) for one in portion.correlations]
    assert sorted(correlations) == sorted(one.about.id for one in ours.correlations)


def test_portions_say_together_what_one_judge_says(rules):
    signals = in_order(Scanner(rules).scan(batch(*EVENTS)).signals)
    whole = Judge(rules)
    found = whole.conclude(signals) + whole.flush()
    apart = []
    for portion in portions(rules):
        judge, mine = Judge(portion), judged_by(portion)
        apart += judge.conclude([one for one in signals if one.rule in mine]) + judge.flush()
    assert sorted(one.title for one in found) == TITLES
    assert sorted(one.uid for one in apart) == sorted(one.uid for one in found)


def test_a_packed_signal_is_the_same_again(rules):
    signals = Scanner(rules).scan(batch(*EVENTS, event(6, "ConsoleLogin", user="\udcff"))).signals
    assert any(one.record for one in signals)
    assert unpacked(packed(signals)) == signals
    assert unpacked(packed([])) == []


def test_a_judge_that_was_stopped_goes_on_where_it_was(rules):
    signals = in_order(Scanner(rules).scan(batch(*EVENTS)).signals)
    whole, first, second = Judge(rules), Judge(rules), Judge(rules)
    found = first.conclude(signals[:3])
    second.load(first.dump())
    found += second.conclude(signals[3:]) + second.flush()
    assert found == whole.conclude(signals) + whole.flush()
    assert second.dump() == whole.dump()


def test_signals_without_a_time_come_first():
    rules = RuleSet(python_rules=(any_login,))
    timeless = {key: value for key, value in event(1, "ConsoleLogin").items() if key != "eventTime"}
    signals = Scanner(rules).scan(batch(event(2, "ConsoleLogin"), timeless)).signals
    assert [one.event.time for one in in_order(signals)] == [None, datetime(2026, 3, 1, 10, 0, 2, tzinfo=UTC)]
