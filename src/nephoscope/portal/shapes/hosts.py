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
    """A host with its tables and what its last heartbeat said."""

    tables: list[TableRow]
    facts: Json


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
