"""Trivy's JSON report (`trivy --format json --list-all-pkgs`).

Source: https://trivy.dev/latest/docs/configuration/reporting/#json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import mapping, mappings, text, texts
from nephoscope.scan.scanner_report import Held, Place, Reported, Told, decoded, package_from, report_format, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGE = "container_image"


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return "ArtifactName" in said and "SchemaVersion" in said


@report_format(_is_it, is_whole=True)
def trivy(content: bytes, origin: str) -> Iterator[Told]:
    """Packages and vulnerabilities of one artifact; misconfigurations, secrets and licences are counted and left."""
    said = decoded(content, origin)
    place = Place("image" if said.get("ArtifactType") == IMAGE else "host", text(said.get("ArtifactName")))
    lists_packages = False
    for result in mappings(said.get("Results")):
        where = f"{origin}: {text(result.get('Target'))}"
        for at, each in enumerate(mappings(result.get("Packages"))):
            lists_packages = True
            found = package_from(text(mapping(each.get("Identifier")).get("PURL")), f"{where}: Packages[{at}]")
            yield found if isinstance(found, Gap) else Held(place, found)
        for at, each in enumerate(mappings(result.get("Vulnerabilities"))):
            yield _reported(each, place, f"{where}: Vulnerabilities[{at}]")
        for name in ("Misconfigurations", "Secrets", "Licenses"):
            if count := len(list(mappings(result.get(name)))):
                yield Gap("record", f"{where}: {name}", f"{count} were left: they are about no package's version")
    if not lists_packages:
        yield Gap("look", origin, "lists no packages, only those with vulnerabilities: scan with --list-all-pkgs")


def _reported(each: Mapping[str, Any], place: Place, where: str) -> Told:
    found = package_from(text(mapping(each.get("PkgIdentifier")).get("PURL")), where)
    name = text(each.get("VulnerabilityID"))
    if isinstance(found, Gap) or not name:
        return found if isinstance(found, Gap) else Gap("record", where, "names no vulnerability")
    by_source = mapping(each.get("CVSS"))
    scores = mapping(by_source.get(text(each.get("SeveritySource"))) or by_source.get("nvd"))
    vectors = " ".join(filter(None, (text(scores.get(key)) for key in ("V40Vector", "V3Vector"))))
    fixed, severity = text(each.get("FixedVersion")), word_of(each.get("Severity"))
    return Reported(place, found, name, texts(each.get("VendorIDs")), fixed, severity, vectors)
