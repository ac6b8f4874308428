import pytest
from moto import mock_aws

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import AccessDenied, CloudError, ConfigError

ACCOUNT = "123456789012"
KEYS = AwsAccount(access_key_id="AKIAEXAMPLE", secret_access_key="secret")


@pytest.fixture
def aws():
    """A simulated account, reached by keys that were named."""
    with mock_aws():
        yield Aws((KEYS,))


def test_an_account_without_an_id_is_asked_for_it(aws):
    assert aws.account_ids() == [ACCOUNT]


def test_a_call_returns_the_answer_and_notes_the_permission_it_needed(aws):
    aws.call("s3", "CreateBucket", Bucket="bucket-1")

    assert [bucket["Name"] for bucket in aws.call("s3", "ListBuckets")["Buckets"]] == ["bucket-1"]
    assert "s3:ListAllMyBuckets" in aws.used


def test_pages_are_followed_to_the_end(aws):
    for number in range(7):
        aws.call("sns", "CreateTopic", Name=f"t{number}")

    assert sum(len(page["Topics"]) for page in aws.pages("sns", "ListTopics")) == 7


def test_an_error_keeps_the_providers_code(aws):
    with pytest.raises(CloudError, match=r"s3:GetBucketPolicy.*NoSuchBucket") as raised:
        aws.call("s3", "GetBucketPolicy", Bucket="none")

    assert raised.value.code == "NoSuchBucket"


def test_a_denied_call_names_the_missing_permission(denied_s3):
    with pytest.raises(AccessDenied) as raised:
        denied_s3.call("s3", "GetBucketEncryption", Bucket="b", account=ACCOUNT)

    assert raised.value.permission == "s3:GetEncryptionConfiguration"
    assert raised.value.account == ACCOUNT


def test_a_call_that_needs_more_than_its_own_permission_names_the_one_that_aws_names(server):
    said = "You are not authorized. User: arn:aws:sts::1:x is not authorized to perform: ec2:CreateTags on resource: y"
    error = f"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{said}</Message></Error></Errors>"
    server.bodies[:] = [f"{error}</Response>".encode()]
    with pytest.raises(AccessDenied) as raised:
        server.aws([(403, "")]).call("ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": "i-1"})

    assert raised.value.permission == "ec2:CreateTags"


def test_a_throttled_call_is_tried_again_and_every_attempt_counts(server):
    aws = server.aws([(503, "RequestLimitExceeded"), (503, "RequestLimitExceeded"), (200, "")])

    aws.call("ec2", "DescribeVpcs")

    assert aws.calls() == 3


@pytest.mark.parametrize("body", ['{"TableNames": ["orders", "us', "<html>no</html>"])
def test_an_answer_that_is_no_json_is_an_error_and_not_an_empty_answer(server, body):
    aws = server.aws([(200, "")])
    server.bodies.append(body.encode())

    with pytest.raises(CloudError, match="dynamodb:ListTables"):
        list(aws.pages("dynamodb", "ListTables"))
    with pytest.raises(CloudError, match="lambda:GetAccountSettings"):
        aws.call("lambda", "GetAccountSettings")


def test_a_server_that_is_not_there_is_a_cloud_error_that_says_so():
    aws = Aws((AwsAccount(id=ACCOUNT, access_key_id="a", secret_access_key="b"),), endpoint_url="http://127.0.0.1:9")
    aws.client("sns").meta.events.register("needs-retry", lambda **_: None, unique_id="never")

    with pytest.raises(CloudError, match="EndpointConnectionError"):
        aws.call("sns", "ListTopics")


def test_ambient_credentials_are_never_used_unless_named(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAMBIENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[profile audit]\naws_access_key_id = AKIANAMED\naws_secret_access_key = x\n")

    named = Aws((AwsAccount(id="1", profile="audit"),)).client("sns")
    ambient = Aws((AwsAccount(id="1", environment=True),)).client("sns")

    assert named._request_signer._credentials.access_key == "AKIANAMED"
    assert ambient._request_signer._credentials.access_key == "AKIAAMBIENT"


def test_a_profile_without_credentials_finds_none_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAMBIENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[profile empty]\nregion = eu-west-1\n")

    with pytest.raises(CloudError, match="NoCredentials"):
        Aws((AwsAccount(id="1", profile="empty"),)).call("sns", "ListTopics")


def test_an_unknown_profile_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    with pytest.raises(CloudError, match="nobody"):
        Aws((AwsAccount(id="1", profile="nobody"),)).call("sns", "ListTopics")


def test_an_account_must_say_where_its_credentials_come_from():
    with pytest.raises(ConfigError, match="exactly one of"):
        AwsAccount(id="1")
    with pytest.raises(ConfigError, match="exactly one of"):
        AwsAccount(id="1", profile="a", environment=True)


def test_a_role_is_assumed_with_its_external_id():
    with mock_aws():
        role = f"arn:aws:iam::{ACCOUNT}:role/reader"
        account = AwsAccount(access_key_id="a", secret_access_key="b", role=role, external_id="prod-1")

        who = Aws((account,)).call("sts", "GetCallerIdentity")

    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/nephoscope"


def test_an_account_that_is_not_named_is_refused(aws):
    with pytest.raises(ConfigError, match="999999999999 is not named"):
        aws.call("sns", "ListTopics", account="999999999999")


def test_clients_are_made_once(aws):
    assert aws.client("sns") is aws.client("sns", region="us-east-1")
    assert aws.client("sns") is not aws.client("sns", region="eu-west-1")


def test_clouds_say_what_is_not_configured():
    with pytest.raises(ConfigError, match="no AWS account is configured"):
        _ = Clouds().aws


def test_secrets_are_not_in_the_representation():
    assert "secret" not in repr(KEYS).replace("secret_access_key", "")
