"""Incidents in PagerDuty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.message import message_of, who
from nephoscope.export.text import cut, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

SEVERITIES = {"critical": "critical", "high": "error", "medium": "warning", "low": "info", "informational": "info"}
SUMMARY = 1024


@dataclass(frozen=True, kw_only=True)
class PagerdutyEvents(Exporter):
    """PagerDuty, by its Events API v2: one incident per finding, triggered, and resolved when the finding is.

    Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
    """

    routing_key_env: str = ""
    routing_key_file: str = ""
    url: str = "https://events.pagerduty.com/v2/enqueue"

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        key = secret_of("routing_key", self.routing_key_env, self.routing_key_file)
        for notice in notices:
            body = json.dumps(self.event(notice, key)).encode()
            answer = self.http(outside).post(self.url, body, {"Content-Type": "application/json"})
            answer.accepted(now=outside.now())
        return {}

    def event(self, notice: Notice, key: str) -> dict[str, Any]:
        """The event; its dedup_key is the finding's uid, so that repeating it changes nothing."""
        event = {
            "routing_key": key,
            "event_action": "resolve" if notice.is_over else "trigger",
            "dedup_key": notice.uid,
        }
        if notice.is_over:
            return event
        finding = notice.stored.finding
        payload = {
            "summary": cut(message_of(notice).title, SUMMARY),
            "source": one_line(finding.resource.id or finding.resource.account, 255) or "nephoscope",
            "severity": SEVERITIES.get(str(finding.severity), "info"),
            "timestamp": notice.at.isoformat(),
            "component": one_line(finding.resource.type, 255),
            "group": one_line(finding.resource.account, 255),
            "class": one_line(finding.rule, 255),
            "custom_details": dict(message_of(notice).parts[0].facts) | {"actor": one_line(who(notice.stored))},
        }
        link = self.linked(notice.uid)
        links = [{"href": link, "text": "Open in Nephoscope"}] if link else []
        return event | {"payload": payload, "client": "Nephoscope", "links": links}
