from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nephoscope.expression import compile_expression
from nephoscope.model.errors import ContentError

SCHEMA = {
    "account": "string",
    "rank": "int",
    "score": "double",
    "is_public": "bool",
    "time": "timestamp",
    "tags": "list(string)",
    "labels": "map(string)",
    "resource": {"type": "string", "id": "string"},
    "detail": "dyn",
}
VALUES = {
    "account": "111111111111",
    "rank": 3,
    "score": 1.5,
    "is_public": True,
    "time": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "tags": ["prod", "web"],
    "labels": {"team": "core"},
    "resource": {"type": "AWS::S3::Bucket", "id": "logs"},
    "detail": {"n": 1},
}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("account == '111111111111'", True),
        ('account in ["1", "111111111111"] && rank >= 3', True),
        ("resource.type.startsWith('AWS::S3') && !is_public", False),
        ("tags.exists(tag, tag == 'prod')", True),
        ("tags.all(tag, tag.size() > 3)", False),
        ("'prod' in tags || false", True),
        ("labels.team == 'core' && has(labels.team)", True),
        ("has(labels.owner)", False),
        ("labels['team'].matches('^c.*e$')", True),
        ("time < timestamp('2027-01-01T00:00:00Z') && time.getHours() == 12", True),
        ("timestamp('2026-05-02T12:00:00Z') - time > duration('23h')", True),
        ("score * 2.0 + 1.0 == 4.0", True),
        ("(rank > 1 ? 'high' : 'low') == 'high' // a comment", True),
        ("detail.n == 1 && -rank < 0", True),
        ("tags.filter(t, t != 'web').size() == 1 && tags.map(t, t + '!') == ['prod!', 'web!']", True),
        (r"account.matches(r'^\d+$')", True),
        ("account != null", True),
        ("[] == [] && tags != []", True),
    ],
)
def test_an_expression_answers_yes_or_no(text, answer):
    assert compile_expression(text, SCHEMA).evaluate(VALUES) is answer


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("acount == 'x'", "there is no name acount; the nearest is account"),
        ("resource.typ == 'x'", "there is no field typ; the nearest is type"),
        ("account.startswith('x')", "there is no function startswith; the nearest is startsWith"),
        ("rank == '3'", "the two sides of == are int and string"),
        ("account == 111111111111", "the two sides of == are string and int"),
        ("score > 1", "the two sides of > are double and int"),
        ("tags == 'prod'", r"the two sides of == are list\(string\) and string"),
        ("1 in tags", "an element and its list are int and string"),
        ("account in 'x'", "string is no list or map"),
        ("is_public && rank", "the right of && has to be bool, and is int"),
        ("!account", "what ! negates has to be bool"),
        ("rank", "is int, not a condition"),
        ("account.contains(3)", "contains has to be string, and is int"),
        ("account.contains()", "contains takes 2 values, not 1"),
        ("tags < tags", "has no order"),
        ("account - account == ''", "string - string means nothing"),
        ("account.x == 1", "string has no field x"),
        ("tags.exists(tag, tagg == 'x')", "there is no name tagg; the nearest is tag"),
        ("account == 'x' &&", "the expression ends too early"),
        ("(is_public", r"\) is missing at the end"),
        ("is_public is_public", "'is_public' does not belong there"),
        ("account == 'x", "character 12: is not understood"),
        ("account.matches('(')", "the pattern of matches is wrong"),
        ("account.matches(account)", "has to be written out"),
        ("", "ends too early"),
        ("x" * 4001, "longer than 4000"),
        ("(" * 1000 + "true" + ")" * 1000, "nested more than 40 deep"),
        ("!" * 1000 + "true", "! is repeated"),
        ("tags.all(a, tags.all(b, tags.all(c, a == c)))", "macros nested more than 2 deep"),
        ("is_public ? 1 : 'x'", "the two sides of : are int and string"),
    ],
)
def test_a_wrong_expression_is_refused_when_it_is_loaded(text, reason):
    with pytest.raises(ContentError, match=reason) as refused:
        compile_expression(text, SCHEMA, "waiver w1")
    assert refused.value.where == "waiver w1"


@pytest.mark.parametrize(
    "text", ["labels.owner == 'x'", "rank / 0 == 1", "int(account + 'x') == 1", "tags[7] == 'x'", "detail"]
)
def test_what_cannot_be_said_is_an_error_and_never_a_no(text):
    expression = compile_expression(text, SCHEMA, "waiver w1")
    with pytest.raises(ContentError, match="waiver w1"):
        expression.evaluate(VALUES)


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(ContentError, match="account"):
        compile_expression("account == ''", SCHEMA).evaluate({})


def test_a_pattern_of_exponential_cost_is_quick():
    expression = compile_expression("account.matches('(a+)+$')", SCHEMA)
    assert not expression.evaluate(VALUES | {"account": "a" * 50_000 + "b"})


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="account'()[]{}.!&|=<>?: 1\\\"rtags", max_size=60)))
def test_any_text_loads_or_is_refused(text):
    try:
        compile_expression(text, SCHEMA)
    except ContentError:
        return
