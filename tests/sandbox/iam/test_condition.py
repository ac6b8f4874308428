import pytest

from nephoscope.sandbox.iam.condition import ConditionError, parse_conditions


def holds(conditions, **context):
    """Whether all conditions hold; context keys are written with __ for the colon."""
    found = {key.replace("__", ":").lower(): tuple(value) for key, value in context.items()}
    return all(condition.holds(found) for condition in parse_conditions(conditions))


CASES = [
    ({"StringEquals": {"aws:x": "a"}}, ["a"], True),
    ({"StringEquals": {"aws:x": "a"}}, ["A"], False),
    ({"StringEquals": {"aws:x": ["a", "b"]}}, ["b"], True),
    ({"StringEquals": {"aws:x": "a*"}}, ["ab"], False),
    ({"StringNotEquals": {"aws:x": ["a", "b"]}}, ["b"], False),
    ({"StringNotEquals": {"aws:x": ["a", "b"]}}, ["c"], True),
    ({"StringEqualsIgnoreCase": {"aws:x": "Ab"}}, ["aB"], True),
    ({"StringNotEqualsIgnoreCase": {"aws:x": "Ab"}}, ["aB"], False),
    ({"StringLike": {"aws:x": "a*c?"}}, ["abbcd"], True),
    ({"StringNotLike": {"aws:x": "a*"}}, ["b"], True),
    ({"NumericEquals": {"aws:x": "10"}}, ["10.0"], True),
    ({"NumericNotEquals": {"aws:x": 10}}, ["11"], True),
    ({"NumericLessThan": {"aws:x": "10"}}, ["9"], True),
    ({"NumericLessThanEquals": {"aws:x": "10"}}, ["10"], True),
    ({"NumericGreaterThan": {"aws:x": "10"}}, ["10"], False),
    ({"NumericGreaterThanEquals": {"aws:x": "10"}}, ["10"], True),
    ({"NumericLessThan": {"aws:x": "10"}}, ["ten"], False),
    ({"DateLessThan": {"aws:x": "2026-01-01T00:00:00Z"}}, ["2025-12-31T23:59:59Z"], True),
    ({"DateGreaterThan": {"aws:x": "2026-01-01T00:00:00Z"}}, ["2025-12-31T23:59:59+00:00"], False),
    ({"DateEquals": {"aws:x": "2026-01-01"}}, ["2026-01-01T00:00:00Z"], True),
    ({"DateNotEquals": {"aws:x": "2026-01-01"}}, ["2026-01-02T00:00:00Z"], True),
    ({"DateLessThanEquals": {"aws:x": "1767225600"}}, ["2026-01-01T00:00:00Z"], True),
    ({"DateGreaterThanEquals": {"aws:x": "2026-01-01T00:00:00Z"}}, ["1767225600"], True),
    ({"Bool": {"aws:x": "true"}}, ["true"], True),
    ({"Bool": {"aws:x": False}}, ["true"], False),
    ({"BinaryEquals": {"aws:x": "QUI="}}, ["QUI="], True),
    ({"IpAddress": {"aws:x": "203.0.113.0/24"}}, ["203.0.113.9"], True),
    ({"IpAddress": {"aws:x": "203.0.113.0/24"}}, ["198.51.100.1"], False),
    ({"IpAddress": {"aws:x": "2001:db8::/32"}}, ["2001:db8::1"], True),
    ({"IpAddress": {"aws:x": "203.0.113.0/24"}}, ["cloudtrail.amazonaws.com"], False),
    ({"NotIpAddress": {"aws:x": ["203.0.113.0/24", "198.51.100.0/24"]}}, ["192.0.2.1"], True),
    ({"NotIpAddress": {"aws:x": ["203.0.113.0/24", "198.51.100.0/24"]}}, ["198.51.100.7"], False),
    ({"ArnLike": {"aws:x": "arn:aws:iam::*:role/a*"}}, ["arn:aws:iam::111122223333:role/abc"], True),
    ({"ArnEquals": {"aws:x": "arn:aws:iam::*:role/a"}}, ["arn:aws:iam::111122223333:role/b"], False),
    ({"ArnNotEquals": {"aws:x": "arn:aws:iam::1:role/a"}}, ["arn:aws:iam::1:role/b"], True),
    ({"ArnNotLike": {"aws:x": "arn:aws:iam::*:role/*"}}, ["arn:aws:iam::1:role/b"], False),
    ({"Null": {"aws:x": "true"}}, ["a"], False),
    ({"Null": {"aws:x": "false"}}, ["a"], True),
    ({"ForAllValues:StringEquals": {"aws:x": ["a", "b"]}}, ["a", "b"], True),
    ({"ForAllValues:StringEquals": {"aws:x": ["a", "b"]}}, ["a", "c"], False),
    ({"ForAnyValue:StringEquals": {"aws:x": ["a", "b"]}}, ["a", "c"], True),
    ({"ForAnyValue:StringEquals": {"aws:x": ["a", "b"]}}, ["c"], False),
    ({"ForAllValues:StringNotEquals": {"aws:x": ["a"]}}, ["b", "c"], True),
    ({"ForAnyValue:StringNotEquals": {"aws:x": ["a"]}}, ["a", "c"], True),
    ({"ForAnyValue:StringNotEquals": {"aws:x": ["a"]}}, ["a"], False),
    ({"StringEquals": {"AWS:X": "a"}}, ["a"], True),
]


@pytest.mark.parametrize(("conditions", "values", "expected"), CASES)
def test_each_operator_compares_as_documented(conditions, values, expected):
    assert holds(conditions, aws__x=values) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("NumericLessThanIfExists", True),
        ("Bool", False),
        ("BoolIfExists", True),
        ("IpAddress", False),
        ("NotIpAddress", True),
        ("ArnNotLike", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_missing_key_fails_what_asks_for_it_and_passes_what_rules_it_out(operator, expected):
    value = "10" if "Numeric" in operator else "192.0.2.0/24" if "Ip" in operator else "true"
    assert holds({operator: {"aws:x": value}}) is expected


def test_null_asks_for_absence():
    assert holds({"Null": {"aws:TokenIssueTime": "true"}})
    assert not holds({"Null": {"aws:TokenIssueTime": "false"}})


def test_several_keys_and_operators_must_all_hold():
    conditions = {"StringEquals": {"aws:x": "a", "aws:y": "b"}, "Bool": {"aws:z": "true"}}
    assert holds(conditions, aws__x=["a"], aws__y=["b"], aws__z=["true"])
    assert not holds(conditions, aws__x=["a"], aws__y=["b"], aws__z=["false"])
    assert not holds(conditions, aws__x=["a"], aws__y=["c"], aws__z=["true"])


def test_variables_in_values_are_replaced_and_unknown_ones_match_nothing():
    conditions = {"StringLike": {"s3:prefix": "home/${aws:username}/*"}}
    assert holds(conditions, s3__prefix=["home/ada/x"], aws__username=["ada"])
    assert not holds(conditions, s3__prefix=["home//x"])


@pytest.mark.parametrize(
    "conditions",
    [
        "text",
        {"StringEqual": {"aws:x": "a"}},
        {"ForSomeValues:StringEquals": {"aws:x": "a"}},
        {"StringEquals": "a"},
        {"NumericEquals": {"aws:x": "ten"}},
        {"DateEquals": {"aws:x": "yesterday"}},
        {"IpAddress": {"aws:x": "300.0.0.1"}},
        {"StringEquals": {"aws:x": {"a": 1}}},
    ],
)
def test_a_condition_outside_the_grammar_is_refused(conditions):
    with pytest.raises(ConditionError):
        parse_conditions(conditions)
