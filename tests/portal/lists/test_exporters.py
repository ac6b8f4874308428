"""Exporters are shown with their routes and failures, never with their settings, and tried out."""

from dataclasses import replace

import pytest
from tests.export.conftest import receiver  # noqa: F401  fixture
from tests.portal.serving import browser_of

from nephoscope.store.deliveries import Delivery, put_deliveries


@pytest.fixture
def told(portal, receiver, monkeypatch, clock):  # noqa: F811
    """An administrator of a portal that tells a receiver, which failed once."""
    monkeypatch.setenv("CHAT_SECRET", "hush-hush")
    chat = {"type": "webhook", "url": f"{receiver.url}/hush-hook", "secret_env": "CHAT_SECRET", "allow_private": True}
    routes = {"all": {"to": ["chat"], "when": "severity == 'high'"}}
    config = replace(portal.config, exporters={"chat": chat, "idle": {"type": "console"}}, routes=routes)
    at = clock()
    late = Delivery("a", "chat", "all", "opened", "f", "Title", 1, 1, "waiting", {}, at, at, 2, error="timed out")
    with portal.ledger.write() as connection:
        put_deliveries(connection, [late])
    return browser_of(replace(portal, config=config), "Ada Admin", "admin")


def test_they_are_shown_with_routes_and_failures_and_without_settings(told):
    rows = {row["name"]: row for row in told.get("exporters").json()["items"]}
    one = told.get("exporters/chat")

    assert (rows["chat"]["routes"], rows["chat"]["failure"], rows["chat"]["waiting"]) == (["all"], "timed out", 1)
    assert rows["idle"]["routes"] == []
    assert one.json()["leading"][0]["settings"]["when"] == "severity == 'high'"
    assert "hush" not in one.text
    assert told.get("exporters/none").status_code == 404


def test_a_test_notice_says_what_the_receiver_answered(told, receiver):  # noqa: F811
    assert told.post("exporters/chat/test").status_code == 200
    assert b"nothing happened" in receiver.asked[-1][3]

    receiver.answers = [(500, "no")]
    assert told.post("exporters/chat/test").status_code == 409
    assert told.post("exporters/none/test").status_code == 404
