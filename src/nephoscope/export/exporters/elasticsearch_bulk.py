"""Notices to Elasticsearch or OpenSearch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.record import notice_record
from nephoscope.export.text import one_line
from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

INDEX = re.compile(r"[a-z0-9][a-z0-9_.-]{0,254}")
FILTER = "filter_path=errors,items.*.status,items.*._id,items.*.error.type,items.*.error.reason"
THERE = 409
AGAIN = (408, 429)


@dataclass(frozen=True, kw_only=True)
class ElasticsearchBulk(Exporter):
    """Elasticsearch or OpenSearch, by the bulk API: one document for each notice, created under the notice's id.

    What is there under that id already was taken before, and is not written again. A data stream may be named too.
    Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
    """

    url: str
    index: str = "nephoscope-findings"
    api_key_env: str = ""
    api_key_file: str = ""

    at_once: ClassVar[int] = 50

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        if not INDEX.fullmatch(self.index):
            raise ConfigError(f"{self.index!r} is no name of an index")
        headers = {"Content-Type": "application/x-ndjson"}
        if self.api_key_env or self.api_key_file:
            headers["Authorization"] = f"ApiKey {secret_of('api_key', self.api_key_env, self.api_key_file)}"
        url = f"{self.url.rstrip('/')}/{self.index}/_bulk?{FILTER}"
        answer = self.http(outside).post(url, self.body(notices), headers).accepted(now=outside.now())
        return _failures(notices, answer.json())

    def body(self, notices: Sequence[Notice]) -> bytes:
        """Pairs of lines: what to do, and the document."""
        lines: list[bytes] = []
        for notice in notices:
            lines.append(msgspec.json.encode({"create": {"_id": notice.id}}))
            lines.append(msgspec.json.encode(document(notice)))
        return b"\n".join([*lines, b""])


def document(notice: Notice) -> dict[str, Any]:
    """The notice, with the names of Elastic's Common Schema where there is one."""
    finding = notice.stored.finding
    return {
        "@timestamp": notice.at,
        "message": one_line(f"{notice.what}: {finding.title}"),
        "event": {
            "id": notice.id,
            "kind": "alert",
            "module": "nephoscope",
            "severity": finding.severity.rank,
            "reason": finding.reason,
        },
        "rule": {"id": finding.rule, "name": finding.title},
        "cloud": {"account": {"id": finding.resource.account}, "region": finding.resource.region},
        "nephoscope": notice_record(notice),
    }


def _failures(notices: Sequence[Notice], answer: Any) -> Failures:
    """What was not taken; the answer's items stand in the order of what was sent."""
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != len(notices):
        raise DeliveryError("Elasticsearch", "the answer does not say what became of each document")
    failures: Failures = {}
    for notice, item in zip(notices, items, strict=True):
        told = item.get("create", {}) if isinstance(item, dict) else {}
        status = told.get("status", 0)
        if status // 100 == 2 or status == THERE:
            continue
        error = told.get("error", {})
        said = one_line(f"answered {status}: {error.get('type', '')}: {error.get('reason', '')}", 300)
        is_final = status // 100 == 4 and status not in AGAIN
        failures[notice.id] = DeliveryError("Elasticsearch", said, is_final=is_final)
    return failures
