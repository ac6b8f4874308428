"""Notices to Microsoft Teams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.export.exporter import Messenger, secret_of
from nephoscope.export.text import cut

if TYPE_CHECKING:
    from nephoscope.export.exporter import Outside
    from nephoscope.export.message import Message, Part

BYTES = 26_000  # of 28 kB that Teams takes
FACT = 500
COLOURS = {"critical": "attention", "high": "attention", "medium": "warning"}


@dataclass(frozen=True, kw_only=True)
class TeamsWebhook(Messenger):
    """Microsoft Teams, by a workflow's webhook: an adaptive card in which texts from outside are no markup.

    Limits: Teams knows no repeated message again.
    Source: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    """

    url_env: str = ""
    url_file: str = ""

    def tell(self, message: Message, outside: Outside) -> None:
        url = secret_of("url", self.url_env, self.url_file)
        body = json.dumps(self.document(message)).encode()
        self.http(outside).post(url, body, {"Content-Type": "application/json"}).accepted(now=outside.now())

    def document(self, message: Message) -> dict[str, Any]:
        """The card: as many findings as Teams takes, and how many more there are."""
        body = [_run(message.title, weight="bolder", color=COLOURS.get(message.severity, "default"))]
        size = 1_000 + len(json.dumps(body))
        shown = 0
        for part in message.parts:
            blocks = self._blocks(part)
            size += len(json.dumps(blocks))
            if size > BYTES:
                break
            body += blocks
            shown += 1
        if left := message.left + len(message.parts) - shown:
            body.append(_run(f"and {left} more"))
        content = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        card = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
        return {"type": "message", "attachments": [card]}

    def _blocks(self, part: Part) -> list[dict[str, Any]]:
        blocks = [_run(part.title, weight="bolder")]
        blocks += [_run(f"{label}: {cut(text, FACT)}", size="small") for label, text in part.facts]
        if self.link:
            action = {"type": "Action.OpenUrl", "title": "Open in Nephoscope", "url": self.linked(part.uid)}
            blocks.append({"type": "ActionSet", "actions": [action]})
        return blocks


def _run(text: str, **style: str) -> dict[str, Any]:
    """A paragraph that is shown as it is: a TextBlock would take markup in it for markup."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text or " ", **style}]}
