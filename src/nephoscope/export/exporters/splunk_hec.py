"""Notices to Splunk's HTTP event collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.record import notice_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice


@dataclass(frozen=True, kw_only=True)
class SplunkHec(Exporter):
    """Splunk, by its HTTP event collector: one event for each notice, many in a call.

    Limits: Splunk knows no repeated event again; `dedup id` in a search does.
    Source: https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
    """

    url: str
    token_env: str = ""
    token_file: str = ""
    index: str = ""
    sourcetype: str = "nephoscope:finding"

    at_once: ClassVar[int] = 50

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        token = secret_of("token", self.token_env, self.token_file)
        body = b"\n".join(msgspec.json.encode(self.event(notice)) for notice in notices)
        headers = {"Authorization": f"Splunk {token}", "Content-Type": "application/json"}
        url = f"{self.url.rstrip('/')}/services/collector/event"
        self.http(outside).post(url, body, headers).accepted(now=outside.now())
        return {}

    def event(self, notice: Notice) -> dict[str, Any]:
        """The event; its time is when the finding changed."""
        event = {
            "time": round(notice.at.timestamp(), 3),
            "host": "nephoscope",
            "source": "nephoscope",
            "sourcetype": self.sourcetype,
            "event": notice_record(notice),
        }
        return event | ({"index": self.index} if self.index else {})
