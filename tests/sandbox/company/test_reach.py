import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox.company.reach import Reach, refuse_outside, root_keys, session_keys


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:5000/", "http://127.9.9.9"]
)
def test_the_loopback_may_be_called(url):
    assert refuse_outside(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0:5000",
        "http://localhost@198.51.100.1/",
    ],
)
def test_nothing_else_may(url):
    with pytest.raises(ConfigError, match="loopback"):
        Reach(url, root_keys("1" * 12))


def test_the_users_own_configuration_is_not_read(monkeypatch, tmp_path):
    mine = tmp_path / "config"
    mine.write_text("[profile work]\nregion = eu-central-1\nendpoint_url = https://example.com\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(mine))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.com")
    client = Reach("http://127.0.0.1:9", root_keys("1" * 12)).client("sts")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.region_name == "us-east-1"


def test_secrets_are_not_shown():
    assert "sandbox" not in repr(root_keys("1" * 12))


def test_both_spellings_of_temporary_credentials_are_understood():
    common = {"AccessKeyId": "ASIA", "SecretAccessKey": "s"}
    assert session_keys({**common, "SessionToken": "t"}) == session_keys({**common, "Token": "t"})


def test_a_reach_notes_what_it_makes():
    reach = Reach("http://127.0.0.1:9", root_keys("1" * 12))
    assert reach.made_one("AWS::SQS::Queue", "q", "eu-west-1") == "q"
    assert reach.made == [("AWS::SQS::Queue", "eu-west-1", "q")]
