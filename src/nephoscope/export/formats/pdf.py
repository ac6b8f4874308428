"""PDF: the report on paper.

Limits: at most 2,000 findings, and it says how many more there are; characters that PDF's own fonts do not have are
written as their code points.
"""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from nephoscope import __version__
from nephoscope.export.formats.html import row
from nephoscope.model.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding

MOST = 2_000
COLOURS = {"critical": "#8b0000", "high": "#b3261e", "medium": "#8a5300", "low": "#2b5c8a", "informational": "#555555"}


def pdf(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """A document: a summary, what could not be seen, then each finding."""
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate
    except ImportError:
        raise MissingExtra("A report in PDF", "server") from None
    file = io.BytesIO()
    document = SimpleDocTemplate(file, pagesize=A4, title="Findings", author=f"Nephoscope {__version__}", invariant=1)
    document.build(list(_story(findings, report)))
    yield file.getvalue()


def _story(findings: Iterable[StoredFinding], report: Report) -> Iterator[Any]:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, Spacer

    styles = getSampleStyleSheet()
    body, heading = styles["BodyText"], styles["Heading3"]
    yield Paragraph("Findings", styles["Title"])
    chosen = f" with {shown(report.chosen)}" if report.chosen else ""
    yield Paragraph(f"{report.total} findings{chosen}, as of {report.made_at:%Y-%m-%d %H:%M} UTC.", body)
    for facet in ("severity", "status", "kind"):
        counts = ", ".join(f"{shown(value)} {count}" for value, count in report.counts.get(facet, {}).items())
        if counts:
            yield Paragraph(f"By {facet}: {counts}", body)
    if report.gaps:
        yield Paragraph("What could not be seen", heading)
        yield from (Paragraph(shown(f"{gap.area}: {gap.subject}: {gap.cause}"), body) for gap in report.gaps)
    for stored in islice(findings, MOST):
        finding = row(stored)
        yield Spacer(1, 8)
        colour = COLOURS[finding["severity"]]
        yield Paragraph(f'<font color="{colour}">{shown(finding["title"])}</font>', heading)
        yield Paragraph(shown(f"{finding['severity']} · {finding['status']} · {finding['uid']}"), body)
        yield from (Paragraph(f"<b>{label}</b> {shown(text)}", body) for label, text in finding["facts"])
    if report.total > MOST:
        yield Paragraph(f"and {report.total - MOST} more findings, which this document leaves out", heading)


def shown(text: str) -> str:
    """Text in reportlab's markup that is no markup, in characters that its fonts have."""
    return escape(text.encode("cp1252", "backslashreplace").decode("cp1252")).replace("\n", "<br/>")
