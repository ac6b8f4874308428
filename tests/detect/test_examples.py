import pytest
from tests.detect.sigma_rules import rule_set

from nephoscope.detect.examples import wrong_examples
from nephoscope.detect.loading import load_rules

RULE = """
title: Stopped
name: stopped
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: StopLogging}, condition: s}
examples:
  match: [{eventName: %s}]
  no_match: [{eventName: %s}]
"""
TWICE = """---
title: Twice
correlation: {type: event_count, rules: [stopped], timespan: 5m, condition: {gte: 2}}
examples:
  match:
    - - {eventName: StopLogging, eventTime: '2026-03-01T00:00:00Z'}
      - {eventName: StopLogging, eventTime: '2026-03-01T00:04:00Z'}
  no_match:
    - - {eventName: StopLogging, eventTime: '2026-03-01T00:00:00Z'}
      - {eventName: StopLogging, eventTime: '2026-03-01T00:06:00Z'}
"""


def test_true_examples_are_not_complained_of():
    assert not list(wrong_examples(rule_set(RULE % ("StopLogging", "GetTrail") + TWICE)))


@pytest.mark.parametrize(("match", "no_match"), [("GetTrail", "GetTrail"), ("StopLogging", "StopLogging")])
def test_a_false_example_is_named_with_its_rule(match, no_match):
    [wrong] = wrong_examples(rule_set(RULE % (match, no_match)))
    assert "rules.yml:2: 'Stopped' should" in str(wrong)
    assert wrong.example["eventName"] in ("GetTrail", "StopLogging")


def test_our_own_rules_match_their_examples():
    assert not [str(wrong) for wrong in wrong_examples(load_rules())]
