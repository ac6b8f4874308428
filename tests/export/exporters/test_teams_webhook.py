import json

import pytest
from tests.export.samples import digest, hostile, naughty, notice

from nephoscope.export.exporters.teams_webhook import TeamsWebhook
from nephoscope.export.message import message_of

LIMIT = 28 * 1024


@pytest.fixture
def teams(receiver, monkeypatch):
    """Teams on this machine."""
    monkeypatch.setenv("TEAMS_URL", f"{receiver.url}/workflows/secret")
    return TeamsWebhook(url_env="TEAMS_URL", allow_private=True, link="https://portal.example/findings/")


def card(document):
    [attachment] = document["attachments"]
    assert document["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    return attachment["content"]


def test_a_notice_is_an_adaptive_card(teams, receiver, outside):
    teams.send([notice()], outside)

    [document] = receiver.documents
    body = card(document)["body"]
    assert body[0]["inlines"][0]["text"] == "HIGH opened: CloudTrail logging stopped"
    assert body[-1]["actions"][0]["url"].startswith("https://portal.example/findings/")


@pytest.mark.parametrize("count", [1, 40, 500])
def test_a_digest_stays_within_what_teams_takes_and_says_what_is_left_out(teams, count):
    document = teams.document(message_of(digest(count)))

    assert len(json.dumps(document)) <= LIMIT
    shown = sum(block["type"] == "ActionSet" for block in card(document)["body"])
    assert shown >= 1
    if shown < count:
        assert card(document)["body"][-1]["inlines"][0]["text"] == f"and {count - shown} more"


def test_no_text_becomes_markup_or_too_long(teams):
    for text in naughty():
        document = teams.document(message_of(hostile(text)))
        assert len(json.dumps(document)) <= LIMIT
        assert {block["type"] for block in card(document)["body"]} <= {"RichTextBlock", "ActionSet"}
        assert all(
            inline["type"] == "TextRun" and inline["text"]
            for block in card(document)["body"]
            for inline in block.get("inlines", [])
        )
