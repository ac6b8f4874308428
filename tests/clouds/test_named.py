import pytest

from nephoscope.clouds.named import account_clouds, aws_account, clouds_of, log_clouds_of, scanning_of
from nephoscope.config import Account, Aws, Config
from nephoscope.model.errors import ConfigError, Refused


def test_an_account_is_reached_exactly_as_it_is_named():
    named = Account("111122223333", profile="audit", role_arn="arn:aws:iam::111122223333:role/Read", external_id="x")

    found = aws_account(named)
    assert (found.profile, found.role, found.external_id) == ("audit", named.role_arn, "x")
    assert not found.environment


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account("1"), "name exactly one of"),
        (Account("1", profile="a", credentials="environment"), "name exactly one of"),
        (Account("1", credentials="anything"), "not 'environment'"),
        (Account("1", provider="abc"), "there is no provider 'abc'"),
    ],
)
def test_credentials_that_are_not_named_or_named_twice_are_refused(account, said):
    with pytest.raises(ConfigError, match=said):
        aws_account(account)


def test_a_configuration_without_accounts_reaches_no_cloud(tmp_path):
    clouds = clouds_of(Config(tmp_path))

    with pytest.raises(ConfigError, match="no AWS account is configured"):
        _ = clouds.aws


def test_endpoint_and_budget_are_taken_from_the_configuration(tmp_path):
    config = Config(tmp_path, aws=Aws("http://127.0.0.1:1", 7.0), accounts={"a": Account("1", profile="p")})

    assert clouds_of(config).aws.endpoint_url == "http://127.0.0.1:1"
    assert clouds_of(config).aws.calls_per_s == 7.0


def configured(tmp_path, **accounts):
    return Config(tmp_path, accounts=accounts)


def test_logs_are_read_with_credentials_of_their_own_where_there_are_any(tmp_path):
    config = configured(
        tmp_path,
        archive=Account("1", profile="reader"),
        logs=Account("1", profile="logs", inventory=False),
        other=Account("2", profile="other"),
    )

    assert [account.profile for account in clouds_of(config).aws.accounts] == ["reader", "other"]
    assert [account.profile for account in log_clouds_of(config).aws.accounts] == ["logs", "other"]


def test_credentials_for_exporters_read_nothing_and_are_reached_by_their_name(tmp_path):
    config = configured(tmp_path, prod=Account("1", profile="reader"), notify=Account("1", profile="n", export=True))

    assert [account.profile for account in clouds_of(config).aws.accounts] == ["reader"]
    assert [account.profile for account in log_clouds_of(config).aws.accounts] == ["reader"]
    assert [account.profile for account in account_clouds(config, "notify").aws.accounts] == ["n"]
    with pytest.raises(ConfigError, match="did you mean 'notify'"):
        account_clouds(config, "notfy")


def test_disks_are_scanned_by_the_role_that_is_named_for_it_and_nowhere_else(tmp_path):
    role = "arn:aws:iam::1:role/NephoscopeScan"
    config = configured(tmp_path, a=Account("1", profile="a", scan_role=role), b=Account("2", profile="b"))
    aws_for = scanning_of(config)

    assert aws_for("1").accounts[0].role == role
    assert aws_for("1") is aws_for("1")
    with pytest.raises(Refused, match="name a scan_role"):
        aws_for("2")


def test_an_account_that_is_named_twice_is_refused(tmp_path):
    config = configured(tmp_path, a=Account("1", profile="a"), b=Account("1", profile="b"))

    with pytest.raises(ConfigError, match="accounts a and b are both 1"):
        clouds_of(config)
