"""The list of checks, and one whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.assess.assessor import builtin_checks
from nephoscope.assess.framework import frameworks
from nephoscope.model.finding import Severity
from nephoscope.model.query import Field, Type
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.content import Check as CheckShape
from nephoscope.portal.shapes.content import CheckRow, RequirementRef
from nephoscope.portal.sources import MemorySource
from nephoscope.store.counts import rule_counts, verdict_counts

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("severity", Type.SEVERITY, "", tuple(map(str, Severity)), is_facet=True, is_sortable=True),
        Field("name", Type.WORD, "", is_sortable=True),
        Field("title", Type.TEXT, "what is true when it passes", is_sortable=True),
        Field("types", Type.WORD, "resource types that it is asked of", is_facet=True, is_many=True),
        Field("frameworks", Type.WORD, "frameworks that ask it", is_facet=True, is_many=True),
        Field("open_findings", Type.NUMBER, "", is_sortable=True),
        Field("fails", Type.NUMBER, "resources that fail it", is_sortable=True),
        Field("unknowns", Type.NUMBER, "resources of which it cannot be said", is_sortable=True),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        verdicts, counts = verdict_counts(connection, me.scope), rule_counts(connection, me.scope)
    asked_by: dict[str, list[str]] = {}
    for framework in frameworks().values():
        for check in framework.checks:
            asked_by.setdefault(check, []).append(framework.name)
    return [
        {
            "name": name,
            "title": check.title,
            "severity": str(check.severity),
            "types": list(check.types),
            "frameworks": sorted(asked_by.get(name, ())),
            "verdicts": verdicts.get(name, {}),
            "open_findings": counts.get(name, (0,))[0],
            "fails": verdicts.get(name, {}).get("Fail", 0),
            "unknowns": verdicts.get(name, {}).get("Unknown", 0),
        }
        for name, check in builtin_checks().items()
    ]


SOURCE = MemorySource("checks", FIELDS, "-fails", "name", _rows, CheckRow)


def whole(me: Caller, name: str) -> CheckShape:
    """A check with what it says of itself. Raises `not-found`."""
    row = next((row for row in _rows(me) if row["name"] == name), None)
    if row is None:
        raise ProblemError("not-found", "There is no check of this name")
    check = builtin_checks()[name]
    requirements = [
        RequirementRef(framework=framework.name, requirement=each.id, about=each.about)
        for framework in frameworks().values()
        for each in framework.requirements
        if name in each.checks
    ]
    shown = {column: row[column] for column in CheckRow.model_fields}
    texts = {part: getattr(check, part) for part in ("why", "fix", "limits", "source")}
    return CheckShape(**shown, **texts, requirements=requirements)
