"""CSAF 2.0: security advisories and VEX, as vendors publish them.

Source: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html, sections 3.2.2, 3.2.3 and 4.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import mapping, mappings, text, texts
from nephoscope.scan.vex import AFFECTED, FIXED, NOT_AFFECTED, OPEN, Said, Statement, format_of, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STATUSES = {
    "known_not_affected": NOT_AFFECTED,
    "known_affected": AFFECTED,
    "first_affected": AFFECTED,
    "last_affected": AFFECTED,
    "fixed": FIXED,
    "first_fixed": FIXED,
    "under_investigation": OPEN,
}
DEEPEST = 50
Parts = dict[str, tuple[str, list[str]]]  # product id → what it is called, the package URLs of its components


def _is_it(document: Mapping[str, Any]) -> bool:
    return "csaf_version" in mapping(document.get("document"))


@format_of(_is_it)
def csaf(document: Mapping[str, Any], origin: str) -> Said:
    """Each status of each product; a component of a product holds within that product only."""
    head = mapping(document.get("document"))
    tracking, author = mapping(head.get("tracking")), text(mapping(head.get("publisher")).get("name"))
    at = text(tracking.get("current_release_date"))
    return text(tracking.get("id")), author, _statements(document, at, origin)


def _statements(document: Mapping[str, Any], at: str, origin: str) -> Iterator[Statement | Gap]:
    parts = _products(mapping(document.get("product_tree")))
    for number, each in enumerate(mappings(document.get("vulnerabilities"))):
        yield from _of_vulnerability(each, parts, at, f"{origin}: vulnerabilities[{number}]")


def _of_vulnerability(each: Mapping[str, Any], parts: Parts, at: str, where: str) -> Iterator[Statement | Gap]:
    ids = tuple(filter(None, (text(one.get("text")) for one in mappings(each.get("ids")))))
    name = text(each.get("cve")) or (ids[0] if ids else "")
    status = mapping(each.get("product_status"))
    if not name or not status:
        yield Gap("record", where, "names no vulnerability, or no product's status")
    for word, products in status.items():
        for product in texts(products) if word in STATUSES else ():
            if product not in parts:
                yield Gap("record", where, f"names the product {product[:100]}, which the document does not have")
                continue
            why, said = _why(each, product)
            if STATUSES[word] == NOT_AFFECTED and not (why or said):
                yield Gap("record", where, f"says that {product[:100]} is not affected, and not why")
                continue
            yield from placed(Statement(name, ids, "", "", STATUSES[word], why, said, at), *parts[product])


def _why(vulnerability: Mapping[str, Any], product: str) -> tuple[str, str]:
    """(justification, impact) of a product that is not affected."""
    flags = mappings(vulnerability.get("flags"))
    label = next((text(each.get("label")) for each in flags if _covers(each, product)), "")
    threats = (each for each in mappings(vulnerability.get("threats")) if each.get("category") == "impact")
    return label, next((text(each.get("details")) for each in threats if _covers(each, product)), "")


def _covers(said: Mapping[str, Any], product: str) -> bool:
    return product in texts(said.get("product_ids")) or not (said.get("product_ids") or said.get("group_ids"))


def _products(tree: Mapping[str, Any]) -> Parts:
    named = list(mappings(tree.get("full_product_names")))
    named += _below(tree.get("branches"), 0)
    parts: Parts = {text(each.get("product_id")): (_purl(each) or text(each.get("name")), []) for each in named}
    for each in mappings(tree.get("relationships")):
        whole = mapping(each.get("full_product_name"))
        inner, outer = (parts.get(text(each.get(key))) for key in ("product_reference", "relates_to_product_reference"))
        if whole and inner and outer:
            parts[text(whole.get("product_id"))] = (outer[0], [inner[0]])
    return parts


def _below(branches: Any, depth: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for each in mappings(branches) if depth < DEEPEST else ():
        product = mapping(each.get("product"))
        found += [product] if product else []
        found += _below(each.get("branches"), depth + 1)
    return found


def _purl(product: Mapping[str, Any]) -> str:
    return text(mapping(product.get("product_identification_helper")).get("purl"))
