import time
from pathlib import Path

import pytest
from tests.detect.sigma_rules import rule_set
from tests.shared_data import shared, unpack

from nephoscope.detect.loading import abouts, load_rules

RULE = """
title: {title}
id: {id:08}-0000-4000-8000-000000000000
name: {name}
logsource: {{product: aws}}
detection: {{s: {{a: x}}, condition: s}}
"""
CORRELATION = """
title: Several
name: {name}
correlation:
  type: event_count
  rules: [{rules}]
  timespan: 5m
  condition: {{gte: 2}}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of rules; call it with file name and text."""

    def write(**files):
        for name, text in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.yml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


def test_rules_below_a_folder_are_found_at_any_depth_and_errors_do_not_stop_them(folder):
    found = load_rules(
        [folder(a=RULE.format(title="A", id=1, name="a"), b="title: [", c__d=RULE.format(title="D", id=2, name="d"))],
        builtin=False,
    )
    assert [rule.about.title for rule in found.rules] == ["A", "D"]
    [error] = found.errors
    assert error.where.endswith("b.yml:2")


def test_a_folder_that_is_not_there_is_an_error():
    [error] = load_rules([Path("/nowhere/at/all")], builtin=False).errors
    assert str(error) == "/nowhere/at/all: is no folder of rules"


def test_two_rules_of_one_id_or_name_are_an_error_that_names_both(folder):
    one = RULE.format(title="A", id=1, name="a")
    found = load_rules([folder(a=one, b=one, c=RULE.format(title="C", id=3, name="a"))], builtin=False)
    assert len(found.rules) == 1
    assert len(found.errors) == 2
    assert all("a.yml:2" in error.reason for error in found.errors)


def test_placeholders_beside_the_rules_fill_theirs(folder):
    rule = "title: T\nlogsource: {product: aws}\ndetection: {s: {'a|expand': '%p%'}, condition: s}"
    found = load_rules([folder(r=rule, placeholders="p: [x, y]")], builtin=False)
    assert not found.errors
    assert found.rules[0].condition.values == ("x", "y")


def test_a_correlation_silences_what_it_refers_to_unless_it_generates():
    text = RULE.format(title="A", id=1, name="a") + "---" + CORRELATION.format(name="c", rules="a")
    assert rule_set(text).rules[0].about.is_silent
    assert not rule_set(text.replace("timespan", "generate: true\n  timespan")).rules[0].about.is_silent


def test_correlations_come_after_what_they_refer_to():
    text = "---".join(
        [
            CORRELATION.format(name="outer", rules="inner"),
            CORRELATION.format(name="inner", rules="a"),
            RULE.format(title="A", id=1, name="a"),
        ]
    )
    found = rule_set(text)
    assert not found.errors
    assert [one.about.name for one in found.correlations] == ["inner", "outer"]
    assert [one.about.is_silent for one in found.correlations] == [True, False]


def test_circles_and_what_refers_to_lost_correlations_are_errors():
    circle = CORRELATION.format(name="c", rules="d") + "---" + CORRELATION.format(name="d", rules="c")
    assert {error.reason for error in rule_set(circle).errors} == {"correlations refer to one another in a circle"}
    chain = CORRELATION.format(name="outer", rules="inner") + "---" + CORRELATION.format(name="inner", rules="gone")
    assert len(rule_set(chain).errors) == 2


def test_a_global_document_is_shared_by_those_after_it(folder):
    text = """
action: global
title: Shared
logsource: {product: aws}
detection: {condition: s}
---
id: 00000001-0000-4000-8000-000000000000
detection: {s: {a: x}}
---
id: 00000002-0000-4000-8000-000000000000
detection: {s: {a: y}}
"""
    found = load_rules([folder(r=text)], builtin=False)
    assert not found.errors
    assert [rule.condition.values for rule in found.rules] == [("x",), ("y",)]


def test_our_own_rules_all_load_and_quickly():
    began = time.process_time()
    found = load_rules()
    assert time.process_time() - began < 2
    assert not found.errors
    assert len(found.rules) >= 50
    assert len(abouts(found)) == len(found.rules) + len(found.correlations) + len(found.python_rules)


@pytest.mark.slow
def test_every_sigmahq_rule_loads_or_is_reported(tmp_path):
    unpack(shared("sigma_rules_sigmahq") / "rules.tar.gz", tmp_path)
    files = len(list(tmp_path.rglob("*.yml")))
    found = load_rules([tmp_path], builtin=False)
    reported = {error.where.partition(".yml")[0] for error in found.errors}
    loaded = {rule.about.where.partition(".yml")[0] for rule in found.rules}
    assert len(reported | loaded) == files >= 4_000
    excusable = ("deprecated and replaced", "has no values", "another rule is", "Expected end of text", "log source")
    assert all(any(text in error.reason for text in excusable) for error in found.errors)
    assert len(found.errors) < 100
    assert all("/rules/cloud/aws/" not in error.where for error in found.errors)
