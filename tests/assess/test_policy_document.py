import json
import time

import pytest

from nephoscope.assess.policy_document import (
    Statement,
    attached_document,
    identity_documents,
    is_administrator,
    matches,
    public_attached,
    public_statement,
    statements,
)
from nephoscope.model.errors import NotCollected
from nephoscope.model.view import guarded

EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def only(**parts):
    return Statement({**EVERYONE, **parts})


def where(operator, key, *values):
    return only(Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    "principal",
    ["*", ["*"], {"AWS": "*"}, {"AWS": ["arn:aws:iam::111122223333:root", "*"]}, {"Federated": "*"}, {"Service": "*"}],
)
def test_everyone_is_everyone_however_written(principal):
    assert only(Principal=principal).is_public


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::111122223333:root"},
        {"AWS": "111122223333"},
        {"Service": "sns.amazonaws.com"},
        {"CanonicalUser": "79a5"},
        {"Federated": "cognito-identity.amazonaws.com"},
    ],
)
def test_somebody_is_not_everyone(principal):
    assert not only(Principal=principal).is_public


def test_everyone_but_one_is_everyone():
    statement = Statement({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"})
    assert statement.is_public


@pytest.mark.parametrize(
    "parts",
    [
        {"Effect": "allow"},
        {"Effect": None},
        {"Principal": "ann"},
        {"Principal": None},
        {"Principal": 5},
        {"Principal": {"AWS": None}},
        {"Principal": {"AWS": [["*"]]}},
        {"Principal": {"AWS": {"x": "*"}}},
    ],
)
def test_what_is_no_statement_is_not_taken_for_a_harmless_one(parts):
    with pytest.raises(ValueError, match=r"statement|policy document"):
        assert only(**parts).is_public


def test_what_is_denied_is_not_public():
    assert not only(Effect="Deny").is_public


@pytest.mark.parametrize(
    "statement",
    [
        where("StringEquals", "aws:PrincipalOrgID", "o-abc"),
        where("StringEquals", "AWS:SourceOwner", "111122223333"),
        where("StringEqualsIgnoreCase", "aws:SourceAccount", "111122223333"),
        where("StringLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        where("ArnLike", "aws:SourceArn", "arn:aws:sns:us-east-1:111122223333:*"),
        where("ArnEquals", "aws:SourceArn", "arn:aws:s3:::bucket"),
        where("StringEquals", "aws:SourceVpce", "vpce-1"),
        where("IpAddress", "aws:SourceIp", "203.0.113.0/24", "10.0.0.0/8"),
        where("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-abc/r-1/*"),
        where("StringEquals", "kms:CallerAccount", "111122223333"),
        where("StringEquals", "aws:SourceAccount", "${AWS::AccountId}"),
        where("ArnEquals", "aws:SourceArn", "${Topic.Arn}"),
        where("ArnLike", "aws:SourceArn", "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:*"),
        only(Condition={"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    ],
)
def test_a_condition_that_names_somebody_restricts(statement):
    assert not statement.is_public


@pytest.mark.parametrize(
    "statement",
    [
        where("Bool", "aws:SecureTransport", "true"),
        where("StringNotEquals", "aws:SourceAccount", "111122223333"),
        where("StringEqualsIfExists", "aws:PrincipalOrgID", "o-abc"),
        where("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-abc"),
        where("StringLike", "aws:PrincipalArn", "*"),
        where("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
        where("StringEquals", "aws:SourceAccount", "111122223333", "*"),
        where("StringLike", "aws:PrincipalOrgID", "o-*"),
        where("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        where("IpAddress", "aws:SourceIp", "203.0.113.0/24", "0.0.0.0/1"),
        where("IpAddress", "aws:SourceIp", "::/0"),
        where("IpAddress", "aws:SourceIp", "nonsense"),
        where("StringEquals", "aws:Referer", "https://example.org"),
        where("StringEquals", "aws:SourceAccount", "${aws:PrincipalAccount}"),
        only(Condition={"StringEquals": {"aws:SourceAccount": []}}),
    ],
)
def test_a_condition_that_many_meet_does_not_restrict(statement):
    assert statement.is_public


def test_a_document_is_read_as_text_too_and_with_one_statement_or_many():
    for document in ({"Statement": EVERYONE}, {"Statement": [EVERYONE]}, json.dumps({"Statement": [EVERYONE]})):
        assert public_statement(guarded({"d": document}, {})["d"]) is not None
    assert public_attached(guarded({"p": None}, {}), "p") is None
    assert list(statements({"Statement": []})) == []


def test_what_is_no_policy_document_is_not_taken_for_an_empty_one():
    with pytest.raises(NotCollected, match="not JSON"):
        public_statement("{")
    for wrong in (None, ["x"], 5):
        with pytest.raises(ValueError, match="object"):
            public_statement(wrong)
    for wrong in ("", 5, None):
        with pytest.raises(ValueError, match="statement"):
            public_statement({"Statement": wrong})
    with pytest.raises(NotCollected):
        public_statement("[" * 100_000)


def test_a_statement_is_read_only_as_far_as_it_is_asked_about():
    document = guarded({"Statement": [{**EVERYONE, "Resource": None}]}, {"/Statement/0/Resource": "Fn::Sub"})
    assert public_statement(document) is not None
    with pytest.raises(NotCollected):
        is_administrator(Statement(guarded({**EVERYONE, "Action": "*"}, {"/Resource": "Fn::Sub"})))


def test_a_principal_that_is_not_known_is_not_nobody():
    document = guarded(
        {"Statement": [{**EVERYONE, "Principal": {"AWS": [None]}}]}, {"/Statement/0/Principal/AWS/0": "Ref"}
    )
    with pytest.raises(NotCollected):
        public_statement(document)


@pytest.mark.parametrize(
    ("parts", "covered"),
    [
        ({"Action": "s3:*"}, True),
        ({"Action": ["ec2:*", "S3:getobject"]}, True),
        ({"Action": "s3:Get?bject"}, True),
        ({"Action": "s3:Put*"}, False),
        ({"NotAction": "iam:*"}, True),
        ({"NotAction": "s3:*"}, False),
    ],
)
def test_actions_are_covered_by_wildcards_and_by_exception(parts, covered):
    assert Statement({"Effect": "Allow", **parts}).covers_action("s3:GetObject") is covered


@pytest.mark.parametrize(
    ("action", "resource", "is_admin"),
    [("*", "*", True), ("*:*", ["a", "*"], True), ("s3:*", "*", False), ("*", "arn:x", False)],
)
def test_an_administrator_may_do_everything_to_everything(action, resource, is_admin):
    assert is_administrator(only(Action=action, Resource=resource)) is is_admin


def test_a_hostile_pattern_takes_no_longer_than_another():
    start = time.process_time()
    assert not matches("*a" * 2_000 + "b", "a" * 2_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (only(), "s3:GetObject"),
        (only(Action=list("abcd"), Sid="x"), "a, b, c … (statement x)"),
        (Statement({"Effect": "Allow", "NotAction": "iam:*"}), "everything but iam:*"),
    ],
)
def test_a_statement_says_what_it_speaks_of(statement, text):
    assert str(statement) == text


@pytest.mark.parametrize(
    "item",
    [
        {"PolicyDocument": {"Statement": EVERYONE}},
        {"TopicPolicy": {"PolicyDocument": {"Statement": EVERYONE}}},
        {"TopicPolicy": {"Statement": EVERYONE}},
    ],
)
def test_a_policy_is_found_alone_and_within_what_it_belongs_to(item):
    assert attached_document(guarded(item, {}), "TopicPolicy") == {"Statement": EVERYONE}


def test_no_policy_is_none_and_an_unknown_one_is_not():
    assert attached_document(guarded({"TopicPolicy": None}, {}), "TopicPolicy") is None
    with pytest.raises(NotCollected):
        attached_document(guarded({}, {}), "TopicPolicy")


def test_identities_bring_their_documents():
    assert list(identity_documents(guarded({"PolicyDocument": 1}, {}))) == [("it", 1)]
    role = guarded({"Policies": [{"PolicyName": "a", "PolicyDocument": 2}]}, {})
    assert list(identity_documents(role)) == [("a", 2)]
