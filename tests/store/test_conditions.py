import gzip
import io
import json
import tarfile

import pytest
from tests.detect.sigma_rules import rule, rule_set
from tests.shared_data import shared

from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.table import table
from nephoscope.detect.loading import load_rules
from nephoscope.detect.matcher import Matcher
from nephoscope.detect.rule import Rule
from nephoscope.model.condition import All, Any_, Not, Term, Test
from nephoscope.model.errors import StoreError
from nephoscope.store.conditions import events_matching, where
from nephoscope.store.events import insert_events
from nephoscope.store.lake import open_lake

R = "requestParameters"
RECORDS = [
    {"errorCode": None, "requestParameters": None},
    {},
    {"errorCode": "", "requestParameters": {"a": ""}},
    {"errorCode": "AccessDenied", "requestParameters": {"a": "X*y", "n": 5, "f": 5.0, "b": True, "z": None}},
    {
        "errorCode": "accessdenied",
        "requestParameters": {"a": ["x", "Ümlaut"], "n": "5", "l": [1, [2, None]], "b": "true"},
    },
    {"requestParameters": {"items": [{"cidr": "10.1.2.3"}, {"cidr": "0.0.0.0/0"}, {"other": 1}], "a.b": "dotted"}},
    {"requestParameters": {"a": {"b": "nested", "c": [{"d": 1}, {"d": 2}]}, "quote": 'it\'s \\ "here"\n'}},
    {"sourceIPAddress": "10.9.9.9", "userAgent": "curl/8 'x'; DROP TABLE events --"},
    {
        "sourceIPAddress": "2001:db8::1",
        "readOnly": True,
        "additionalEventData": {"MFAUsed": "No", "t": "2026-03-01T23:30:00Z"},
    },
    {"sourceIPAddress": "lambda.amazonaws.com", "readOnly": False, "userIdentity": {"arn": "a", "userName": "A"}},
]
RECORDS = [
    {"eventID": str(n), "eventTime": "2026-03-01T05:00:00Z", "recipientAccountId": "1", **record}
    for n, record in enumerate(RECORDS)
]
TERMS = [
    *(Term(name, Test.EXISTS, (True,)) for name in ("userIdentity.arn", f"{R}.a", f"{R}.z", f"{R}.items.cidr")),
    *(Term(name, Test.IS_NULL, (None,)) for name in ("errorCode", f"{R}.a", f"{R}.z", R)),
    Term("errorCode", Test.EQUALS, ("AccessDenied",)),
    Term("errorCode", Test.EQUALS, ("AccessDenied",), cased=True),
    Term(f"{R}.a", Test.EQUALS, ("",)),
    Term(f"{R}.a", Test.EQUALS, ("ümlaut", "x*y")),
    Term(f"{R}.a.b", Test.EQUALS, ("dotted", "nested")),
    Term(f"{R}.a.c.d", Test.EQUALS, (2,)),
    Term(f"{R}.n", Test.EQUALS, (5,)),
    Term(f"{R}.f", Test.EQUALS, ("5",)),
    Term(f"{R}.b", Test.EQUALS, (True,)),
    Term(f"{R}.l", Test.EQUALS, (2,)),
    Term(f"{R}.items.cidr", Test.EQUALS, ("0.0.0.0/0",)),
    Term(f"{R}.items.cidr", Test.CIDR, ("10.0.0.0/8",)),
    Term(f"{R}.quote", Test.CONTAINS, ("'s \\ \"",)),
    Term(f"{R}.a", Test.CONTAINS, ('"d":2',)),
    Term(f"{R}.a", Test.WILDCARD, (("x", None, "y"),)),
    Term(f"{R}.a", Test.WILDCARD, (("x*", "", ""), ("", "LAUT"))),
    Term(f"{R}.a", Test.REGEX, ("^x",)),
    Term(f"{R}.a", Test.REGEX, ("^x",), flags="i"),
    Term(f"{R}.quote", Test.REGEX, ('".$',), flags="s"),
    Term(f"{R}.n", Test.AT_LEAST, (5,)),
    Term(f"{R}.n", Test.LESS, (5.5,)),
    Term("sourceIPAddress", Test.CIDR, ("10.0.0.0/8", "2001:db8::/32")),
    Term("sourceIPAddress", Test.ENDS, (".amazonaws.com",)),
    Term("userAgent", Test.STARTS, ("curl/8 'x'; DROP",)),
    Term("readOnly", Test.EQUALS, (True,)),
    Term("readOnly", Test.EQUALS, ("false",)),
    Term("additionalEventData.MFAUsed", Test.EQUALS, ("no",)),
    Term("additionalEventData.t", Test.HOUR, (23,)),
    Term("eventTime", Test.HOUR, (5,)),
    Term("eventTime", Test.STARTS, ("2026-03-01t05",)),
    Term("userIdentity.arn", Test.FIELD, ("userIdentity.userName",)),
    Term("userIdentity.userName", Test.FIELD_CONTAINS, ("userIdentity.arn",)),
    Term("", Test.KEYWORD, ("drop table", "MFAused")),
    Term("", Test.KEYWORD, (("cur", "x"),)),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """An embedded lake."""
    with open_lake(f"chdb://{tmp_path_factory.mktemp('lake')}/lake") as opened:
        yield opened


def batches(records, name):
    content = "\n".join(json.dumps(record) for record in records).encode()
    return list(AwsCloudTrail.batches(io.BytesIO(content), name))


@pytest.fixture(scope="module")
def odd(lake):
    """Records of every shape, in the lake and as a batch."""
    [found] = batches(RECORDS, "odd")
    insert_events(lake, table(found, "odd"), "odd")
    return found


def by_sql(lake, condition, origin):
    expression, parameters = where(condition, AwsCloudTrail.columns)
    rows = lake.rows(
        f"SELECT `origin.index` AS place FROM events WHERE `origin.object` = {{origin:String}} AND ({expression})",
        {**parameters, "origin": origin},
    )
    return {row["place"] for row in rows}


def by_column(condition, batch):
    about = rule({"s": {"a": "b"}, "condition": "s"}).about
    matcher = Matcher([Rule(about, batch.log_source, condition)], dict(batch.columns))
    return {batch.index(row) for row, _ in matcher.matches(batch)}


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.field}-{term.test}")
def test_each_test_selects_the_same_events_as_the_matcher(lake, odd, term):
    assert by_sql(lake, term, "odd") == by_column(term, odd)
    assert by_sql(lake, Not(term), "odd") == by_column(Not(term), odd)
    assert by_column(term, odd)


def test_and_or_and_not_select_the_same(lake, odd):
    for first in TERMS[::3]:
        both = All((Any_((first, TERMS[5])), Not(All((TERMS[1], first)))))
        assert by_sql(lake, both, "odd") == by_column(both, odd)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "file"), [("cloudtrail_invictus", "events.jsonl.gz"), ("cloudtrail_stratus", "events.jsonl.gz")]
)
def test_every_aws_rule_selects_the_same_real_events(lake, folder, file):
    records = [json.loads(line) for line in gzip.decompress((shared(folder) / file).read_bytes()).splitlines()]
    with tarfile.open(shared("sigma_rules_sigmahq") / "rules.tar.gz") as archive:
        theirs = [
            one
            for member in archive
            if member.isfile() and member.name.startswith("rules/cloud/aws/")
            for one in rule_set(archive.extractfile(member).read().decode()).rules
        ]
    rules = [one for one in (*theirs, *load_rules().rules) if one.log_source.covers(AwsCloudTrail.log_source)]
    found = batches(records, folder)
    for number, batch in enumerate(found):
        insert_events(lake, table(batch, f"{folder}{number}"), f"{folder}{number}")
    matcher = Matcher(rules, AwsCloudTrail.columns)
    matched = {(id(one), batch.index(row)) for batch in found for row, one in matcher.matches(batch)}
    for one in rules:
        wanted = {place for name, place in matched if name == id(one)}
        assert by_sql(lake, one.condition, folder) == wanted, one.about.title


def test_a_hunt_returns_the_events_of_one_source(lake, odd):
    condition = Term("errorCode", Test.EQUALS, ("accessdenied",))
    rows = events_matching(lake, condition, AwsCloudTrail.columns, "aws_cloudtrail", limit=1)
    assert [row["api.response.error"] for row in rows] == ["AccessDenied"]
    assert not events_matching(lake, condition, AwsCloudTrail.columns, "okta_system_log")


def test_nothing_from_a_rule_stands_in_the_statement():
    hostile = "x') OR 1=1 --"
    condition = Any_((Term(hostile, Test.EQUALS, (hostile,)), Term("a", Test.REGEX, (hostile,))))
    expression, parameters = where(condition, {})
    assert hostile not in expression
    assert hostile in parameters.values()


def test_a_column_that_events_do_not_have_is_an_error():
    with pytest.raises(StoreError, match="nonsense"):
        where(Term("a", Test.EQUALS, ("x",)), {"a": "nonsense"})
