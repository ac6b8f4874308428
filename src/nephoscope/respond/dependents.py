"""Sentences about what uses a resource, by the inventory, so that a plan says what stops with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nephoscope.model.response import State, Target
    from nephoscope.respond.action import Knowledge

NAMED = 8


def used_by(known: Knowledge, target: Target) -> str:
    """A sentence: which resources name this one, as last read; that nothing is known is said as such."""
    if known.item(target.type, target.id, target.account, target.region) is None:
        return f"{target.id} was not read yet: what depends on it is not known."
    found = known.dependents(target.type, target.id, target.account)
    if not found:
        return f"No other resource of its account names {target.id}, as last read."
    named = ", ".join(_shown(each) for each in found[:NAMED])
    more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"What names {target.id}, as last read, and may depend on it: {named}{more}."


def _shown(item: State) -> str:
    return f"{str(item['type']).removeprefix('AWS::')} {item.get('name') or item['id']}"
