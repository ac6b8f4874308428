"""Declared resources → configuration items, as checks get live ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.defaults import complete
from nephoscope.inventory.templates.fold import Declared, fold
from nephoscope.inventory.templates.unresolved import escape
from nephoscope.model.item import Item, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

LITERAL = frozenset(["CidrIp", "CidrIpv6", "CidrBlock", "Ipv6CidrBlock", "Runtime", "PublicAccessCidrs"])
MAX_DEPTH = 100


def items_of(declared: list[Declared]) -> Iterator[Item]:
    """The items of one template or module: satellites folded in, defaults filled in.

    A satellite whose parent is in the template is part of its parent, and no item.
    """
    for each in fold(declared):
        if not each.folded:
            yield from map(item_of, _apart(each))


def _apart(declared: Declared) -> list[Declared]:
    """The rules of a satellite that holds several and found no parent, each by itself."""
    rule = next((each for each in declared.folds if each.extend), None)
    elements = declared.properties.get(rule.only) if rule else None
    if not isinstance(elements, list):
        return [declared]
    under = f"/{rule.only}/" if rule else ""
    return [
        replace(
            declared,
            properties=element if isinstance(element, dict) else {},
            not_collected={
                pointer.removeprefix(f"{under}{place}"): cause
                for pointer, cause in declared.not_collected.items()
                if f"{pointer}/".startswith(f"{under}{place}/")
            },
        )
        for place, element in enumerate(elements)
    ]


def item_of(declared: Declared) -> Item:
    """One resource's item: id is the template's own name for it, name the one it will have, where it is known."""
    complete(declared)
    holes = dict(declared.not_collected)
    _symbols(declared.properties, "", holes, 0)
    return Item(
        type=declared.type,
        id=declared.address or declared.id,
        account="",
        region="",
        configuration=declared.properties,
        not_collected=holes,
        name=declared.name,
        tags=_tags(declared.properties.get("Tags")),
        place=Place(declared.file, declared.line, declared.address or declared.id),
    )


def _symbols(value: Any, pointer: str, holes: dict[str, str], depth: int) -> None:
    """Note the references that stand where a check needs the value itself; there `${Vpc.CidrBlock}` says nothing."""
    if depth > MAX_DEPTH:
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        place = f"{pointer}/{escape(key)}"
        if isinstance(each, (dict, list)) and key not in LITERAL:
            _symbols(each, place, holes, depth + 1)
        elif key in LITERAL and "${" in str(each):
            holes[place] = "it is known only when deployed"


def _tags(tags: Any) -> dict[str, str]:
    if not isinstance(tags, list):
        return {}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags if isinstance(tag, dict) and "Key" in tag}
