"""Parameters and answers are written as CloudTrail writes them."""

from datetime import UTC, datetime

from nephoscope.sandbox.answer import Outcome
from nephoscope.sandbox.shape import filled, request_parameters, response_elements, written
from tests.sandbox.made import call


def test_names_begin_small_and_a_maps_keys_stay():
    made = call("rds", "CreateDBInstance", {"DBInstanceIdentifier": "a", "MasterUserPassword": "p"})
    assert request_parameters(made) == {
        "dBInstanceIdentifier": "a",
        "masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    tagged = call("logs", "CreateLogGroup", {"logGroupName": "x", "tags": {"Team": "a"}})
    assert request_parameters(tagged)["tags"] == {"Team": "a"}


def test_nothing_asked_is_null():
    assert request_parameters(call("sts", "GetCallerIdentity")) is None


def test_a_secret_key_is_left_out_of_the_answer():
    key = {"AccessKey": {"UserName": "jo", "AccessKeyId": "AKIA1", "SecretAccessKey": "s"}}
    assert response_elements(call("iam", "CreateAccessKey"), Outcome(key)) == {
        "accessKey": {"userName": "jo", "accessKeyId": "AKIA1"}
    }


def test_reads_and_errors_have_no_answer():
    assert response_elements(call("iam", "GetUser"), Outcome({"User": {"UserName": "jo"}})) is None
    assert response_elements(call("iam", "CreateUser"), Outcome(None, "EntityAlreadyExists")) is None


def test_times_are_words_and_blobs_are_left_out():
    value = {"At": datetime(2026, 7, 1, 14, 5, 9, tzinfo=UTC), "Blob": b"x", "Many": [{"Name": "a"}]}
    assert written(value, "iam") == {"at": "Jul 1, 2026, 2:05:09 PM", "many": [{"name": "a"}]}


def test_what_aws_always_writes_is_added_and_what_it_never_writes_is_dropped():
    found = {"items": [{"a": 1, "gone": 2}, {"b": 3}]}
    made = filled(found, {"items[].b": 0, "place": "{region}"}, call("ec2", "RunInstances"), ("items[].gone",))
    assert made == {"items": [{"a": 1, "b": 0}, {"b": 3}], "place": "eu-west-1"}
