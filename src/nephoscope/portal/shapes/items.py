"""Resources: items, their revisions, what they are related to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Actor, Json, Page, Shape

ChangeKind = Literal["created", "changed", "deleted"]


class ItemRow(Shape):
    """A resource as it is now."""

    key: str = Field(description="Its name under /items: of account, region, type and id.")
    account: str
    region: str
    type: str
    id: str
    name: str
    arn: str
    tags: dict[str, str]
    captured_at: datetime = Field(description="When its latest revision was seen.")
    digest: str
    is_deleted: bool
    not_collected: int = Field(description="How many of its paths could not be read.")
    verdicts: dict[str, int] = Field(description="How many checks gave which verdict; Unknown included.")
    open_findings: int


class ItemPage(Page[ItemRow]):
    """Resources."""


class VerdictOf(Shape):
    """What a check says of a resource. verdict: Pass, Fail, NotApplicable, Unknown."""

    check: str
    title: str
    severity: str
    verdict: str
    reason: str
    changed_at: datetime
    failing_since: datetime | None


class Item(ItemRow):
    """A resource's revision, whole."""

    configuration: Json
    observed: Json
    not_collected_paths: dict[str, str] = Field(description="JSON pointer → why it could not be read.")
    verdict_list: list[VerdictOf]
    revisions: int
    first_seen_at: datetime | None


class PathChange(Shape):
    """One difference between two revisions; what may be a secret is masked."""

    path: str = Field(description="JSON pointer; elements of lists go by their natural key.")
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


class Flip(Shape):
    """A verdict that a change turned. previous: empty for a check's first verdict."""

    check: str
    title: str
    previous: str
    verdict: str
    reason: str
    changed_at: datetime


class ChangeRow(Shape):
    """A revision in the feed of changes."""

    key: str = Field(description="Its name under /changes.")
    item: str
    account: str
    region: str
    type: str
    id: str
    name: str
    captured_at: datetime
    kind: ChangeKind
    paths: list[str]
    digest: str
    previous_digest: str
    actor: str = Field(description="Empty where no actor could be proven.")
    actor_detail: Actor | None
    event: str = Field(description="Key under /events of the event that made it; empty if not known.")
    operation: str


class ChangePage(Page[ChangeRow]):
    """Revisions."""


class Change(ChangeRow):
    """A revision with its differences and the verdicts that it turned."""

    changes: list[PathChange]
    flips: list[Flip]
    attribution: Json


class TimelinePage(Page[Change]):
    """Every revision of one resource, the newest first."""


class Comparison(Shape):
    """How a resource differs between two moments; before or after is null where it did not exist then."""

    item: str
    from_at: datetime
    to_at: datetime
    before: Json | None
    after: Json | None
    changes: list[PathChange]
    actors: list[str] = Field(description="Who made the changes in between.")


class Neighbour(Shape):
    """A resource one relationship away. item: empty where it is not in the inventory."""

    item: str
    account: str
    region: str
    type: str
    id: str
    name: str
    kind: str = Field(description="is attached to, is contained in, uses, is associated with.")
    direction: Literal["out", "in"] = Field(description="`in`: the neighbour names this resource.")
    open_findings: int
    worst: str = Field(description="The gravest severity of its open findings; empty if it has none.")


class Neighbours(Shape):
    """One step of the graph around a resource."""

    item: str
    neighbours: list[Neighbour]
    is_cut: bool = False
