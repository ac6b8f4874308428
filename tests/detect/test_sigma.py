import time

import pytest
from tests.detect.sigma_rules import rule_set

from nephoscope.detect.rule import Correlation, Threshold
from nephoscope.model.event import LogSource
from nephoscope.model.finding import Severity

WHOLE = """
title: Trail stopped
id: 6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11
name: stopped
status: experimental
description: An audit trail was stopped.
references: [https://example.org/a]
tags: [attack.defense-impairment]
logsource: {product: AWS, service: cloudtrail}
detection:
  stop: {eventName: StopLogging}
  condition: stop
falsepositives: [a planned move]
fields: [awsRegion]
level: high
examples:
  match: [{eventName: StopLogging}]
  no_match: [{eventName: StartLogging}]
"""


def test_a_rule_keeps_what_it_says_of_itself():
    [rule] = rule_set(WHOLE).rules
    about = rule.about
    assert (about.id, about.name, about.title) == ("6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11", "stopped", "Trail stopped")
    assert about.severity is Severity.HIGH
    assert about.where == "rules.yml:2"
    assert about.tags == ("attack.defense-impairment",)
    assert (about.status, about.falsepositives, about.fields) == ("experimental", ("a planned move",), ("awsRegion",))
    assert (about.match, about.no_match) == (({"eventName": "StopLogging"},), ({"eventName": "StartLogging"},))
    assert rule.log_source == LogSource("aws", "cloudtrail")


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("condition: stop", "condition: stop and gone", 12, "'gone' not defined"),
        ("condition: stop", "condition: stop | count() > 5", 12, "deprecated"),
        ("condition: stop", "condition: (stop", 12, "parentheses"),
        ("condition: stop", "condition: " + "(" * 40 + "stop" + ")" * 40, 12, "30 parentheses"),
        ("condition: stop", "condition: 1 of other*", 12, "doesn't match any detection"),
        ("{eventName: StopLogging}\n", "{eventName|nonsense: x}\n", 10, "nonsense"),
        ("{eventName: StopLogging}\n", "{eventName|re: '(?=x)'}\n", 10, "(?=x)"),
        ("{eventName: StopLogging}\n", "{eventName|re: '(a{1000}){1000}'}\n", 10, "a{1000}"),
        ("{eventName: StopLogging}\n", "{eventName|expand: '%names%'}\n", 10, "%names% has no values"),
        ("{eventName: StopLogging}\n", "{a|cidr: nonsense}\n", 10, "CIDR"),
        ("{eventName: StopLogging}\n", "{a|gt: nonsense}\n", 10, "incompatible"),
        ("level: high", "level: terrible", 15, "level"),
        ("title: Trail stopped\n", "", 2, "title"),
        ("logsource: {product: AWS, service: cloudtrail}\n", "", 2, "log source"),
        ("6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11", "seventeen", 3, "UUID"),
    ],
)
def test_a_rule_that_does_not_compile_is_reported_with_its_line_and_reason(before, after, line, reason):
    assert before in WHOLE
    found = rule_set(WHOLE.replace(before, after, 1))
    assert not found.rules
    [error] = found.errors
    assert error.where == f"rules.yml:{line}"
    assert reason in error.reason


def test_a_bad_rule_does_not_keep_the_others_out():
    found = rule_set("title: bad\n---" + WHOLE)
    assert len(found.rules) == len(found.errors) == 1


def test_spoilt_metadata_does_not_keep_a_rule_out():
    found = rule_set(WHOLE.replace("status: experimental", "status: hopeful\ndate: nonsense"))
    assert len(found.rules) == 1
    assert not found.errors


@pytest.mark.parametrize("content", ["detection: 5", "detection: {s: [[[1]]], condition: 7}", "logsource: [1]"])
def test_odd_content_is_an_error_and_never_a_crash(content):
    found = rule_set(f"title: T\nlogsource: {{product: aws}}\n{content}\n".replace("\nlogsource: [1]", ""))
    assert found.errors


def test_a_catastrophic_expression_is_run_in_linear_time():
    from tests.detect.sigma_rules import batch, rule

    from nephoscope.detect.matcher import Matcher

    matcher = Matcher([rule({"s": {"a|re": "^(a+)+$"}, "condition": "s"})])
    began = time.monotonic()
    assert not matcher.matches(batch({"a": "a" * 100_000 + "!"}))
    assert time.monotonic() - began < 2


CORRELATION = """
title: Guessed
id: 7f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11
correlation:
  type: value_count
  rules: [stopped]
  group-by: [user]
  aliases: {user: {stopped: userIdentity.arn}}
  timespan: 10m
  condition: {gte: 3, field: awsRegion}
"""


def test_a_correlation_is_read_with_ids_for_names():
    [found] = rule_set(WHOLE + "---" + CORRELATION).correlations
    assert isinstance(found, Correlation)
    assert (found.type, found.timespan_s, found.group_by) == ("value_count", 600, ("user",))
    assert found.rules == ("6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11",)
    assert found.threshold == Threshold("gte", 3, ("awsRegion",))
    assert found.field_of(found.rules[0], "user") == "userIdentity.arn"


def test_an_extended_condition_becomes_an_expression_of_ids():
    text = CORRELATION.replace("value_count", "temporal").replace("{gte: 3, field: awsRegion}", "not stopped")
    [found] = rule_set(WHOLE + "---" + text).correlations
    assert found.threshold.expression == ("not", "6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("[stopped]", "[gone]", "not there: gone"),
        ("10m", "soon", "invalid"),
        ("value_count", "guess", "no valid Sigma correlation type"),
        ("{gte: 3, field: awsRegion}", "{gte: many, field: awsRegion}", "many"),
        ("{gte: 3, field: awsRegion}", "{gte: 3}", "without field reference"),
    ],
)
def test_a_correlation_that_does_not_compile_is_reported(before, after, reason):
    [error] = rule_set(WHOLE + "---" + CORRELATION.replace(before, after)).errors
    assert reason in error.reason
    assert error.where.startswith("rules.yml:")
