"""Syft's JSON document (`syft -o json`).

Source: https://github.com/anchore/syft/blob/main/schema/json/schema-latest.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.scan.loose import mapping, mappings, text, texts
from nephoscope.scan.scanner_report import Held, Place, Told, decoded, package_from, report_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return isinstance(said.get("artifacts"), list) and "source" in said


@report_format(_is_it, is_whole=True)
def syft(content: bytes, origin: str) -> Iterator[Told]:
    """Every package of one source."""
    said = decoded(content, origin)
    place = place_of(mapping(said.get("source")))
    for at, each in enumerate(mappings(said.get("artifacts"))):
        found = package_from(url_of(each, mapping(said.get("distro"))), f"{origin}: artifacts[{at}]")
        yield found if isinstance(found, Gap) else Held(place, found)


def place_of(source: Mapping[str, Any]) -> Place:
    """What was looked at, as the user named it; Grype has it under `target`, Syft under `metadata`."""
    target = source.get("target")
    about = mapping(target) or mapping(source.get("metadata"))
    tags = texts(about.get("tags"))
    name = text(about.get("userInput")) or text(source.get("name")) or text(target) or text(about.get("path"))
    return Place("image" if source.get("type") == "image" else "host", name or (tags[0] if tags else ""))


def url_of(artifact: Mapping[str, Any], distro: Mapping[str, Any]) -> str:
    """A package's URL; of a distribution's package with the release, where the document says that elsewhere."""
    purl, name = text(artifact.get("purl")), text(distro.get("id")) or text(distro.get("name"))
    version = text(distro.get("versionID")) or text(distro.get("version"))
    if not purl.startswith(("pkg:deb/", "pkg:rpm/", "pkg:apk/")) or "distro=" in purl or not (name and version):
        return purl
    return f"{purl}{'&' if '?' in purl else '?'}distro={name}-{version}"
