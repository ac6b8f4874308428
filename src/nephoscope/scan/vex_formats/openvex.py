"""OpenVEX, 0.0.1 to 0.2.0.

Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import items, mapping, mappings, text, texts
from nephoscope.scan.vex import NOT_AFFECTED, STATUSES, Said, Statement, format_of, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _is_it(document: Mapping[str, Any]) -> bool:
    return "openvex" in text(document.get("@context"))


@format_of(_is_it)
def openvex(document: Mapping[str, Any], origin: str) -> Said:
    """Each statement of each product; a component's statement holds within its product only."""
    return text(document.get("@id")), text(document.get("author")), _statements(document, origin)


def _statements(document: Mapping[str, Any], origin: str) -> Iterator[Statement | Gap]:
    for at, each in enumerate(mappings(document.get("statements"))):
        where = f"{origin}: statements[{at}]"
        statement = _statement(each, text(document.get("timestamp")))
        if isinstance(statement, str):
            yield Gap("record", where, statement)
            continue
        found = [_product(one) for one in items(each.get("products"))]
        if not any(name for name, _ in found):
            yield Gap("record", where, "names no product")
        for name, components in found:
            if name:
                yield from placed(statement, name, components)


def _statement(said: Mapping[str, Any], at: str) -> Statement | str:
    named = mapping(said.get("vulnerability"))
    name = text(named.get("name")) or text(named.get("@id")) or text(said.get("vulnerability"))
    aliases = texts(named.get("aliases"))
    status, impact = text(said.get("status")), text(said.get("impact_statement"))
    if not name:
        return "names no vulnerability"
    if status not in STATUSES:
        return f"has the status {status[:40]!r}, none of {', '.join(STATUSES)}"
    if status == NOT_AFFECTED and not (said.get("justification") or impact):
        return "says not_affected, and neither a justification nor an impact"
    more = impact or text(said.get("action_statement")) or text(said.get("status_notes"))
    return Statement(
        name, aliases, "", "", status, text(said.get("justification")), more, text(said.get("timestamp")) or at
    )


def _product(said: Any) -> tuple[str, list[str]]:
    """(its package URL or id, those of its components)"""
    parts = [found for each in items(mapping(said).get("subcomponents")) if (found := _identified(each))]
    return _identified(said), parts


def _identified(said: Any) -> str:
    named = mapping(said)
    return text(mapping(named.get("identifiers")).get("purl")) or text(named.get("@id")) or text(said)
