"""What the scripts of incidents share: calls by credentials that were found, from an address, with a client's name."""

from __future__ import annotations

import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote

from nephoscope.model.errors import StoreError
from nephoscope.sandbox import flow_logs
from nephoscope.sandbox.company.reach import REGIONS, SOURCE_IP_HEADER, Keys, Reach, refuse_outside

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Attack:
    """An incident as it is played. done: what was tried, each step with its outcome."""

    endpoint_url: str
    pace_s: float = 0.0
    tell: Callable[[str], None] | None = None
    done: list[str] = field(default_factory=list)
    reach: Reach | None = None

    def __post_init__(self) -> None:
        refuse_outside(self.endpoint_url)

    def use(self, keys: Keys, source_ip: str, user_agent: str) -> None:
        """Go on with these credentials, from that address, as that client."""
        self.reach = Reach(self.endpoint_url, keys, source_ip, user_agent)

    def call(self, service: str, operation: str, *, region: str = REGIONS[0], **parameters: Any) -> Any:
        """Call AWS; None where AWS refuses, which an attacker takes as it comes."""
        from botocore.exceptions import ClientError

        if self.reach is None:
            raise ValueError("an attack needs credentials first: Attack.use")
        self._wait()
        try:
            answer = getattr(self.reach.client(service, region), operation)(**parameters)
        except ClientError as error:
            self.note(f"{service}:{operation} {error.response.get('Error', {}).get('Code', 'refused')}")
            return None
        self.note(f"{service}:{operation}")
        return answer

    def read_publicly(self, bucket: str, key: str, source_ip: str, user_agent: str) -> str:
        """Read an object, or with an empty key a bucket's list, as anybody may; "" where S3 refuses."""
        self._wait()
        headers = {SOURCE_IP_HEADER: source_ip, "User-Agent": user_agent}
        url = f"{self.endpoint_url}/{bucket}" + (f"/{quote(key)}" if key else "?list-type=2")
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback, checked above
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                text = answer.read(1 << 20).decode("utf-8", "replace")
        except HTTPError as error:
            self.note(f"GET {bucket}/{key} {error.code}")
            return ""
        self.note(f"GET {bucket}/{key}")
        return text

    def traffic(self, traffic: flow_logs.Traffic) -> None:
        """Have flow logs tell of it; an endpoint without flow logs leaves it out."""
        try:
            flow_logs.add(self.endpoint_url, traffic)
        except StoreError:
            self.note("no flow logs here")

    def note(self, what: str) -> None:
        """Keep what was done, and tell who listens."""
        self.done.append(what)
        if self.tell:
            self.tell(what)

    def _wait(self) -> None:
        if self.pace_s > 0:
            time.sleep(self.pace_s)


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
