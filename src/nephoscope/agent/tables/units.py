"""systemd's units: state, what they start, as whom and when; sockets and timers among them."""

from __future__ import annotations

from typing import Any

from nephoscope.agent.host import Host
from nephoscope.agent.units import units


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per unit that has a file."""
    return [
        {"name": unit.name, "path": unit.path, "state": unit.state, "settings": unit.settings}
        for unit in units(host).values()
    ]
