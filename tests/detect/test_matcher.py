import gzip
import io
import json
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.sigma_rules import batch, rule, rule_set
from tests.shared_data import shared

from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.detect.matcher import Matcher
from nephoscope.detect.rule import Rule
from nephoscope.model.condition import All, Any_, Not, Term, Test, positive
from nephoscope.model.event import RecordBatch


def matched(detection, *records):
    """Which of the records, by place, one rule matches."""
    return [row for row, _ in Matcher([rule(detection)]).matches(batch(*records))]


@pytest.fixture(scope="module")
def sigmahq_aws():
    """SigmaHQ's rules for CloudTrail."""
    with tarfile.open(shared("sigma_rules_sigmahq") / "rules.tar.gz") as rules:
        texts = [
            rules.extractfile(member).read().decode()
            for member in rules
            if member.isfile() and member.name.startswith("rules/cloud/aws/cloudtrail/")
        ]
    found = [rule_set(text) for text in texts]
    assert not [error for one in found for error in one.errors]
    return [rule for one in found for rule in one.rules]


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("cloudtrail_invictus", "events.jsonl.gz"),
        ("cloudtrail_stratus", "events.jsonl.gz"),
        ("cloudtrail_traildiscover", "samples.jsonl.gz"),
    ],
)
def test_real_attacks_are_matched_exactly_as_two_other_evaluators_do(sigmahq_aws, folder, file):
    expected = json.loads((shared(folder) / "expected_sigma_sigmahq.json").read_text())["expected"]
    content = gzip.decompress((shared(folder) / file).read_bytes())
    records = [json.loads(line) for line in content.splitlines()]
    if "event" in records[0]:
        records = [record["event"] for record in records]
    content = "\n".join(json.dumps(record) for record in records).encode()
    wanted = {(name, line) for name, found in expected.items() for line in found["lines"]}

    by_record = Matcher(sigmahq_aws).matches(RecordBatch(records))
    assert {(rule.about.id, row) for row, rule in by_record} == wanted

    matcher = Matcher(sigmahq_aws, AwsCloudTrail.columns)
    by_column = [
        (rule.about.id, found.index(row))
        for found in AwsCloudTrail.batches(io.BytesIO(content), file)
        for row, rule in matcher.matches(found)
    ]
    assert set(by_column) == wanted
    assert len(by_column) == len(wanted)


@pytest.mark.parametrize(
    ("detection", "wanted"),
    [
        ({"s": {"a": "x"}, "condition": "s"}, [0, 1]),
        ({"s": {"a|cased": "x"}, "condition": "s"}, [0]),
        ({"s": {"a": None}, "condition": "s"}, [2, 3]),
        ({"s": {"a|exists": True}, "condition": "s"}, [0, 1, 2]),
        ({"s": {"a|exists": False}, "condition": "s"}, [3]),
        ({"s": {"a": "x"}, "condition": "not s"}, [2, 3]),
        ({"s": {"a|neq": "x"}, "condition": "s"}, [2, 3]),
        ({"s": {"a": "*"}, "condition": "s"}, [0, 1]),
    ],
)
def test_case_null_and_absence_are_what_sigma_says(detection, wanted):
    assert matched(detection, {"a": "x"}, {"a": "X"}, {"a": None}, {"b": 1}) == wanted


def test_a_list_matches_if_any_element_does_also_through_lists():
    record = {"list": ["a", "b"], "items": [{"cidr": "10.0.0.0/8"}, {"cidr": "0.0.0.0/0"}]}
    assert matched({"s": {"list": "B", "items.cidr": "0.0.0.0/0"}, "condition": "s"}, record) == [0]
    assert matched({"s": {"list|contains|all": ["a", "b"]}, "condition": "s"}, record) == [0]


def test_numbers_and_booleans_match_as_themselves_and_as_text():
    records = ({"a": 5}, {"a": "5"}, {"a": 5.0}, {"a": True}, {"a": "true"}, {"a": 1})
    assert matched({"s": {"a": 5}, "condition": "s"}, *records) == [0, 1, 2]
    assert matched({"s": {"a": True}, "condition": "s"}, *records) == [3, 4]
    assert matched({"s": {"a|gte": 5}, "condition": "s"}, *records) == [0, 1, 2]


def test_a_field_is_compared_with_another():
    records = ({"a": "x", "b": "X"}, {"a": "xy", "b": "x"}, {"a": "x"}, {})
    assert matched({"s": {"a|fieldref": "b"}, "condition": "s"}, *records) == [0]
    assert matched({"s": {"a|fieldref|startswith": "b"}, "condition": "s"}, *records) == [0, 1]


def test_keywords_are_found_anywhere_however_json_spells_them():
    records = ({"a": {"b": 'C:\\Temp\\"x"'}}, {"c": "Mimikatz"}, {"d": "ünï"}, {"e": 0})
    assert matched({"k": ["C:\\Temp", "mimi*tz"], "condition": "k"}, *records) == [0, 1]
    assert matched({"k": ["ünï"], "condition": "k"}, *records) == [2]
    assert matched({"k": {"|all": ["c", "katz"]}, "condition": "k"}, *records) == [1]


def test_rules_on_alternatives_of_different_fields_lose_nothing():
    detection = {"s1": {"a": "x"}, "s2": {"b|contains": "y"}, "s3": {"c": None, "d": "z"}, "condition": "1 of s*"}
    assert matched(detection, {"a": "x"}, {"b": "ayb"}, {"d": "z"}, {"c": 1, "d": "z"}, {}) == [0, 1, 2]


def test_rules_that_share_a_condition_all_match():
    twins = [rule({"s": {"a": "x"}, "condition": "s"}, id=f"{n:08}-0000-4000-8000-000000000000") for n in range(3)]
    assert len(Matcher(twins).matches(batch({"a": "x"}))) == 3


def test_one_and_true_are_not_the_same_question():
    detections = ({"s": {"a": value}, "condition": "s"} for value in (1, True, 1.5, "true"))
    rules = [rule(detection, title=str(n)) for n, detection in enumerate(detections)]
    found = Matcher(rules).matches(batch({"a": 1}, {"a": True}, {"a": 1.5}))
    assert [(row, rule.about.title) for row, rule in found] == [(0, "0"), (1, "1"), (1, "3"), (2, "2")]


def test_results_are_remembered_only_so_far_and_long_values_not_at_all():
    matcher = Matcher([rule({"s": {"a|contains": "x"}, "condition": "s"})])
    for start in range(0, 120_000, 20_000):
        found = matcher.matches(batch(*({"a": f"{n}x" if n % 2 else str(n)} for n in range(start, start + 20_000))))
        assert len(found) == 10_000
    assert len(matcher.matches(batch({"a": "y" * 10_000_000 + "x"}))) == 1


VALUES = st.sampled_from(["a", "A", "ab", "b", "", 1, 1.5, True, None, ["a", "b"], ["b", None], {"x": "a"}])
RECORDS = st.lists(st.dictionaries(st.sampled_from(["f", "g", "h.i"]), VALUES), max_size=6)
TERMS = st.builds(
    Term,
    st.sampled_from(["f", "g", "h.i"]),
    st.sampled_from([Test.EQUALS, Test.CONTAINS, Test.STARTS, Test.ENDS]),
    st.lists(st.sampled_from(["a", "b", "ab", "1", "true"]), min_size=1, max_size=2).map(tuple),
    st.booleans(),
) | st.builds(Term, st.sampled_from(["f", "g"]), st.just(Test.IS_NULL), st.just((None,)))
CONDITIONS = st.recursive(
    TERMS,
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(All, st.lists(parts, min_size=1, max_size=3).map(tuple))
        | st.builds(Any_, st.lists(parts, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def holds(condition, record):
    """The plainest evaluation there is."""
    if isinstance(condition, Not):
        return not holds(condition.part, record)
    if isinstance(condition, All):
        return all(holds(part, record) for part in condition.parts)
    if isinstance(condition, Any_):
        return any(holds(part, record) for part in condition.parts)
    lone = Rule(rule({"s": {"a": "b"}, "condition": "s"}).about, None, condition)
    return bool(Matcher([lone]).matches(RecordBatch([record])))


@settings(max_examples=150, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4), RECORDS)
def test_dispatch_changes_nothing_that_matches(conditions, records):
    about = rule({"s": {"a": "b"}, "condition": "s"}).about
    rules = [Rule(about, None, condition) for condition in conditions]
    found = sorted((row, str(rule.condition)) for row, rule in Matcher(rules).matches(RecordBatch(records)))
    wanted = [
        (row, str(condition))
        for row, record in enumerate(records)
        for condition in conditions
        if holds(condition, record)
    ]
    assert found == sorted(wanted)


@given(CONDITIONS)
def test_moving_not_to_the_terms_keeps_the_meaning(condition):
    record = {"f": "a", "g": ["b"]}
    assert holds(condition, record) == holds(positive(condition), record)


def test_a_path_is_found_whatever_shorter_path_was_asked_before():
    records = b'{"requestParameters": {"x": {"y": {"z": "1"}}}}'
    [found] = AwsCloudTrail.batches(io.BytesIO(records), "t")
    asked = [found.value(f"requestParameters.{path}", 0) for path in ("x", "x.y", "x.y.z")]
    assert asked == [{"y": {"z": "1"}}, {"z": "1"}, "1"]
