"""Grype's JSON report (`grype -o json`).

Source: https://github.com/anchore/grype/blob/main/grype/presenter/models/document.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import mapping, mappings, text, texts
from nephoscope.scan.reports.syft import place_of, url_of
from nephoscope.scan.scanner_report import Place, Reported, Told, decoded, package_from, report_format, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return isinstance(said.get("matches"), list) and "source" in said


@report_format(_is_it)
def grype(content: bytes, origin: str) -> Iterator[Told]:
    """Each match of one source; packages without a vulnerability are not in the report."""
    said = decoded(content, origin)
    place = place_of(mapping(said.get("source")))
    for at, each in enumerate(mappings(said.get("matches"))):
        yield _reported(each, mapping(said.get("distro")), place, f"{origin}: matches[{at}]")


def _reported(each: Mapping[str, Any], distro: Mapping[str, Any], place: Place, where: str) -> Told:
    known, artifact = mapping(each.get("vulnerability")), mapping(each.get("artifact"))
    found = package_from(url_of(artifact, distro), where)
    name = text(known.get("id"))
    if isinstance(found, Gap) or not name:
        return found if isinstance(found, Gap) else Gap("record", where, "names no vulnerability")
    related = tuple(filter(None, (text(one.get("id")) for one in mappings(each.get("relatedVulnerabilities")))))
    fixed = ", ".join(texts(mapping(known.get("fix")).get("versions")))
    scores = sorted((text(one.get("vector")) for one in mappings(known.get("cvss"))), reverse=True)
    return Reported(place, found, name, related, fixed, word_of(known.get("severity")), " ".join(filter(None, scores)))
