"""The grammar reads what people write, says where they err, and never breaks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.model.query import Ago, And, Compare, Field, Negated, Op, Or, Type, Word
from nephoscope.query import DEEPEST, MOST_TERMS, QueryError, parse, quoted

FIELDS = {
    field.name: field
    for field in (
        Field("severity", Type.SEVERITY),
        Field("status", Type.WORD, "", ("open", "resolved", "waived")),
        Field("account", Type.WORD),
        Field("title", Type.TEXT),
        Field("count", Type.NUMBER),
        Field("is_open", Type.BOOL),
        Field("last_seen_at", Type.TIME),
        Field("api.operation", Type.WORD),
    )
}
OPEN = Compare("status", Op.EQUALS, "open")
HIGH = Compare("severity", Op.EQUALS, "high")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And()),
        ("  ", And()),
        ("status:open", OPEN),
        ("status=open", OPEN),
        ("-status:open", Negated(OPEN)),
        ("not status:open", Negated(OPEN)),
        ("not -status:open", OPEN),
        ("status!=open", Negated(OPEN)),
        ("status:open severity:high", And((OPEN, HIGH))),
        ("status:open and severity:high", And((OPEN, HIGH))),
        ("status:open or severity:high mallory", Or((OPEN, And((HIGH, Word("mallory")))))),
        ("(status:open or severity:high) mallory", And((Or((OPEN, HIGH)), Word("mallory")))),
        ("severity:(high or low)", Or((HIGH, Compare("severity", Op.EQUALS, "low")))),
        ("severity:>=high", Compare("severity", Op.AT_LEAST, "high")),
        ("severity>=HIGH", Compare("severity", Op.AT_LEAST, "high")),
        ("count:>3", Compare("count", Op.MORE, 3)),
        ("count:-2.5", Compare("count", Op.EQUALS, -2.5)),
        ("is_open:yes", Compare("is_open", Op.EQUALS, True)),
        ("last_seen:>-24h", Compare("last_seen_at", Op.MORE, Ago(timedelta(hours=24)))),
        ("last_seen_at:<+7d", Compare("last_seen_at", Op.LESS, Ago(timedelta(days=-7)))),
        ("account:AWS::S3::Bucket", Compare("account", Op.EQUALS, "AWS::S3::Bucket")),
        (
            "account:arn:aws:iam::1:user/a-b x",
            And((Compare("account", Op.EQUALS, "arn:aws:iam::1:user/a-b"), Word("x"))),
        ),
        ("account:*", Compare("account", Op.SET)),
        ("account:eu-*-1", Compare("account", Op.LIKE, ("eu-", "-1"))),
        ('account:"*"', Compare("account", Op.EQUALS, "*")),
        ('title:"a \\"b\\" c"', Compare("title", Op.CONTAINS, 'a "b" c')),
        ('"two words"', Word("two words")),
        ("api.operation:StopLogging", Compare("api.operation", Op.EQUALS, "StopLogging")),
    ],
)
def test_what_is_written_is_read(text, tree):
    assert parse(text, FIELDS) == tree


def test_a_day_is_all_of_it_and_a_time_is_read_as_utc():
    day = datetime(2026, 5, 1, tzinfo=UTC)
    whole = And((Compare("last_seen_at", Op.AT_LEAST, day), Compare("last_seen_at", Op.LESS, day + timedelta(days=1))))

    assert parse("last_seen:2026-05-01", FIELDS) == whole
    assert parse("last_seen:>2026-05-01T02:00:00+02:00", FIELDS) == Compare("last_seen_at", Op.MORE, day)


@pytest.mark.parametrize(
    ("text", "position", "nearest"),
    [
        ("status:open sevrity:high", 12, "severity"),
        ("severity:hgh", 9, "high"),
        ("status:opne", 7, "open"),
        ("count:many", 6, ""),
        ("is_open:perhaps", 8, ""),
        ("last_seen:>yesterday", 11, ""),
        ("account:>3", 9, ""),
        ('"open', 0, ""),
        ("(status:open", 0, ""),
        ("status:open)", 11, ""),
        ("status:open or", 14, ""),
        ("status:", 7, ""),
        ("severity:()", 10, ""),
        ("last_seen:>-999999w", 11, ""),
        ("last_seen:9999-12-31", 10, ""),
    ],
)
def test_a_fault_is_pointed_at_with_what_was_probably_meant(text, position, nearest):
    with pytest.raises(QueryError) as raised:
        parse(text, FIELDS)

    assert (raised.value.position, raised.value.nearest) == (position, nearest)


@pytest.mark.parametrize(
    "text", ["(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "a " * (MOST_TERMS + 1), "x" * 4_001]
)
def test_a_query_is_bounded(text):
    with pytest.raises(QueryError):
        parse(text, FIELDS)


@given(st.text(max_size=80) | st.text("abc:()\"'\\-*<>=! \nstatus.", max_size=80))
def test_any_text_is_read_or_refused_with_a_place_in_it(text):
    place = 0
    try:
        parse(text, FIELDS)
    except QueryError as error:
        place = error.position
    assert 0 <= place <= len(text)


@given(st.text(max_size=40))
def test_any_value_can_be_quoted(value):
    assert parse(f"account:{quoted(value)}", FIELDS) == Compare("account", Op.EQUALS, value)
