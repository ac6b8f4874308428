"""Groups and who is in them beside those whose first group it is."""

from __future__ import annotations

from typing import Any

from nephoscope.agent import accounts
from nephoscope.agent.host import Host


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per line of group."""
    return [{"name": each.name, "gid": each.gid, "members": sorted(each.members)} for each in accounts.groups(host)]
