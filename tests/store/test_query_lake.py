from datetime import UTC, datetime

from nephoscope.model.query import And, Compare, Field, Negated, Op, Or, Type, Word
from nephoscope.store.query_lake import Expression

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FIELDS = {"a": Field("a", Type.WORD), "n": Field("n", Type.NUMBER), "l": Field("l", Type.TEXT, is_many=True)}
COLUMNS = {"a": "`a`", "n": "`n`", "l": "`l`"}


def rendered(node):
    expression = Expression(FIELDS, COLUMNS, "w", NOW)
    return expression.render(node), expression.parameters


def test_every_value_is_a_parameter():
    text, parameters = rendered(Or((Compare("a", Op.EQUALS, "x' OR 1"), Word("'; DROP"), Compare("n", Op.MORE, 3))))

    assert "DROP" not in text
    assert parameters == {"q0": "x' OR 1", "q1": "'; DROP", "q2": 3.0}


def test_nothing_is_everything_and_everything_of_nothing_is_not():
    assert rendered(And())[0] == "1"
    assert rendered(Or())[0] == "0"
    assert rendered(Negated(And()))[0] == "NOT (1)"


def test_wildcards_are_literal_but_for_the_star_and_lists_match_by_any():
    text, parameters = rendered(Compare("l", Op.LIKE, ("a.b", "c\ud800")))

    assert text.startswith("arrayExists(x -> match(")
    assert parameters["q0"] == r"(?is)\Aa\.b.*c\?\z"
