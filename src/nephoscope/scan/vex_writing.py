"""Statements about vulnerabilities → a VEX document in OpenVEX or CycloneDX.

Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope import __version__
from nephoscope.scan.vex import AFFECTED, FIXED, NOT_AFFECTED, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from nephoscope.scan.vex import Statement

_SPACE = uuid.UUID("0b5f4b3e-9a53-5b1b-8f0e-6a2f9f7d1c22")
_STATES = {AFFECTED: "exploitable", FIXED: "resolved", NOT_AFFECTED: "not_affected", OPEN: "in_triage"}
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "code_not_reachable",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
_OF_CYCLONEDX = (
    *("code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency"),
    *("requires_environment", "protected_by_compiler", "protected_at_runtime", "protected_at_perimeter"),
    "protected_by_mitigating_control",
)


def openvex(statements: Iterable[Statement], author: str, at: datetime) -> bytes:
    """An OpenVEX 0.2.0 document; its id is made of what it says."""
    said = [_statement(each, at) for each in statements]
    body = {"author": author, "timestamp": at.isoformat(), "version": 1, "tooling": f"nephoscope {__version__}"}
    id_ = f"urn:uuid:{uuid.uuid5(_SPACE, msgspec.json.encode([author, said]).decode())}"
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": id_}
    return msgspec.json.format(msgspec.json.encode(head | body | {"statements": said}), indent=1) + b"\n"


def _statement(each: Statement, at: datetime) -> dict[str, Any]:
    product: dict[str, Any] = {"@id": each.product or each.component}
    if each.product and each.component:
        product["subcomponents"] = [{"@id": each.component}]
    names = {"name": each.vulnerability} | ({"aliases": list(each.aliases)} if each.aliases else {})
    said: dict[str, Any] = {"vulnerability": names, "products": [product], "status": each.status}
    said["timestamp"] = each.at or at.isoformat()
    if each.status == NOT_AFFECTED:
        known = each.justification in _JUSTIFICATIONS
        said |= {"justification": each.justification} if known else {}
        if impact := each.said or ("" if known else each.justification):
            said["impact_statement"] = impact
    elif each.status == AFFECTED:
        said["action_statement"] = each.said or "No version that fixes it is known."
    elif each.said:
        said["status_notes"] = each.said
    return said


def cyclonedx(statements: Iterable[Statement], author: str, at: datetime) -> bytes:
    """A CycloneDX 1.6 document of analyses. What holds within one product only is said of it in the detail."""
    chosen = list(statements)
    components = {each.component or each.product for each in chosen}
    content = {
        "metadata": {
            "timestamp": at.isoformat(),
            "supplier": {"name": author},
            "tools": {"components": [{"type": "application", "name": "nephoscope", "version": __version__}]},
        },
        "components": [_component(each) for each in sorted(components)],
        "vulnerabilities": [_vulnerability(each) for each in chosen],
    }
    number = uuid.uuid5(_SPACE, msgspec.json.encode(content).decode())
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1}
    return msgspec.json.format(msgspec.json.encode(head | content), indent=1) + b"\n"


def _component(name: str) -> dict[str, str]:
    short = name.partition("?")[0].rpartition("/")[2].partition("@")[0] or name
    purl = {"purl": name} if name.startswith("pkg:") else {}
    return {"bom-ref": name, "type": "library", "name": short} | purl


def _vulnerability(each: Statement) -> dict[str, Any]:
    why = _JUSTIFICATIONS.get(each.justification, each.justification)
    within = f"within {each.product}" if each.product and each.component else ""
    detail = "; ".join(filter(None, (within, each.said, "" if why in _OF_CYCLONEDX else each.justification)))
    analysis: dict[str, Any] = {"state": _STATES[each.status]}
    analysis |= {"justification": why} if why in _OF_CYCLONEDX and each.status == NOT_AFFECTED else {}
    analysis |= {"detail": detail} if detail else {}
    references = [{"id": alias, "source": {"name": "alias"}} for alias in each.aliases]
    said: dict[str, Any] = {"id": each.vulnerability, "affects": [{"ref": each.component or each.product}]}
    return said | ({"references": references} if references else {}) | {"analysis": analysis}


WRITERS: Mapping[str, Callable[[Iterable[Statement], str, datetime], bytes]] = {
    "openvex": openvex,
    "cyclonedx": cyclonedx,
}
