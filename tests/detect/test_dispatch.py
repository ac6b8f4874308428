from nephoscope.detect.dispatch import Entry, entries
from nephoscope.model.condition import All, Any_, Not, Term, Test

CHEAP = {"eventName", "eventSource", "userAgent"}


def equals(field, *values):
    return Term(field, Test.EQUALS, values)


def test_the_field_that_tells_rules_apart_is_looked_at_first():
    rules = [All((equals("eventSource", "iam"), equals("eventName", f"Create{n}"))) for n in range(9)]
    assert entries(rules, CHEAP) == [(Entry("eventName", (f"create{n}",)),) for n in range(9)]


def test_columns_are_preferred_to_paths_and_equality_to_patterns():
    path, pattern = equals("requestParameters.x", "1"), Term("userAgent", Test.CONTAINS, ("curl",))
    assert entries([All((path, pattern))], CHEAP) == [(Entry("userAgent", test=pattern),)]
    assert entries([All((path, pattern, equals("eventName", "A")))], CHEAP) == [(Entry("eventName", ("a",)),)]


def test_alternatives_of_one_field_are_one_question():
    either = Any_((All((equals("eventName", "A"), equals("x", "1"))), equals("eventName", "B")))
    assert entries([either], CHEAP) == [(Entry("eventName", ("a",)), Entry("eventName", ("b",)))]


def test_alternatives_of_several_fields_have_an_entry_each():
    assert entries([Any_((equals("eventName", "A"), equals("eventSource", "s")))], CHEAP) == [
        (Entry("eventName", ("a",)), Entry("eventSource", ("s",)))
    ]


def test_what_only_denies_is_entered_by_its_denial():
    no = Not(equals("eventName", "A"))
    assert entries([no], CHEAP) == [(Entry("eventName", test=equals("eventName", "A"), is_negated=True),)]


def test_a_comparison_of_fields_needs_the_field():
    [found] = entries([Term("a", Test.FIELD, ("b",))], CHEAP)
    assert found == (Entry("a", test=Term("a", Test.EXISTS, (True,))),)
