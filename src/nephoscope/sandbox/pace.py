"""How often the sandbox delivers what AWS delivers every few minutes or every hour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds between deliveries of log files, of digests, and of flow logs."""

    delivery_s: float = 2.0
    digest_s: float = 60.0
    flow_log_s: float = 10.0
