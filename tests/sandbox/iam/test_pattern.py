import pytest

from nephoscope.sandbox.iam.pattern import UnknownVariable, arn_matches, matches, plain, substituted


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "anything", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:GetObject?", "s3:GetObject", False),
        ("a.c", "abc", False),
        ("a[bc]", "ab", False),
        ("a*", "a\nb", True),
        ("", "", True),
    ],
)
def test_stars_and_question_marks_are_the_only_wildcards(pattern, text, expected):
    assert matches(pattern, text) is expected


def test_actions_are_compared_without_case():
    assert matches("S3:getobject", "s3:GetObject", ignore_case=True)
    assert matches("S3:get*", "s3:GetObject", ignore_case=True)
    assert not matches("S3:get*", "s3:GetObject")


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a", False),
        ("arn:aws:sqs:*:111122223333:q", "arn:aws:sqs:us-east-1:111122223333:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:111122223333:q", False),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::111122223333:role/x", True),
        ("arn:aws:ec2:us-*:111122223333:instance/*", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", False),
    ],
)
def test_the_parts_of_an_arn_are_compared_one_by_one(pattern, arn, expected):
    assert arn_matches(pattern, arn) is expected


def test_a_variable_takes_the_requests_value_literally():
    context = {"aws:username": ("a*",)}
    pattern = substituted("arn:aws:s3:::home/${aws:username}/*", context)
    assert arn_matches(pattern, "arn:aws:s3:::home/a*/x")
    assert not arn_matches(pattern, "arn:aws:s3:::home/abc/x")


def test_a_variable_without_value_is_unknown_unless_it_has_a_default():
    with pytest.raises(UnknownVariable):
        substituted("${aws:username}", {})
    assert substituted("${aws:username, 'nobody'}", {}) == "nobody"


def test_escaped_wildcards_are_literal():
    assert plain(substituted("${*}${?}${$}", {})) == "*?$"
    assert not matches(substituted("a${*}", {}), "ab")


def test_a_pattern_of_many_stars_is_matched_in_linear_time():
    assert not matches("*a" * 60 + "b", "a" * 5000)
