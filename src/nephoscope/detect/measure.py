"""What a correlation measures of a window, and whether that meets its condition."""

from __future__ import annotations

import math
import operator
import statistics
from typing import TYPE_CHECKING, Any, Protocol

from nephoscope.detect.terms import as_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.detect.rule import Correlation

OPERATORS = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
    "neq": operator.ne,
}
GROWING = frozenset(("event_count", "value_count", "temporal", "temporal_ordered"))


class Match(Protocol):
    """A match in a window: which of the correlation's rules, and the measured fields' values."""

    place: int
    values: list[str]


def is_lasting(correlation: Correlation) -> bool:
    """Whether a condition that is met stays met, whatever else comes into the window."""
    threshold = correlation.threshold
    if threshold.expression is not None:
        return not _negates(threshold.expression)
    return correlation.type in GROWING and threshold.op in ("gt", "gte")


def least_matches(correlation: Correlation) -> int:
    """How many matches a window needs at the least to meet a lasting condition."""
    threshold = correlation.threshold
    if threshold.expression is not None or correlation.type not in GROWING:
        return 1
    return max(1, math.floor(threshold.count) + 1 if threshold.op == "gt" else math.ceil(threshold.count))


def _negates(expression: Any) -> bool:
    return isinstance(expression, tuple) and (expression[0] == "not" or any(map(_negates, expression[1:])))


def is_met(correlation: Correlation, window: Sequence[Match]) -> bool:
    """Whether the window, in order of time, meets the correlation's condition."""
    threshold = correlation.threshold
    if threshold.expression is not None:
        matched = {correlation.rules[one.place] for one in window}
        if not _holds(threshold.expression, matched):
            return False
        in_order = [place for place, rule in enumerate(correlation.rules) if rule in matched]
        return correlation.type != "temporal_ordered" or _longest(window, in_order) == len(in_order)
    found = measured(correlation, window)
    return found is not None and OPERATORS[threshold.op](found, threshold.count)


def _holds(expression: Any, matched: set[str]) -> bool:
    if isinstance(expression, str):
        return expression in matched
    word, *parts = expression
    if word == "not":
        return not _holds(parts[0], matched)
    return (all if word == "and" else any)(_holds(part, matched) for part in parts)


def measured(correlation: Correlation, window: Sequence[Match]) -> float | None:
    """The number that the condition is about; None if the window has none."""
    match correlation.type:
        case "event_count":
            return len(window)
        case "value_count":
            return len({tuple(one.values) for one in window})
        case "temporal":
            return len({one.place for one in window})
        case "temporal_ordered":
            return _longest(window, list(range(len(correlation.rules))))
        case _:
            return _statistic(correlation, window)


def _longest(window: Sequence[Match], places: list[int]) -> int:
    """How many of the rules matched one after the other; at one moment, in the order wanted."""
    reached = 0
    for one in window:
        if reached < len(places) and one.place == places[reached]:
            reached += 1
    return reached


def _statistic(correlation: Correlation, window: Sequence[Match]) -> float | None:
    numbers = [number for one in window for value in one.values if (number := as_number(value)) is not None]
    if not numbers:
        return None
    match correlation.type:
        case "value_sum":
            return math.fsum(numbers)
        case "value_avg":
            return statistics.fmean(numbers)
        case "value_median":
            return statistics.median(numbers)
        case _:
            rank = math.ceil(correlation.threshold.percentile / 100 * len(numbers))
            return sorted(numbers)[max(0, rank - 1)]
