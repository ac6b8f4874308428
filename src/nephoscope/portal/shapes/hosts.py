"""Hosts with an agent, what they told, and the tokens by which they join."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Json, Page, Shape


class HostRow(Shape):
    """A host. id: for ever; agent: of the key it has now. state: silent where it should have been heard of."""

    id: str
    agent: str
    state: Literal["waiting", "enrolled", "silent", "tampered", "left", "revoked"]
    cause: str
    hostname: str
    os: str
    instance: str
    account: str
    region: str
    image: str
    tags: dict[str, str]
    agent_version: str
    enrolled_at: datetime
    last_seen_at: datetime | None
    can: list[Literal["approve", "revoke"]]


class HostPage(Page[HostRow]):
    """Hosts."""


class TableRow(Shape):
    """A table that a host told of. cause: why its last look could not read it; it is then as it was before."""

    name: str
    rows: int
    at: datetime
    cause: str


class HostDetail(HostRow):
    """A host with its tables and what its last heartbeat said.

    resource_type, resource_id: what its findings are about; item: that in the inventory, empty outside of clouds.
    """

    tables: list[TableRow]
    facts: Json
    resource_type: str
    resource_id: str
    item: str


class HostMoment(Shape):
    """Something that happened to a host. key: of the finding or of the item, or the name of the table or path."""

    at: datetime
    kind: Literal["enrolled", "heard", "table", "file_changed", "file_restored", "opened", "resolved", "changed"]
    text: str
    severity: str
    key: str


class HostTimeline(Shape):
    """What happened to a host, the newest first. is_cut: there is more than is told."""

    items: list[HostMoment]
    is_cut: bool


class HostTable(TableRow):
    """A table's rows, each as the host told it."""

    items: list[Json]


class JoinTokenRow(Shape):
    """A token by which hosts join, without its text. uses: how many hosts may still join."""

    id: str
    uses: int
    state: Literal["valid", "used", "expired"]
    tags: dict[str, str]
    made_by: str
    made_at: datetime
    expires_at: datetime


class JoinTokenPage(Page[JoinTokenRow]):
    """Join tokens."""


class NewJoinToken(Shape):
    """A token to make. tags: given to the hosts that join by it."""

    uses: int = Field(default=1, ge=1, le=100_000)
    hours: int = Field(default=24, ge=1, le=8_784)
    tags: dict[str, str] = Field(default_factory=dict, max_length=50)


class MadeJoinToken(Shape):
    """A token and its text; shown once."""

    token: JoinTokenRow
    secret: str
