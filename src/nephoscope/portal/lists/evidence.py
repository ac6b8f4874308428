"""The list of runs' evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.shapes.runs import CaseRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.store.evidence import cases_with_runs
from nephoscope.store.ledger_lists import LedgerList

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("playbook", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("run", Type.WORD, "the run that captured it"),
        Field("finding", Type.WORD, "uid of the finding that the run answers"),
        Field("name", Type.TEXT, ""),
        Field("captures", Type.NUMBER, "how many files", is_sortable=True),
        Field("bytes", Type.NUMBER, "", is_sortable=True),
        Field("made_at", Type.TIME, "", is_sortable=True),
        Field("sealed_at", Type.TIME, "", is_sortable=True),
    )
}
CASES = cases_with_runs()
LISTING = LedgerList(
    "evidence",
    CASES,
    FIELDS,
    {name: CASES.c[name] for name in FIELDS},
    (CASES.c.run,),
    CASES.c.account,
    CASES.c.run + " " + CASES.c.name + " " + CASES.c.finding + " " + CASES.c.playbook,
    "-made_at",
)


def _rows(_: Caller, __: Any, rows: list[Any]) -> list[CaseRow]:
    names = [name for name in CaseRow.model_fields if name != "number"]
    return [CaseRow(**{name: getattr(row, name) for name in names}, number=row.number or 0) for row in rows]


SOURCE = LedgerSource(LISTING, _rows)
