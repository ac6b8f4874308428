from collections import Counter

from nephoscope.model.query import And, Compare, Op, Or
from nephoscope.portal.sources import most_common, without

A, B = Compare("a", Op.EQUALS, "1"), Compare("b", Op.EQUALS, "2")


def test_a_facets_own_part_is_left_out_and_what_mixes_fields_stays():
    assert without(And((A, B)), "a") == And((B,))
    assert without(And((Or((A, B)), A)), "a") == And((Or((A, B)),))
    assert without(A, "a") == And()


def test_values_come_by_frequency_and_then_by_name():
    assert most_common(Counter({"b": 2, "a": 2, "c": 3, "": 9})) == [("c", 3), ("a", 2), ("b", 2)]
