import pickle
from dataclasses import replace

import pytest

from nephoscope.detect.loading import load_rules
from nephoscope.detect.python_rules import KEYS, VALUES, Event, History, labels, rule
from nephoscope.model.condition import Term, Test
from nephoscope.model.errors import ContentError
from nephoscope.model.event import LogSource
from nephoscope.model.finding import Severity


@rule(product="aws", service="signin", level="high", when={"eventName": ["A", "B"]}, tags=["attack.initial-access"])
def something_new(event, history):
    """Something happened for the first time.

    Why: it never did before.
    False positives: a new
      colleague.
    Source: https://example.org

    >>> something_new({"a": 1})
    """
    return history.remember("x", str(event["a.b"]))


def test_the_docstring_says_what_the_rule_is():
    about = something_new.about
    assert (about.id, about.title) == ("something_new", "Something happened for the first time")
    assert about.severity is Severity.HIGH
    assert about.description == "it never did before."
    assert about.falsepositives == ("a new colleague.",)
    assert about.references == ("https://example.org",)
    assert something_new.log_source == LogSource("aws", "signin")
    assert something_new.condition == Term("eventName", Test.EQUALS, ("A", "B"))


def test_a_rule_can_be_asked_by_hand():
    history = History()
    assert something_new({"a": {"b": 5}}, history) is True
    assert something_new({"a": {"b": 5}}, history) is False
    assert something_new({}) is True


def test_fields_go_by_path_and_absence_is_none():
    event = Event({"a": {"b": [{"c": 1}, {"c": 2}]}, "n": None})
    assert (event["a.b.c"], event["n"], event["gone"]) == ([1, 2], None, None)


def test_a_rule_goes_to_other_processes_as_it_is():
    [found] = load_rules().python_rules[:1]
    silent = replace(found, about=replace(found.about, is_silent=True))
    assert pickle.loads(pickle.dumps(silent)).about == silent.about
    assert pickle.loads(pickle.dumps(found)).function is found.function


def test_history_is_bounded_and_survives_as_json():
    history = History()
    for n in range(VALUES + 5):
        history.remember("k", str(n))
    assert len(history.seen("k")) == VALUES
    assert "0" not in history.seen("k")
    assert History.of(history.dump()).seen("k") == history.seen("k")
    for n in range(KEYS):
        history.remember(str(n), "x")
    assert not history.seen("k")


def test_a_rule_without_a_title_or_without_when_is_refused():
    with pytest.raises(ContentError, match="no docstring"):
        rule(product="aws", when={"a": "b"})(lambda event, history: True)
    with pytest.raises(ContentError, match="empty `when`"):
        rule(product="aws", when={})(something_new.function)


def test_labels_end_at_an_empty_line():
    assert labels("T.\n\nWhy: a\nb\n\nmore\nFix: c") == {"Why": "a b", "Fix": "c"}
