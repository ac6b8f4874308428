import json

import pytest
from tests.export.samples import digest, hostile, naughty, notice

from nephoscope.export.exporters.slack_webhook import SlackWebhook
from nephoscope.export.message import message_of
from nephoscope.model.errors import AddressRefused, ConfigError, DeliveryError

LINK = "https://portal.example/findings/"


@pytest.fixture
def slack(receiver, monkeypatch):
    """Slack on this machine."""
    monkeypatch.setenv("SLACK_URL", f"{receiver.url}/services/T/B/secret")
    return SlackWebhook(url_env="SLACK_URL", allow_private=True, link=LINK)


def within_limits(document):
    assert len(document["blocks"]) <= 50
    for block in document["blocks"]:
        if block["type"] == "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        if block["type"] == "section":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 3000


def test_a_notice_is_a_header_its_facts_and_a_link(slack, receiver, outside):
    told = notice()
    slack.send([told], outside)

    [(method, path, headers, _)] = receiver.asked
    [document] = receiver.documents
    assert (method, path, headers["Content-Type"]) == ("POST", "/services/T/B/secret", "application/json")
    assert document["text"] == "HIGH opened: CloudTrail logging stopped"
    header, section, context = document["blocks"]
    assert header["text"] == {"type": "plain_text", "text": document["text"], "emoji": False}
    assert "Resource: AWS::CloudTrail::Trail main" in section["text"]["text"]
    assert context["elements"][0]["text"] == f"<{LINK}{told.uid}|Open in Nephoscope>"


@pytest.mark.parametrize("count", [1, 24, 25, 500])
def test_a_digest_stays_within_what_slack_takes_and_says_what_is_left_out(slack, count):
    document = slack.document(message_of(digest(count)))

    within_limits(document)
    shown = sum(block["type"] == "context" for block in document["blocks"])
    last = document["blocks"][-1]
    assert shown == min(count, 24)
    if count > 24:
        assert last["text"]["text"] == f"and {count - 24} more"


def test_no_text_becomes_markup_a_mention_or_too_long(slack):
    for text in naughty():
        document = slack.document(message_of(hostile(text)))
        within_limits(document)
        assert "<" not in document["text"]
        marked = [each for block in document["blocks"] for each in block.get("elements", [])]
        assert all(each["text"].startswith(f"<{LINK}") for each in marked)
        json.dumps(document).encode()


def test_a_limit_says_when_to_ask_again_and_the_address_is_never_said(slack, receiver, outside):
    receiver.answers = [(429, "slow down", {"Retry-After": "30"})]

    with pytest.raises(DeliveryError) as failed:
        slack.send([notice()], outside)
    assert (failed.value.is_final, failed.value.after_s) == (False, 30.0)
    assert "secret" not in str(failed.value)


def test_a_webhook_that_is_no_more_is_a_final_refusal(slack, receiver, outside):
    receiver.answers = [(404, "no_service")]

    with pytest.raises(DeliveryError, match="no_service") as failed:
        slack.send([notice()], outside)
    assert failed.value.is_final


def test_a_private_receiver_has_to_be_allowed(slack, receiver, outside):
    with pytest.raises(AddressRefused):
        SlackWebhook(url_env="SLACK_URL").send([notice()], outside)
    with pytest.raises(ConfigError, match="url_env"):
        SlackWebhook().send([notice()], outside)
    assert receiver.asked == []
