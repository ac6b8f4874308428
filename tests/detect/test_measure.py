from dataclasses import dataclass, field

import pytest

from nephoscope.detect.measure import is_lasting, is_met, least_matches, measured
from nephoscope.detect.rule import About, Correlation, Threshold


@dataclass
class Match:
    """A match of the correlation's n-th rule."""

    place: int = 0
    values: list[str] = field(default_factory=list)


def correlation(type_, op="gte", count=1, rules=("a", "b", "c"), **threshold):
    return Correlation(About("c", "C"), type_, rules, 60, Threshold(op, count, **threshold))


NUMBERS = [Match(values=[str(n)]) for n in (1, 1, 2, 10)]


@pytest.mark.parametrize(
    ("type_", "threshold", "wanted"),
    [
        ("event_count", {}, 4),
        ("value_count", {}, 3),
        ("value_sum", {}, 14),
        ("value_avg", {}, 3.5),
        ("value_median", {}, 1.5),
        ("value_percentile", {"percentile": 75}, 2),
        ("temporal", {}, 1),
    ],
)
def test_each_kind_measures_its_number(type_, threshold, wanted):
    assert measured(correlation(type_, **threshold), NUMBERS) == wanted


def test_words_have_no_average():
    assert measured(correlation("value_avg"), [Match(values=["x"])]) is None
    assert not is_met(correlation("value_avg", "lt", 5), [Match(values=["x"])])


def test_order_counts_where_it_is_asked_for():
    rules = [Match(2), Match(0), Match(1)]
    assert is_met(correlation("temporal", count=3), rules)
    assert not is_met(correlation("temporal_ordered", count=3), rules)
    assert is_met(correlation("temporal_ordered", count=3), [*rules, Match(2)])


def test_expressions_ask_which_rules_matched():
    asked = correlation("temporal", expression=("or", ("and", "a", ("not", "b")), "c"))
    assert is_met(asked, [Match(0)])
    assert is_met(asked, [Match(0), Match(1), Match(2)])
    assert not is_met(asked, [Match(0), Match(1)])
    assert not is_lasting(asked)


def test_ordered_expressions_want_the_rules_that_matched_in_order():
    asked = correlation("temporal_ordered", expression=("and", "a", "b"), rules=("a", "b"))
    assert is_met(asked, [Match(0), Match(1)])
    assert not is_met(asked, [Match(1), Match(0)])


@pytest.mark.parametrize(("op", "met"), [("lt", 5), ("lte", 4), ("gt", 3), ("gte", 4), ("eq", 4), ("neq", 3)])
def test_each_operator_is_met_where_it_should(op, met):
    assert is_met(correlation("event_count", op, met), NUMBERS)
    assert not is_met(
        correlation("event_count", op, {"lt": 4, "lte": 3, "gt": 4, "gte": 5, "eq": 3, "neq": 4}[op]), NUMBERS
    )


def test_only_growing_conditions_can_be_judged_early():
    assert is_lasting(correlation("event_count", "gte", 5))
    assert not is_lasting(correlation("event_count", "lt", 5))
    assert not is_lasting(correlation("value_avg", "gte", 5))
    assert least_matches(correlation("event_count", "gt", 5)) == 6
    assert least_matches(correlation("value_avg", "gt", 5)) == 1
