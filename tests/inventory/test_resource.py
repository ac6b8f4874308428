from concurrent.futures import ThreadPoolExecutor

import pytest

from nephoscope.inventory.resource import Draft, Memo, View, cause_of, is_absent, permission_in, tags_of
from nephoscope.model.errors import AccessDenied, CloudError


def denied(permission="s3:GetBucketPolicy"):
    error = AccessDenied("s3:GetBucketPolicy", "AccessDenied")
    error.permission = permission
    return error


def test_a_part_that_was_denied_is_not_collected_and_names_the_permission():
    draft = Draft({"BucketName": "b"})

    with draft.part("/BucketPolicy", "/AclGrants"):
        raise denied()

    assert draft.not_collected == dict.fromkeys(("/BucketPolicy", "/AclGrants"), "s3:GetBucketPolicy was denied")


def test_a_resource_that_is_gone_meanwhile_is_not_a_part_that_failed():
    with pytest.raises(CloudError), Draft({}).part("/BucketPolicy"):
        raise CloudError("s3:GetBucketPolicy", "NoSuchBucket")


def test_what_the_provider_did_not_say_is_left_out_and_what_it_denies_is_null():
    draft = Draft({})

    draft["Unsaid"] = None
    draft.absent("Policy")

    assert draft.configuration == {"Policy": None}


def test_a_relationship_is_noted_once_and_not_to_nothing():
    draft = Draft({})

    draft.relate("uses", "AWS::IAM::Role", ["a", None, "", "a"])
    draft.relate("uses", "AWS::IAM::Role", None)

    assert [one.id for one in draft.relationships] == ["a"]


@pytest.mark.parametrize("code", ["NoSuchEntity", "ResourceNotFoundException", "InvalidInstanceID.NotFound"])
def test_not_found_is_recognised(code):
    assert is_absent(CloudError("x:Y", code))


@pytest.mark.parametrize("error", [denied(), CloudError("x:Y", "Throttling"), CloudError("x:Y", "InternalError")])
def test_a_failure_is_not_taken_for_not_found(error):
    assert not is_absent(error)


def test_a_cause_says_what_was_asked_and_what_came_back():
    assert cause_of(CloudError("s3:GetBucketAcl", "InternalError", "try later")) == (
        "s3:GetBucketAcl answered InternalError: try later"
    )


class Answering:
    """AWS that answers each call with an error, or an empty object."""

    def __init__(self, code=""):
        self.code = code

    def call(self, service, operation, **_):
        if self.code:
            raise CloudError(f"{service}:{operation}", self.code)
        return {}


def view(code=""):
    return View(Answering(code), "123456789012", "eu-west-1")


def test_only_the_codes_that_mean_absence_are_taken_for_it():
    assert view("NoSuchBucketPolicy").maybe("s3", "GetBucketPolicy", "NoSuchBucketPolicy") is None
    assert view("NoSuchBucket").maybe("s3", "GetBucketPolicy") is None
    with pytest.raises(CloudError):
        view("NoSuchBucket").maybe("s3", "GetBucketPolicy", "NoSuchBucketPolicy")


def test_arns_are_of_the_partition_of_their_region():
    assert view().arn("sns", "t") == "arn:aws:sns:eu-west-1:123456789012:t"
    assert View(None, "1", "cn-north-1").arn("sns", "t") == "arn:aws-cn:sns:cn-north-1:1:t"
    assert View(None, "1", "us-gov-west-1").arn("iam", "root", region="") == "arn:aws-us-gov:iam::1:root"


def test_what_several_ask_for_is_asked_once_and_its_error_told_to_all():
    memo, asked = Memo(), []

    def fail():
        asked.append(1)
        raise denied()

    def ask(_):
        with pytest.raises(AccessDenied):
            memo.once("report", fail)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))

    assert len(asked) == 1


class Counting:
    """A cloud that counts what it is asked."""

    def __init__(self):
        self.asked = []

    def call(self, service, operation, **params):
        self.asked.append(operation)
        return {"Name": params.get("Name")}

    def pages(self, service, operation, **params):
        self.asked.append(operation)
        yield {"Users": ["ann"]}
        yield {"Users": ["bob"]}


@pytest.mark.parametrize(("is_single", "times"), [(True, 1), (False, 2)], ids=["read again", "in a pass"])
def test_resources_that_are_read_again_together_ask_the_same_once(is_single, times):
    aws, memo = Counting(), Memo()
    for _ in range(2):
        one = View(aws, "1", "us-east-1", memo=memo, is_single=is_single)
        assert one.call("s3", "GetBucketAcl", Name="b") == {"Name": "b"}
        assert list(one.every("iam", "ListUsers", "Users")) == ["ann", "bob"]
    one.call("s3", "GetBucketAcl", Name="c")
    View(aws, "2", "us-east-1", memo=memo, is_single=is_single).call("s3", "GetBucketAcl", Name="b")

    assert aws.asked.count("ListUsers") == times
    assert aws.asked.count("GetBucketAcl") == times + 2


@pytest.mark.parametrize(("is_single", "ahead"), [(True, 2), (False, 0)], ids=["read again", "in a pass"])
def test_parts_of_a_resource_that_is_read_again_are_asked_for_side_by_side_and_once(is_single, ahead):
    aws = Counting()
    one = View(aws, "1", "us-east-1", is_single=is_single)
    one.ahead("s3", ["GetBucketAcl", "GetBucketPolicy"], Name="b")
    assert len(aws.asked) == ahead

    one.call("s3", "GetBucketAcl", Name="b")
    one.call("s3", "GetBucketPolicy", Name="b")
    assert len(aws.asked) == 2


def test_tags_come_from_lists_and_objects():
    assert tags_of({"Tags": [{"Key": "a", "Value": "1"}]}) == tags_of({"Tags": {"a": "1"}}) == {"a": "1"}
    assert tags_of({}) == {}


def test_the_permission_that_was_denied_is_found_in_a_cause_and_in_no_other_words():
    assert permission_in("s3:GetBucketTagging was denied") == "s3:GetBucketTagging"
    assert permission_in("s3:GetBucketTagging answered 500: the request was denied") == ""
