import json

import pytest

from nephoscope.sandbox.iam.policy import MalformedPolicy, Names, parse_policy


def test_single_values_and_lists_read_alike():
    one = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    many = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}
    assert parse_policy(one).statements == parse_policy(json.dumps(many)).statements


def test_principals_carry_their_type():
    document = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": ["111122223333"], "Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    }
    [statement] = parse_policy(document).statements
    assert statement.principals == Names(("AWS:111122223333", "Service:ec2.amazonaws.com"))


def test_variables_belong_to_the_newer_version_only():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    assert parse_policy({"Version": "2012-10-17", "Statement": statement}).statements[0].has_variables
    assert not parse_policy({"Statement": statement}).statements[0].has_variables


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ("x" * 200_000, "longer than"),
        ({}, "Statement is missing"),
        ({"Version": "2020-01-01", "Statement": []}, "Version '2020-01-01'"),
        ({"Statement": [{"Effect": "Permit", "Action": "s3:*"}]}, "Effect is 'Permit'"),
        ({"Statement": [{"Effect": "Allow"}]}, "neither Action nor NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*"}]}, "both Action and NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": "everything"}]}, "names no service"),
        ({"Statement": [{"Effect": "Allow", "Action": [1]}]}, "neither a string"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Resources": "*"}]}, "unknown element 'Resources'"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"User": "x"}}]}, "no type of principal"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"Like": {"a": "b"}}}]}, "no operator"),
        ({"Statement": ["Allow"]}, "is not an object"),
    ],
)
def test_a_malformed_policy_is_refused_with_its_place_and_reason(document, reason):
    with pytest.raises(MalformedPolicy, match=reason.replace("[", r"\[")):
        parse_policy(document, "the policy p")
