"""Notices to Slack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.export.exporter import Messenger, secret_of
from nephoscope.export.text import cut

if TYPE_CHECKING:
    from nephoscope.export.exporter import Outside
    from nephoscope.export.message import Message, Part

BLOCKS = 50
TEXT = 3000
HEADER = 150
FALLBACK = 2000


@dataclass(frozen=True, kw_only=True)
class SlackWebhook(Messenger):
    """Slack, or what speaks as it does, by an incoming webhook. Texts from outside are sent as plain text.

    Limits: Slack knows no repeated message again; one that it took without saying so is sent twice.
    Source: https://docs.slack.dev/reference/block-kit/blocks
    """

    url_env: str = ""
    url_file: str = ""

    def tell(self, message: Message, outside: Outside) -> None:
        url = secret_of("url", self.url_env, self.url_file)
        body = json.dumps(self.document(message)).encode()
        self.http(outside).post(url, body, {"Content-Type": "application/json"}).accepted(now=outside.now())

    def document(self, message: Message) -> dict[str, Any]:
        """The message: a header, a block for each finding, and how many more there are."""
        room = BLOCKS - 2
        shown = message.parts[: room // 2 if self.link else room]
        blocks = [_block("header", _plain(message.title, HEADER))]
        for part in shown:
            blocks.append(_block("section", _plain(_text(part), TEXT)))
            if self.link:
                link = {"type": "mrkdwn", "text": f"<{_escaped(self.linked(part.uid))}|Open in Nephoscope>"}
                blocks.append({"type": "context", "elements": [link]})
        if left := message.left + len(message.parts) - len(shown):
            blocks.append(_block("section", _plain(f"and {left} more", TEXT)))
        return {"text": cut(_escaped(message.title), FALLBACK), "blocks": blocks}


def _block(kind: str, text: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "text": text}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, limit) or " ", "emoji": False}


def _text(part: Part) -> str:
    return "\n".join([part.title, *(f"{label}: {text}" for label, text in part.facts)])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
