import pytest
from tests.detect.sigma_rules import rule, rule_set

from nephoscope.model.condition import All, Any_, Not, Term, Test


def condition(**selection):
    return rule({"s": selection or None, "condition": "s"}).condition


@pytest.mark.parametrize(
    ("key", "value", "term"),
    [
        ("a", "x", Term("a", Test.EQUALS, ("x",))),
        ("a", ["x", "y"], Term("a", Test.EQUALS, ("x", "y"))),
        ("a", 5, Term("a", Test.EQUALS, (5,))),
        ("a", True, Term("a", Test.EQUALS, (True,))),
        ("a", "", Term("a", Test.EQUALS, ("",))),
        ("a", None, Term("a", Test.IS_NULL, (None,))),
        ("a", "x*", Term("a", Test.STARTS, ("x",))),
        ("a", "*x", Term("a", Test.ENDS, ("x",))),
        ("a", "*x*", Term("a", Test.CONTAINS, ("x",))),
        ("a", "x*y?z", Term("a", Test.WILDCARD, (("x", "y", None, "z"),))),
        ("a", "?x", Term("a", Test.WILDCARD, (("", None, "x"),))),
        ("a", r"x\*y\?", Term("a", Test.EQUALS, ("x*y?",))),
        ("a", r"c:\x\\*", Term("a", Test.STARTS, ("c:\\x\\",))),
        ("a", r"c:\x\*", Term("a", Test.EQUALS, ("c:\\x*",))),
        ("a|contains", "x", Term("a", Test.CONTAINS, ("x",))),
        ("a|startswith|cased", "x", Term("a", Test.STARTS, ("x",), cased=True)),
        ("a|re", "^x.*", Term("a", Test.REGEX, ("^x.*",))),
        ("a|re|i|s", "x", Term("a", Test.REGEX, ("x",), flags="is")),
        ("a|cidr", "10.0.0.0/8", Term("a", Test.CIDR, ("10.0.0.0/8",))),
        ("a|lt", 5, Term("a", Test.LESS, (5,))),
        ("a|gte", 5.5, Term("a", Test.AT_LEAST, (5.5,))),
        ("a|exists", False, Term("a", Test.EXISTS, (False,))),
        ("a|fieldref", "b", Term("a", Test.FIELD, ("b",))),
        ("a|fieldref|endswith", "b", Term("a", Test.FIELD_ENDS, ("b",))),
        ("a|base64", "x", Term("a", Test.EQUALS, ("eA==",))),
        ("a|base64offset|contains", "foo", Term("a", Test.CONTAINS, ("Zm9v", "Zvb", "mb2"))),
        ("a|wide|base64", "x", Term("a", Test.EQUALS, ("eAA=",))),
        ("a|utf16|base64", "x", Term("a", Test.EQUALS, ("//54AA==",))),
        ("a|utf16be|base64", "x", Term("a", Test.EQUALS, ("AHg=",))),
        ("a|windash|contains", "-x", Term("a", Test.CONTAINS, ("-x", "/x", "\u2013x", "\u2014x", "\u2015x"))),
        ("a|hour", 5, Term("a", Test.HOUR, (5,))),
        ("a|week", 5, Term("a", Test.WEEK, (5,))),
    ],
)
def test_each_modifier_says_what_sigma_means(key, value, term):
    assert condition(**{key: value}) == term


def test_all_asks_for_every_value_and_neq_for_none():
    assert condition(**{"a|contains|all": ["x", "y"]}) == All(
        (Term("a", Test.CONTAINS, ("x",)), Term("a", Test.CONTAINS, ("y",)))
    )
    assert condition(**{"a|neq": "x"}) == Not(Term("a", Test.EQUALS, ("x",)))


def test_keywords_are_texts_without_a_field():
    assert rule({"k": ["x", "*y*", 5], "condition": "k"}).condition == Term("", Test.KEYWORD, ("x", "y", 5))
    assert rule({"k": {"|re": "x+"}, "condition": "k"}).condition == Term("", Test.REGEX, ("x+",))


def test_placeholders_are_filled_from_lists():
    text = "title: T\nlogsource: {product: aws}\ndetection:\n  s: {'a|expand': 'x%p%'}\n  condition: s"
    [found] = rule_set(text, {"p": ["1", "2*"]}).rules
    assert found.condition == Any_((Term("a", Test.EQUALS, ("x1",)), Term("a", Test.STARTS, ("x2",))))


X, Y, Z = (Term(name, Test.EQUALS, (1,)) for name in "xyz")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("s_x and s_y", All((X, Y))),
        ("s_x or s_y and not t", Any_((X, All((Y, Not(Z)))))),
        ("not (s_x or t)", Not(Any_((X, Z)))),
        ("1 of s_*", Any_((X, Y))),
        ("all of s_*", All((X, Y))),
        ("any of them", Any_((X, Y, Z))),
        ("all of them", All((X, Y, Z))),
        ("not 1 of s_* and t", All((Not(Any_((X, Y))), Z))),
        (["s_x", "t"], Any_((X, Z))),
    ],
)
def test_conditions_say_what_their_words_mean(text, wanted):
    assert rule({"s_x": {"x": 1}, "s_y": {"y": 1}, "t": {"z": 1}, "condition": text}).condition == wanted


def test_a_list_of_mappings_is_alternatives():
    assert rule({"s": [{"x": 1}, {"y": 1, "z": 1}], "condition": "s"}).condition == Any_((X, All((Y, Z))))
