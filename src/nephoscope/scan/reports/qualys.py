"""Qualys' scan report as CSV.

Source: https://docs.qualys.com/en/vm/latest/reports/report_templates/scan_templates.htm
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package
from nephoscope.scan.scanner_report import Place, Reported, Told, report_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "Qualys"
SEVERITIES = {"5": "critical", "4": "high", "3": "medium", "2": "low", "1": "informational"}
HEAD_LINES = 50  # before the columns' names
NEEDED = {"IP", "QID", "Title", "Severity"}
VECTOR = re.compile(r"AV:[A-Z](?:/[A-Za-z]{1,3}:[A-Z]{1,2})+")
CVE = re.compile(r"CVE-[0-9]{4}-[0-9]+")


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return any(
        b"QID" in line and b"IP" in line and b"," in line for line in content[:100_000].splitlines()[:HEAD_LINES]
    )


@report_format(_is_it)
def qualys(content: bytes, origin: str) -> Iterator[Told]:
    """Each row about a vulnerability that is there; fixed ones, practices and information are counted and left."""
    lines = content.decode("utf-8-sig", "replace").replace("\0", "").splitlines(keepends=True)
    at = next((at for at, line in enumerate(lines[:HEAD_LINES]) if {*_cells(line)} >= NEEDED), None)
    if at is None:
        raise SourceError(origin, f"has no line that names the columns {', '.join(sorted(NEEDED))}")
    names, left = _cells(lines[at]), 0
    for number, cells in _rows(lines[at + 1 :], at + 1):
        where, row = f"{origin}:{number}", dict(zip(names, cells, strict=False))
        if len(cells) != len(names):
            yield Gap("record", where, f"cannot be read as a row of {len(names)} cells")
        elif row.get("Type", "Vuln") != "Vuln" or row.get("Vuln Status") == "Fixed":
            left += 1
        else:
            yield _reported(row, where)
    if left:
        yield Gap("record", origin, f"{left} rows were left: fixed, practices or information")


def _rows(lines: list[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that is not empty; a row that cannot be read has no cells."""
    rows = csv.reader(lines)
    while True:
        try:
            cells = next(rows, None)
        except csv.Error:
            yield first + rows.line_num, []
            continue
        if cells is None:
            return
        if cells:
            yield first + rows.line_num, cells


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]), list[str]())]
    except csv.Error:
        return []


def _reported(row: Mapping[str, str], where: str) -> Told:
    place = Place("host", row.get("DNS") or row.get("FQDN") or row["IP"], name=row["IP"])
    instance, account = row.get("EC2 Instance ID", ""), row.get("Account ID", "")
    if instance:
        place = Place("AWS::EC2::Instance", instance, account, row.get("Region Code", ""))
    if not place.id or not row["QID"].isdecimal() or row["Severity"] not in SEVERITIES:
        return Gap("record", where, "names no host, QID or severity from 1 to 5")
    found = VECTOR.search(row.get("CVSS3.1 Base") or row.get("CVSS3 Base") or "")
    vector = f"CVSS:3.1/{found.group()}" if found else ""
    cves = tuple(dict.fromkeys(CVE.findall(row.get("CVE ID", ""))))
    package = Package(NAME, row["Title"] or f"QID {row['QID']}", row["QID"])
    return Reported(place, package, f"QID-{row['QID']}", cves, "", SEVERITIES[row["Severity"]], vector)
