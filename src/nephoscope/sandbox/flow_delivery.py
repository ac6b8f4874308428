"""VPC flow logs: what the company's traffic says, delivered in gz files to the flow logs' buckets."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.delivery import put_object
from nephoscope.sandbox.flow_logs import Traffic, parse, records
from nephoscope.sandbox.record import stamp

if TYPE_CHECKING:
    from nephoscope.sandbox.cloud import Cloud
    from nephoscope.sandbox.journal import Entry


@dataclass
class FlowCourier:
    """Delivers flow logs that go to S3.

    through: until when each has been delivered, by id. traffic: what incidents have added; kept in `traffic.jsonl`.
    """

    cloud: Cloud
    through: dict[str, datetime] = field(default_factory=dict)
    traffic: list[Traffic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._busy = threading.Lock()
        self.cloud.heard.append(self.hear)
        self._kept = self.cloud.folder / "traffic.jsonl"
        if self._kept.exists():
            self.traffic += [parse(json.loads(line)) for line in self._kept.read_text().splitlines()]

    def add(self, given: dict[str, Any]) -> dict[str, int]:
        """Tell of this traffic from now on. Raises TypeError or ValueError for what is none."""
        added = parse(given)
        with self._busy, self._kept.open("a") as kept:
            kept.write(json.dumps(given) + "\n")
            self.traffic.append(added)
        return {"traffic": len(self.traffic)}

    def hear(self, entry: Entry) -> None:
        """Take note of a delivery that the journal holds."""
        if found := entry.meta.get("flowed"):
            self.through[found["flow_log"]] = datetime.fromisoformat(found["until"])

    def deliver(self) -> int:
        """Deliver what flowed since the last time; returns the number of files."""
        with self._busy, self.cloud.locked():
            return sum(self._deliver(*found) for found in self._flow_logs())

    def _flow_logs(self) -> list[tuple[str, str, Any]]:
        return [
            (account, region, flow_log)
            for account, regions in list(self.cloud.backends.of("ec2").items())
            for region, backend in list(regions.items())
            for flow_log in backend.flow_logs.values()
            if flow_log.log_destination_type == "s3"
        ]

    def _deliver(self, account: str, region: str, flow_log: Any) -> int:
        ends_at = now().replace(microsecond=0)
        starts_at = self.through.get(flow_log.id) or self.cloud.founded_at
        lines = records(self.cloud.backends, account, region, flow_log, starts_at, ends_at, self.traffic)
        if len(lines) < 2:
            return 0
        bucket, _, prefix = str(flow_log.log_destination).rpartition(":::")[2].partition("/")
        content = gzip.compress(("\n".join(lines) + "\n").encode(), 6, mtime=0)
        folder = "/".join(part for part in (prefix.strip("/"), "AWSLogs", account, "vpcflowlogs", region) if part)
        mark = hashlib.sha256(content).hexdigest()[:8]
        name = f"{account}_vpcflowlogs_{region}_{flow_log.id}_{ends_at:%Y%m%dT%H%MZ}_{mark}.log.gz"
        place = SimpleNamespace(bucket=bucket, account=account, home_region=region)
        meta = {"flowed": {"flow_log": flow_log.id, "until": stamp(ends_at)}}
        return 0 if put_object(self.cloud, place, f"{folder}/{ends_at:%Y/%m/%d}/{name}", content, meta) else 1
