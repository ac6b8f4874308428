"""Findings of a query as a file for people or other tools: exactly the rows that the list has, in its order."""

# Annotations are not postponed here: FastAPI reads those of `ReportAsked`.

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from nephoscope.export.format import Report, formats
from nephoscope.model.coverage import Gap
from nephoscope.model.query import Node
from nephoscope.portal.audit import noted
from nephoscope.portal.caller import Caller
from nephoscope.portal.listing import all_pages, parsed, sorted_by
from nephoscope.portal.lists.coverage import GAPS_SOURCE
from nephoscope.portal.lists.findings import SOURCE
from nephoscope.store.findings import StoredFinding, get_findings
from nephoscope.store.ledger_lists import Sort

MOST_GAPS = 200
MEDIA = {
    "ocsf": "application/x-ndjson",
    "sarif": "application/sarif+json",
    "html": "text/html",
    "pdf": "application/pdf",
}
SUFFIXES = {"ocsf": "ocsf.ndjson"}


class ReportAsked(BaseModel):
    """Which findings, in which order and form."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=4_000)
    sort: str = Field(default="", max_length=200)
    format: Literal["ocsf", "sarif", "html", "pdf"]


def reported(me: Caller, asked: ReportAsked) -> StreamingResponse:
    """A file, streamed as it is written. What cannot be seen in the caller's accounts stands in it."""
    node, sort = parsed(SOURCE, asked.q), sorted_by(SOURCE, asked.sort)
    counts = {name: dict(found) for name, found in SOURCE.facets(me, node, ["severity", "status"]).items()}
    report = Report(me.portal.clock(), asked.q, counts, _gaps(me))
    noted(me, "export findings", asked.q, {"format": asked.format})
    parts = iter(formats()[asked.format](_findings(me, node, sort), report))
    begun = chain((next(parts, b""),), parts)  # so that what is lacking is said before anything is sent
    suffix = SUFFIXES.get(asked.format, asked.format)
    name = f"nephoscope-findings-{me.portal.clock():%Y%m%dT%H%M%SZ}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(begun, media_type=MEDIA[asked.format], headers=headers)


def _findings(me: Caller, node: Node, sort: Sort) -> Iterator[StoredFinding]:
    for rows in all_pages(me, SOURCE, node, sort):
        with me.portal.ledger.read() as connection:
            found = get_findings(connection, [row.uid for row in rows.shapes])
        yield from (found[row.uid] for row in rows.shapes if row.uid in found)


def _gaps(me: Caller) -> list[Gap]:
    node = parsed(GAPS_SOURCE, "state:open")
    rows: Iterable[Any] = GAPS_SOURCE.page(me, node, sorted_by(GAPS_SOURCE, ""), None, MOST_GAPS).shapes
    return [Gap(row.area, row.subject, row.cause, row.account, row.region) for row in rows]
