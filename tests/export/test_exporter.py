from dataclasses import fields

import pytest

from nephoscope.export.exporter import Exporter, Messenger, exporter_types, exporters_of, secret_of
from nephoscope.model.errors import ConfigError

ALL = exporter_types()


def test_the_exporters_that_were_promised_are_there():
    assert set(ALL) == {
        "aws_security_hub",
        "aws_sns",
        "console",
        "elasticsearch_bulk",
        "email_smtp",
        "github_issue",
        "jira_issue",
        "pagerduty_events",
        "slack_webhook",
        "splunk_hec",
        "syslog_cef",
        "teams_webhook",
        "webhook",
    }


@pytest.mark.parametrize("name", ALL)
def test_an_exporter_is_named_as_its_file_says_what_it_does_and_where_that_is_written(name):
    kind = ALL[name]

    assert kind.__name__.lower() == name.replace("_", "")
    assert kind.__doc__
    assert "Source:" in kind.__doc__ or name in ("console", "email_smtp")
    assert issubclass(kind, Exporter)
    assert kind.takes_digests or not issubclass(kind, Messenger)


@pytest.mark.parametrize("name", ALL)
def test_no_secret_stands_in_a_configuration(name):
    held = [each.name for each in fields(ALL[name])]

    assert not {"password", "token", "secret", "api_key", "routing_key"} & set(held)
    assert not any(each.init and each.type == "bool" and each.default is True for each in fields(ALL[name]))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"type": "slak_webhook"}, "there is no exporter 'slak_webhook'; did you mean 'slack_webhook'"),
        ({"type": "slack_webhook", "url": "https://x"}, "there is no key 'url'"),
        ({"type": "syslog_cef"}, "the key 'host' is missing"),
        ({"type": "syslog_cef", "host": "x", "allow_private": "yes"}, "allow_private is 'yes'"),
    ],
)
def test_an_exporter_that_is_configured_wrong_says_where(table, said):
    with pytest.raises(ConfigError, match=r"exporters\.chat") as refused:
        exporters_of({"chat": table})
    assert said in str(refused.value)


def test_a_secret_is_taken_from_where_its_reference_says(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/secret\n")
    (tmp_path / "token").write_text("t0ken\n")

    assert secret_of("url", "CHAT_URL", "") == "https://hooks.example/secret"
    assert secret_of("token", "", str(tmp_path / "token")) == "t0ken"


def test_a_secret_that_is_not_there_is_named_and_never_shown(tmp_path, monkeypatch):
    (tmp_path / "empty").write_text("\n")
    monkeypatch.setenv("LINES", "secret\nX-Other: 1")

    with pytest.raises(ConfigError, match="set url_env"):
        secret_of("url", "", "")
    with pytest.raises(ConfigError, match="NO_SUCH_THING"):
        secret_of("url", "NO_SUCH_THING", "")
    with pytest.raises(ConfigError, match="is empty"):
        secret_of("url", "", str(tmp_path / "empty"))
    with pytest.raises(ConfigError, match="no text") as refused:
        secret_of("url", "LINES", "")
    assert "X-Other" not in str(refused.value)
