"""HTML: one page that needs nothing else, for people to read, print and keep. It holds no script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope import __version__
from nephoscope.export.message import advice, called, who
from nephoscope.export.text import lines, one_line
from nephoscope.model.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding

LONGEST = 4_000


def html(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """A page: what was asked, how many by severity and status, what could not be seen, then each finding."""
    try:
        from jinja2 import Environment, FileSystemLoader
    except ImportError:
        raise MissingExtra("A report in HTML", "server") from None
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.get_template("_report.html")
    rows = (row(stored) for stored in findings)
    for part in template.generate(findings=rows, report=report, version=__version__):
        yield part.encode(errors="replace")


def row(stored: StoredFinding) -> dict[str, Any]:
    """A finding as a report shows it: risk, why, who, what to do, where."""
    finding = stored.finding
    resource = finding.resource
    return {
        "uid": stored.uid,
        "title": called(stored),
        "severity": str(finding.severity),
        "status": str(stored.status),
        "facts": [
            (label, text)
            for label, text in (
                ("Why", lines(finding.reason, LONGEST)),
                ("Risk", lines(finding.detail.get("why") or "", LONGEST)),
                ("Who", one_line(who(stored))),
                ("What to do", lines(advice(stored), LONGEST)),
                ("Resource", one_line(f"{resource.type} {resource.id}".strip())),
                ("Account", one_line(f"{resource.account} {resource.region}".strip())),
                ("Seen", f"{stored.first_seen_at:%Y-%m-%d %H:%M} to {stored.last_seen_at:%Y-%m-%d %H:%M} UTC"),
                ("Times", str(stored.occurrences)),
                ("Resolved", one_line(stored.resolved_why)),
                ("Waiver", one_line(stored.waiver)),
                ("Rule", one_line(finding.rule)),
                ("Events", "\n".join(one_line(f"{each.uid} {each.operation}", 200) for each in finding.events[:10])),
            )
            if text
        ],
    }
