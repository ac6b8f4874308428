"""Nessus' report (`.nessus`, version 2).

Source: https://docs.tenable.com/quick-reference/nessus-file-format/Content/PDF/NessusFileFormat.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.scanner_report import Place, Reported, Told, report_format
from nephoscope.scan.xml_events import elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.scan.xml_events import Element

NAME = "Nessus"
SEVERITIES = {"4": "critical", "3": "high", "2": "medium", "1": "low"}


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return b"<NessusClientData_v2" in content[:4_096]


@report_format(_is_it)
def nessus(content: bytes, origin: str) -> Iterator[Told]:
    """Each plugin that found something on a host; what is only informational is counted and left."""
    informational = 0
    for host in elements(content, "ReportHost", origin):
        told = {tag.attributes.get("name", ""): tag.text for tag in host.below("tag")}
        place = Place("host", told.get("host-fqdn") or told.get("host-ip") or host.attributes.get("name", ""))
        if told.get("aws-instance-instance-id"):
            account, region = told.get("aws-instance-accountId", ""), told.get("aws-instance-region", "")
            place = Place("AWS::EC2::Instance", told["aws-instance-instance-id"], account, region)
        for item in host.below("ReportItem"):
            if item.attributes.get("severity", "0") not in SEVERITIES:
                informational += 1
            elif not place.id or not item.attributes.get("pluginID"):
                yield Gap("record", f"{origin}: ReportItem", "names no host, or no plugin")
            else:
                yield _reported(place, item)
    if informational:
        yield Gap("record", origin, f"{informational} informational results were left")


def _reported(place: Place, item: Element) -> Reported:
    plugin, name = item.attributes["pluginID"], item.attributes.get("pluginName", "")
    cves = tuple(dict.fromkeys(each.text for each in item.below("cve") if each.text))
    vectors = [each.text for kind in ("cvss4_vector", "cvss3_vector", "cvss_vector") for each in item.below(kind)]
    package = Package(NAME, name or f"plugin {plugin}", plugin)
    vectors = [vector.removeprefix("CVSS2#") for vector in vectors if vector]
    severity = SEVERITIES[item.attributes["severity"]]
    return Reported(place, package, f"NESSUS-{plugin}", cves, "", severity, " ".join(vectors))
