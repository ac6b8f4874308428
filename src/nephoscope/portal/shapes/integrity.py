"""Files of hosts: what changed in them, and what they are compared with."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class FileChangeRow(Shape):
    """A path that is not as its host's baseline has it. change: of path and content, the same on every host.

    explained: by whom or what is said in explanation and trust. ended_at: when it was as it was again.
    """

    id: str
    change: str
    host: str
    hostname: str
    instance: str
    account: str
    region: str
    path: str
    class_name: str
    severity: str
    explanation: str
    explained: bool
    approved: bool
    trust: str
    package: str
    sha256: str
    first_at: datetime
    at: datetime
    ended_at: datetime | None
    state: Literal["unexplained", "explained", "ended"]


class FileChangePage(Page[FileChangeRow]):
    """Changes of files."""


class FileBaselineRow(Shape):
    """What a watched folder of a host is compared with. replaced: the host compares with another one than holds here.

    oldest_hash_at: since when every part was read whole.
    """

    id: str
    host: str
    hostname: str
    account: str
    region: str
    path: str
    root: str
    replaced: bool
    entries: int
    unseen: int
    explained: int
    unexplained: int
    adopted_at: datetime
    looked_at: datetime
    oldest_hash_at: datetime | None


class FileBaselinePage(Page[FileBaselineRow]):
    """Baselines of hosts."""


class FileApproving(Shape):
    """Changes to approve on every host, and why."""

    changes: list[str] = Field(min_length=1, max_length=500)
    why: str = Field(min_length=1, max_length=2_000)


class FileApproved(Shape):
    """How many findings ended with it."""

    ended: int
