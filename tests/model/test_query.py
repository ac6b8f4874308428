from datetime import UTC, datetime, timedelta

from nephoscope.model.query import Ago, And, Compare, Negated, Op, Or, Word, at, compares, conjuncts, fields_of, rank

A, B = Compare("a", Op.EQUALS, "1"), Compare("b", Op.EQUALS, "2")


def test_conjuncts_are_what_must_all_hold():
    assert conjuncts(And((A, And((B, Or((A, B))))))) == (A, B, Or((A, B)))
    assert conjuncts(A) == (A,)


def test_fields_are_those_asked_about_and_words_are_of_none():
    assert fields_of(Or((Negated(A), And((B, Word("x")))))) == {"a", "b", ""}
    assert fields_of(And()) == frozenset()
    assert list(compares(Or((Negated(A), And((B, Word("x"))))))) == [A, B]


def test_a_moment_ago_is_counted_from_now():
    now = datetime(2026, 5, 1, tzinfo=UTC)

    assert at(Ago(timedelta(days=1)), now) == datetime(2026, 4, 30, tzinfo=UTC)
    assert at("x", now) == "x"
    assert rank("critical") > rank("high")
