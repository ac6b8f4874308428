"""A day's ordinary changes by the company's people and programs, and the truth of who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.sandbox.changes import data, identities, machines
from nephoscope.sandbox.changes.script import Change, Script
from nephoscope.sandbox.company.reach import refuse_outside

if TYPE_CHECKING:
    from nephoscope.sandbox.company import Company

__all__ = ["Change", "play"]


def play(endpoint_url: str, *, company: Company, pace_s: float = 0.0) -> list[Change]:
    """Make more than a hundred changes over all types that an inventory reads; returns each one as it truly was.

    pace_s: seconds between two changes. Reads are among the calls too. Raises ConfigError for an endpoint that is not
    on the loopback.
    """
    refuse_outside(endpoint_url)
    script = Script(company, pace_s)
    machines.change(script)
    identities.change(script)
    data.change(script)
    return script.truth
