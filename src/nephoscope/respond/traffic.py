"""Observed flows → the sentence that says what cutting a host off cuts off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import Knowledge

DAYS = 7
NAMED = 8
UNITS = ("B", "kB", "MB", "GB", "TB")


def cut_off(known: Knowledge, account: str, addresses: Sequence[str], days: int = DAYS) -> str:
    """What these addresses spoke with, busiest first; that nothing is known is said too."""
    if not addresses:
        return "No address of it is known, so neither is what this cuts off."
    flows = sorted(known.flows(account, addresses, days), key=lambda flow: -int(flow.get("bytes") or 0))
    if not flows:
        return (
            f"No accepted flow of {', '.join(addresses[:4])} is on record in the last {days} days: either nothing is "
            "cut off, or flow logs are not collected."
        )
    named = ", ".join(_flow(flow) for flow in flows[:NAMED])
    more = f", and {len(flows) - NAMED} more" if len(flows) > NAMED else ""
    return f"Cuts off, by the flows of the last {days} days: {named}{more}."


def _flow(flow: State) -> str:
    direction = str(flow.get("direction") or "")
    port = f":{flow['port']}" if flow.get("port") else ""
    return f"{flow.get('peer')}{port} {direction} ({size(int(flow.get('bytes') or 0))})".replace("  ", " ")


def size(count: int) -> str:
    """A number of bytes for people."""
    amount, unit = float(count), UNITS[0]
    for unit in UNITS:  # noqa: B007  the unit is what the loop is for
        if amount < 1000 or unit == UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.3g} {unit}"
