"""A term → a test on one value of its field."""

from __future__ import annotations

import ipaddress
import json
import operator
from typing import TYPE_CHECKING, Any

import msgspec
import re2
from msgspec import UNSET

from nephoscope.model.condition import TIME_TESTS, Term, Test
from nephoscope.model.event import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COMPARISONS = {
    Test.LESS: operator.lt,
    Test.AT_MOST: operator.le,
    Test.MORE: operator.gt,
    Test.AT_LEAST: operator.ge,
}
PLAIN = frozenset((str, int, float, type(None), type(UNSET)))


def normal(value: Any) -> Any:
    """A value as tests see it: hashable; booleans and objects as text, lists flat.

    Returns text, a number, None, UNSET, or a tuple of texts, numbers and None.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return tuple(_flat(value))
    return msgspec.json.encode(value).decode(errors="replace")


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        found = normal(value)
        if isinstance(found, tuple):
            yield from found
        else:
            yield found


def as_text(value: Any) -> str:
    """What a text or a number prints as; 5.0 prints as 5."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def as_number(value: Any) -> float | None:
    """The number that a value is, or spells."""
    if isinstance(value, int | float):
        return value
    try:
        return float(value)
    except ValueError:
        return None


def check_of(term: Term) -> Callable[[Any], bool]:
    """The term's test of one normal value, absent and null ones included.

    Raises re2.error for an expression that RE2 cannot run.
    """
    if term.test is Test.EXISTS:
        wanted = bool(term.values[0])
        return lambda value: (value is not UNSET) is wanted
    if term.test is Test.IS_NULL:
        return lambda value: value is None or value is UNSET
    return _of_any_element(_scalar(term))


def _of_any_element(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def of_value(value: Any) -> bool:
        if value is None or value is UNSET:
            return False
        if isinstance(value, tuple):
            return any(element is not None and check(element) for element in value)
        return check(value)

    return of_value


def _scalar(term: Term) -> Callable[[Any], bool]:
    made = {
        Test.EQUALS: _equals,
        Test.CONTAINS: _part,
        Test.STARTS: _part,
        Test.ENDS: _part,
        Test.WILDCARD: _wildcard,
        Test.REGEX: _pattern,
        Test.CIDR: _cidr,
        Test.KEYWORD: _keyword,
        **dict.fromkeys(COMPARISONS, _comparison),
        **dict.fromkeys(TIME_TESTS, _time_part),
    }
    if term.test not in made:
        raise ValueError("a field reference is tested against another field's value, not on its own")
    return made[term.test](term)


def _wildcard(term: Term) -> Callable[[Any], bool]:
    return _regex([wildcard_pattern(value) for value in term.values], "s" if term.cased else "is")


def _pattern(term: Term) -> Callable[[Any], bool]:
    return _regex([str(value) for value in term.values], term.flags)


def _equals(term: Term) -> Callable[[Any], bool]:
    if term.cased:
        wanted = frozenset(as_text(value) for value in term.values)
        return lambda value: as_text(value) in wanted
    folded = frozenset(as_text(value).lower() for value in term.values)
    return lambda value: as_text(value).lower() in folded


def text_test(test: Test) -> Callable[[str, Any], bool]:
    """Containing, starting or ending, of texts."""
    if test in (Test.STARTS, Test.FIELD_STARTS):
        return str.startswith
    if test in (Test.ENDS, Test.FIELD_ENDS):
        return str.endswith
    return str.__contains__


def _part(term: Term) -> Callable[[Any], bool]:
    wanted = tuple(str(value) if term.cased else str(value).lower() for value in term.values)
    cased = term.cased
    if term.test is Test.CONTAINS:
        return lambda value: any(map((as_text(value) if cased else as_text(value).lower()).__contains__, wanted))
    test = text_test(term.test)
    return lambda value: test(as_text(value) if cased else as_text(value).lower(), wanted)


def wildcard_pattern(parts: Any) -> str:
    """The regular expression for a whole value that Sigma's wildcards describe."""
    pattern, single = "", False
    for place, part in enumerate(parts):
        if part is None:
            pattern, single = f"{pattern}.", True
            continue
        pattern += (".*" if place and not single else "") + re2.escape(part)
        single = False
    return rf"\A{pattern}\z"


def _regex(patterns: list[str], flags: str) -> Callable[[Any], bool]:
    options = re2.Options()
    options.log_errors = False
    searches = [re2.compile(f"(?{flags}){one}" if flags else one, options).search for one in patterns]

    def check(value: Any) -> bool:
        text = as_text(value)
        try:
            return any(search(text) is not None for search in searches)
        except UnicodeEncodeError:
            text = text.encode(errors="replace").decode()
            return any(search(text) is not None for search in searches)

    return check


def _cidr(term: Term) -> Callable[[Any], bool]:
    networks = [ipaddress.ip_network(str(value)) for value in term.values]

    def check(value: Any) -> bool:
        try:
            address = ipaddress.ip_address(as_text(value).strip())
        except ValueError:
            return False
        return any(address in network for network in networks if network.version == address.version)

    return check


def _comparison(term: Term) -> Callable[[Any], bool]:
    limits = [number for value in term.values if (number := as_number(value)) is not None]
    compare = COMPARISONS[term.test]

    def check(value: Any) -> bool:
        number = as_number(value)
        return number is not None and any(compare(number, limit) for limit in limits)

    return check


def _time_part(term: Term) -> Callable[[Any], bool]:
    wanted = frozenset(term.values)

    def check(value: Any) -> bool:
        time = moment(value)
        if time is None:
            return False
        return (time.isocalendar().week if term.test is Test.WEEK else getattr(time, term.test.value)) in wanted

    return check


def _keyword(term: Term) -> Callable[[Any], bool]:
    """Keywords are looked for in the record as logged, where JSON may have escaped them."""
    plain = {form for value in term.values if not isinstance(value, tuple) for form in spellings(as_text(value))}
    patterns = [wildcard_pattern(value)[2:-2] for value in term.values if isinstance(value, tuple)]
    regex = _regex(patterns, "s" if term.cased else "is") if patterns else lambda _: False
    contains = _part(Term("", Test.CONTAINS, tuple(sorted(plain)), term.cased))
    return lambda value: contains(value) or regex(value)


def spellings(text: str) -> set[str]:
    """How a text may stand in JSON."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    return {text, written, json.dumps(text)[1:-1], written.replace("/", "\\/")}
