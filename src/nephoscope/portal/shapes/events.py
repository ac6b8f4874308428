"""Events: OCSF columns by their dotted names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from nephoscope.portal.shapes.common import Page, Shape


class EventRow(Shape):
    """An event in a list; its fields go by OCSF's dotted paths."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, from_attributes=True)

    key: str = Field(description="Its name under /events.")
    time: datetime
    uid: str = Field(alias="metadata.uid")
    source: str = Field(alias="metadata.log_name")
    provider: str = Field(alias="cloud.provider")
    account: str = Field(alias="cloud.account.uid")
    region: str = Field(alias="cloud.region")
    service: str | None = Field(alias="api.service.name")
    operation: str | None = Field(alias="api.operation")
    error: str | None = Field(alias="api.response.error")
    actor_uid: str | None = Field(alias="actor.user.uid")
    actor_type: str | None = Field(alias="actor.user.type")
    actor_name: str | None = Field(alias="actor.user.name")
    credential: str | None = Field(alias="actor.user.credential_uid")
    ip: str | None = Field(alias="src_endpoint.ip")
    user_agent: str | None = Field(alias="http_request.user_agent")
    dst_ip: str | None = Field(alias="dst_endpoint.ip")
    dst_port: int | None = Field(alias="dst_endpoint.port")
    disposition: str | None
    is_read_only: bool | None
    resource_uids: list[str]


class EventPage(Page[EventRow]):
    """Events, the newest first."""


class Event(Shape):
    """An event, whole. record: every OCSF column that it has; request, response and unmapped are decoded."""

    key: str
    record: dict[str, Any]
    request: Any = None
    response: Any = None
    unmapped: Any = None
    findings: list[str] = Field(description="Uids of findings that it belongs to.")


class Bucket(Shape):
    """How many events lie in a span of time."""

    start_at: datetime
    count: int


class Histogram(Shape):
    """Events over time. step_s: the width of a bucket."""

    step_s: int
    buckets: list[Bucket]


class Sql(Shape):
    """A statement that reads the lake."""

    sql: str = Field(min_length=1, max_length=20_000)
    limit: int = Field(default=1_000, ge=1, le=10_000)


class SqlResult(Shape):
    """A statement's answer. rows: values in order of columns."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    is_cut: bool
    elapsed_ms: int
