"""Oracle Linux's OVAL definitions."""

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

_PRODUCT = re.compile(r"Oracle Linux ([0-9]+)")
_KSPLICE = re.compile(r"\.ksplice[0-9]*\.")


@feed
def oracle_oval(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """Oracle's errata as OVAL: each ELSA with the packages of a release that it fixes, by architecture.

    Packages built for Ksplice have versions of their own, and are judged by advisories for Ksplice alone.
    Limits: fixes only; what Oracle has not fixed is in no file of it.
    Source: https://linux.oracle.com/security/oval/
    """
    for definition in definitions(content, origin):
        if isinstance(definition, Gap):
            yield definition
            continue
        id = next((id for source, id in definition.references if source == "elsa"), "")
        packages = list(_affected(definition))
        if not id or not packages:
            cause = "names no package of a release of Oracle Linux" if id else "names no ELSA"
            yield Gap("record", f"{origin}: {definition.id}", cause)
            continue
        cves = [id for source, id in definition.references if source == "CVE"]
        scores = definition.scores("Oracle")
        yield Advisory(
            id, definition.modified, related=cves, summary=definition.title, severity=scores, affected=packages
        )


def _affected(definition: Definition) -> Iterator[Affected]:
    for claim in definition.claims:
        fixed = claim.events[-1].fixed or ""
        module = "ksplice" if _KSPLICE.search(fixed) else claim.module
        for product in claim.products:
            if release := _PRODUCT.match(product):
                yield Affected(
                    AffectedPackage(f"Oracle Linux:{release[1]}", claim.package),
                    [definition.range_of(claim)],
                    ecosystem_specific=specifics(module=module, arch=claim.arch),
                )
