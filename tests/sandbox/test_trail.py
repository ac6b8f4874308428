"""A trail gets what its selectors ask for, and nothing else."""

import pytest

from nephoscope.sandbox.trail import Trail, selects, wanting

EAST = Trail("arn:1", "one", "111111111111", "us-east-1", "logs", accounts=("111111111111",))
EVERYWHERE = Trail("arn:2", "two", "111111111111", "us-east-1", "logs", is_multi_region=True, accounts=("1", "2"))


def event(**given):
    known = {
        "recipientAccountId": "111111111111",
        "awsRegion": "us-east-1",
        "managementEvent": True,
        "readOnly": False,
        "eventSource": "ec2.amazonaws.com",
        "eventCategory": "Management",
    }
    return known | given


READ = event(
    managementEvent=False,
    readOnly=True,
    eventCategory="Data",
    resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/a.txt"}],
)


def with_selectors(*, advanced=(), basic=()):
    return Trail("arn:3", "three", "1", "us-east-1", "logs", selectors=tuple(basic), advanced=tuple(advanced))


def test_a_trail_of_one_region_gets_that_regions_events_only():
    assert list(wanting([EAST], event())) == [EAST]
    assert list(wanting([EAST], event(awsRegion="eu-west-1"))) == []


def test_a_multi_region_trail_gets_those_of_its_accounts():
    assert list(wanting([EVERYWHERE], event(recipientAccountId="2", awsRegion="eu-west-1"))) == [EVERYWHERE]
    assert list(wanting([EVERYWHERE], event(recipientAccountId="3"))) == []


def test_data_events_are_not_asked_for_by_default():
    assert selects(EAST, event())
    assert not selects(EAST, READ)


@pytest.mark.parametrize(
    ("selector", "record", "is_wanted"),
    [
        ({"ReadWriteType": "ReadOnly"}, event(), False),
        ({"ReadWriteType": "WriteOnly"}, event(), True),
        ({"IncludeManagementEvents": False}, event(), False),
        ({"ExcludeManagementEventSources": ["ec2.amazonaws.com"]}, event(), False),
        ({"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}, READ, True),
        ({"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::c/"]}]}, READ, False),
    ],
)
def test_event_selectors_are_heeded(selector, record, is_wanted):
    assert selects(with_selectors(basic=[selector]), record) is is_wanted


@pytest.mark.parametrize(
    ("field", "record", "is_wanted"),
    [
        ({"Field": "eventCategory", "Equals": ["Data"]}, READ, True),
        ({"Field": "eventCategory", "Equals": ["Data"]}, event(), False),
        ({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::b/"]}, READ, True),
        ({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::b/"]}, READ, False),
        ({"Field": "resources.ARN", "EndsWith": [".txt"]}, READ, True),
        ({"Field": "readOnly", "Equals": ["true"]}, READ, True),
        ({"Field": "eventSource", "NotEquals": ["ec2.amazonaws.com"]}, event(), False),
    ],
)
def test_advanced_event_selectors_are_heeded(field, record, is_wanted):
    assert selects(with_selectors(advanced=[{"FieldSelectors": [field]}]), record) is is_wanted


def test_objects_lie_under_prefix_organisation_and_account():
    trail = Trail("arn", "t", "1", "us-east-1", "logs", prefix="here", organisation="o-1")
    assert trail.folder("2") == "here/AWSLogs/o-1/2"
    assert EAST.folder("111111111111") == "AWSLogs/111111111111"
