"""SUSE's OVAL definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage
from nephoscope.model.coverage import Gap
from nephoscope.scan.feed import feed, specifics
from nephoscope.scan.oval import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.scan.oval import Definition

_PRODUCT = re.compile(
    r"(?:(SUSE) )?((?:Linux|Manager|Package Hub|CaaS|OpenStack|Enterprise|Container).*)|(openSUSE) (.*)"
)


@feed
def suse_oval(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """SUSE's vulnerabilities as OVAL: each CVE with the packages, by their binary names, of the products it is about.

    What SUSE says is not affected is left out; what it says is affected without a fix affects every version.
    Source: https://ftp.suse.com/pub/projects/security/oval/
    """
    for definition in definitions(content, origin):
        if isinstance(definition, Gap):
            yield definition
            continue
        cve = definition.title.partition(" ")[0]
        packages = list(_affected(definition))
        if not cve.startswith("CVE-"):
            yield Gap("record", f"{origin}: {definition.id}", "names no CVE")
        elif packages:
            scores = definition.scores("SUSE")
            yield Advisory(f"SUSE-{cve}", definition.modified, upstream=[cve], severity=scores, affected=packages)


def _affected(definition: Definition) -> Iterator[Affected]:
    for claim in definition.claims:
        for product in claim.products:
            if found := _PRODUCT.fullmatch(product):
                ecosystem = f"openSUSE:{found[4]}" if found[3] else f"SUSE:{found[2]}"
                yield Affected(
                    AffectedPackage(ecosystem, claim.package),
                    [definition.range_of(claim)],
                    ecosystem_specific=specifics(package="binary", module=claim.module, arch=claim.arch),
                )
