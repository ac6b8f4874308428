"""Azure Linux's OVAL definitions, and those of CBL-Mariner, as it was called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import feed
from nephoscope.scan.oval import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.oval import Definition

_RELEASE = re.compile(r"([0-9]+)\.[0-9]+")
NOT_AFFECTED = "Not Applicable"


@feed
def azure_linux_oval(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One release of Azure Linux as OVAL: each CVE with the package it is in; the file's name says the release.

    Source: https://github.com/microsoft/AzureLinuxVulnerabilityData
    """
    release = _RELEASE.search(origin.rpartition("/")[2])
    if release is None:
        raise SourceError(
            origin, "has no release in its name, as in azurelinux-3.0-oval.xml, which says what it is about"
        )
    ecosystem = f"Azure Linux:{release[1]}"
    for definition in definitions(content, origin):
        if isinstance(definition, Gap):
            yield definition
            continue
        cve = next((id for source, id in definition.references if source == "CVE"), "")
        if not cve or not definition.claims:
            yield Gap("record", f"{origin}: {definition.id}", "names no CVE" if not cve else "names no package")
        elif definition.patchable != NOT_AFFECTED:
            yield _advisory(definition, cve, ecosystem)


def _advisory(definition: Definition, cve: str, ecosystem: str) -> Advisory:
    packages = [
        Affected(AffectedPackage(ecosystem, claim.package), [definition.range_of(claim)]) for claim in definition.claims
    ]
    id = f"AZL-{definition.id.rpartition(':')[2]}"
    scores = definition.scores("Azure Linux")
    return Advisory(id, definition.modified, upstream=[cve], severity=scores, affected=packages)
