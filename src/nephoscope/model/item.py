"""Configuration items: a resource as it was at one moment, in CloudFormation shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Relationship:
    """`kind` ("is attached to", "is contained in", "uses", "is associated with") to another resource.

    id: as that resource's own item has it; account and region are this item's unless said.
    """

    kind: str
    type: str
    id: str


@dataclass(frozen=True)
class Place:
    """Where a template declares a resource; line from 1."""

    file: str
    line: int
    address: str = ""


@dataclass(frozen=True)
class Item:
    """A resource as it was at one moment.

    type: CloudFormation's, `AWS::S3::Bucket`. id: CloudFormation's primary identifier (bucket name, instance id);
    region: "global" for global services. configuration: the durable part, shaped as CloudFormation's schema has it,
    satellites folded in. observed: live facts that no template has and whose change makes no revision (last use,
    state of a counter). not_collected: {JSON pointer into configuration, or `/observed/…`: cause}.
    place: set for templates only.
    """

    type: str
    id: str
    account: str
    region: str
    configuration: Mapping[str, Any]
    observed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    not_collected: Mapping[str, str] = field(default_factory=dict[str, str])
    relationships: tuple[Relationship, ...] = ()
    arn: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    captured_at: datetime | None = None
    place: Place | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it this resource and no other: account, region, type, id."""
        return (self.account, self.region, self.type, self.id)
