"""Packages → a CycloneDX 1.6 document, the same for the same packages.

Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.agent.packages.package import Package

_ROOT = "target"
_SPACE = uuid.UUID("6f2a3d0c-6d0f-5f0e-9f5e-2f3f7c1b7a10")


def document(name: str, kind: str, packages: Sequence[Package], *, is_whole: bool) -> bytes:
    """A bill of materials as JSON.

    name, kind: the target's. packages: of one package URL, all places are told in one component. is_whole: whether
    everything could be read; if not, the document says that it is incomplete.
    """
    ordered = sorted(packages, key=lambda each: (each.purl, each))
    components = [_component(purl, list(same)) for purl, same in groupby(ordered, key=lambda each: each.purl)]
    content: dict[str, Any] = {
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "nephoscope", "version": __version__}]},
            "component": {"bom-ref": _ROOT, "type": _TYPES.get(kind, "file"), "name": name},
        },
        "components": components,
        "dependencies": [{"ref": _ROOT, "dependsOn": [each["bom-ref"] for each in components]}],
    }
    if not is_whole:
        content["compositions"] = [{"aggregate": "incomplete", "assemblies": [_ROOT]}]
    number = uuid.uuid5(_SPACE, msgspec.json.encode(content).decode())
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1}
    return msgspec.json.format(msgspec.json.encode(head | content), indent=1) + b"\n"


_TYPES = {"folder": "operating-system", "image": "container", "disk": "device"}


def _component(purl: str, same: Sequence[Package]) -> dict[str, Any]:
    first = same[0]
    layers = sorted({each.layer for each in same if each.layer})
    properties = [("ecosystem", first.ecosystem), ("module", first.module), *(("layer", layer) for layer in layers)]
    return {
        "bom-ref": purl,
        "type": "library",
        "name": first.name,
        "version": first.version,
        "purl": purl,
        "properties": [{"name": f"nephoscope:{name}", "value": value} for name, value in properties if value],
        "evidence": {"occurrences": [{"location": location} for location in sorted({each.location for each in same})]},
    }
