import pytest

from nephoscope.assess.privileges import WAYS, escalation


def allow(*actions, resource="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def deny(*actions, **more):
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_each_way_is_seen_and_no_part_of_it_alone(way):
    assert escalation({"Statement": [allow(action) for action in way]})
    if len(way) > 1:
        for action in way:
            assert not escalation({"Statement": [allow(action)]})


@pytest.mark.parametrize(
    "statements",
    [
        [allow("iam:*")],
        [allow("*")],
        [allow("iam:Put*")],
        [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}],
        [allow("iam:PutUserPolicy", resource="arn:aws:iam::111122223333:user/*")],
        [allow("iam:PassRole", "ec2:RunInstances"), deny("ec2:RunInstances", Condition={"Bool": {"a": "b"}})],
        [{"Effect": "Allow", "Action": "iam:CreateAccessKey", "NotResource": "arn:aws:iam::111122223333:user/root"}],
    ],
)
def test_wildcards_and_exceptions_open_ways_too(statements):
    assert escalation({"Statement": statements})


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow("s3:*", "ec2:*")],
        [allow("iam:PassRole", resource="arn:aws:iam::111122223333:role/web"), allow("ec2:RunInstances")],
        [allow("iam:*"), deny("iam:*")],
        [allow("iam:*"), {"Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*"}],
        [allow("iam:CreateAccessKey", resource="arn:aws:iam::111122223333:user/${aws:username}")],
    ],
)
def test_what_is_narrow_or_denied_opens_none(statements):
    assert escalation({"Statement": statements}) == ""
