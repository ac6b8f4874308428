"""Waivers: an accepted exception, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Waiver:
    """Findings in `scope` (CEL over a finding) are accepted until `expires_at`.

    A waiver holds only once somebody other than the requester has approved it, and not after it expired or was revoked.
    """

    uid: str
    scope: str
    reason: str
    owner: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    revoked_by: str = ""
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it applies at a moment."""
        return self.approved_at is not None and self.revoked_at is None and now < self.expires_at
