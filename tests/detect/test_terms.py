import pytest
from msgspec import UNSET

from nephoscope.detect.terms import as_text, check_of, normal, spellings
from nephoscope.model.condition import Term, Test


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("x", "x"),
        (True, "true"),
        (False, "false"),
        (5, 5),
        (None, None),
        (UNSET, UNSET),
        ([1, [True, None]], (1, "true", None)),
        ([], ()),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_values_become_hashable_and_flat(value, seen):
    assert normal(value) == seen


def test_numbers_print_as_people_write_them():
    assert [as_text(value) for value in (5, 5.0, 5.5, 1e300)] == ["5", "5", "5.5", "1e+300"]


@pytest.mark.parametrize(
    ("term", "yes", "no"),
    [
        (Term("a", Test.CONTAINS, ("Ä",)), ["xäx"], ["a", 5, None, UNSET]),
        (Term("a", Test.STARTS, ("x", "y")), ["Xa", "ya"], ["ax"]),
        (Term("a", Test.ENDS, ("x",), cased=True), ["ax"], ["aX"]),
        (Term("a", Test.WILDCARD, (("a", "b", None, "c"),)), ["AxxBxC", "abxc"], ["abc", "xabxc", "abxcx"]),
        (Term("a", Test.WILDCARD, (("a", "b"),)), ["a\nb"], []),
        (Term("a", Test.WILDCARD, (("a.", "b"),)), ["a.b"], ["axb"]),
        (Term("a", Test.REGEX, ("b+",)), ["abba"], ["ABBA"]),
        (Term("a", Test.REGEX, ("^b",), flags="im"), ["a\nB"], ["ab"]),
        (Term("a", Test.REGEX, ("^5",)), [55], [5.0 - 1]),
        (Term("a", Test.CIDR, ("10.0.0.0/8", "2001:db8::/32")), ["10.1.2.3", "2001:db8::1"], ["11.1.1.1", "AWS", 5]),
        (Term("a", Test.LESS, (5,)), [4, "4.5", -1], [5, "x", "", None]),
        (Term("a", Test.AT_MOST, (5,)), [5, "5"], [5.1]),
        (Term("a", Test.MORE, (5,)), [5.1], [5]),
        (
            Term("a", Test.HOUR, (23,)),
            ["2026-01-01T23:59:59Z", "2026-01-02T01:00:00+02:00"],
            ["x", "2026-01-01T22:00Z"],
        ),
        (Term("a", Test.WEEK, (1,)), ["2026-01-01T00:00:00Z"], ["2026-02-01T00:00:00Z"]),
        (Term("a", Test.YEAR, (2026,)), [1772366280], ["2025-01-01T00:00:00Z"]),
        (Term("a", Test.EXISTS, (True,)), [None, ""], [UNSET]),
        (Term("a", Test.EXISTS, (False,)), [UNSET], [None]),
        (Term("a", Test.IS_NULL, (None,)), [None, UNSET], ["", 0]),
        (Term("a", Test.EQUALS, ("x",)), [("a", None, "X")], [(), (None,)]),
    ],
)
def test_each_test_holds_where_it_should(term, yes, no):
    check = check_of(term)
    assert all(check(value) for value in yes)
    assert not any(check(value) for value in no)


def test_half_characters_do_not_crash_an_expression():
    assert check_of(Term("a", Test.REGEX, ("x",)))("x\ud800")
    assert not check_of(Term("a", Test.WILDCARD, (("", "y"),)))("x\ud800")


def test_a_keyword_has_the_spellings_json_may_give_it():
    assert spellings('a"/ü') == {'a"/ü', 'a\\"/ü', 'a\\"/\\u00fc', 'a\\"\\/ü'}


def test_a_field_reference_has_no_value_of_its_own():
    with pytest.raises(ValueError, match="another field"):
        check_of(Term("a", Test.FIELD, ("b",)))
