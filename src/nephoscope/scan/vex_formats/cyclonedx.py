"""CycloneDX: vulnerabilities with an analysis, 1.4 to 1.6.

Source: https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import mapping, mappings, text
from nephoscope.scan.vex import AFFECTED, FIXED, NOT_AFFECTED, OPEN, Said, Statement, format_of, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STATES = {
    "resolved": FIXED,
    "resolved_with_pedigree": FIXED,
    "exploitable": AFFECTED,
    "in_triage": OPEN,
    "false_positive": NOT_AFFECTED,
    "not_affected": NOT_AFFECTED,
}


def _is_it(document: Mapping[str, Any]) -> bool:
    return document.get("bomFormat") == "CycloneDX" and isinstance(document.get("vulnerabilities"), list)


@format_of(_is_it)
def cyclonedx(document: Mapping[str, Any], origin: str) -> Said:
    """Each analysis of each component that it affects; it holds within the document's own component only."""
    metadata = mapping(document.get("metadata"))
    author, at = text(mapping(metadata.get("supplier")).get("name")), text(metadata.get("timestamp"))
    root = mapping(metadata.get("component"))
    return text(document.get("serialNumber")), author, _statements(document, root, at, origin)


def _statements(
    document: Mapping[str, Any], root: Mapping[str, Any], at: str, origin: str
) -> Iterator[Statement | Gap]:
    known = {text(each.get("bom-ref")): text(each.get("purl")) for each in mappings(document.get("components"))}
    product, own = _product(root)
    for number, each in enumerate(mappings(document.get("vulnerabilities"))):
        where = f"{origin}: vulnerabilities[{number}]"
        statement = _statement(each, at)
        if statement is None:
            continue  # a vulnerability that nobody has judged says nothing
        if isinstance(statement, str):
            yield Gap("record", where, statement)
            continue
        refs = [text(one.get("ref")) for one in mappings(each.get("affects"))]
        if not any(refs):
            yield Gap("record", where, "affects nothing that it names")
        for ref in filter(None, refs):
            component = known.get(ref) or _linked(ref)
            if ref in own:
                yield from placed(statement, product, [])
            elif component:
                yield from placed(statement, product, [component]) if product else placed(statement, component, [])
            else:
                yield Gap("record", where, f"affects {ref[:100]}, which has no package URL")


def _product(root: Mapping[str, Any]) -> tuple[str, set[str]]:
    """(what the document is about, the references to it)"""
    version = text(root.get("version"))
    name = text(root.get("name")) + (f":{version}" if version else "")
    return text(root.get("purl")) or name, {text(root.get("bom-ref"))} - {""}


def _linked(ref: str) -> str:
    """The package URL that a reference is, also one into another document."""
    link = unquote(ref.partition("#")[2]) if ref.startswith("urn:cdx:") else ref
    return link if link.startswith("pkg:") else ""


def _statement(said: Mapping[str, Any], at: str) -> Statement | str | None:
    analysis = mapping(said.get("analysis"))
    if not analysis:
        return None
    name, state = text(said.get("id")), text(analysis.get("state"))
    if not name:
        return "names no vulnerability"
    if state not in STATES:
        return f"has the state {state[:40]!r}, none of {', '.join(STATES)}"
    aliases = tuple(filter(None, (text(each.get("id")) for each in mappings(said.get("references")))))
    when = text(analysis.get("lastUpdated")) or text(said.get("updated")) or at
    detail, why = text(analysis.get("detail")), text(analysis.get("justification"))
    return Statement(name, aliases, "", "", STATES[state], why, detail, when)
