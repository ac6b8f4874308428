"""The list of rules, and one whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.detect.loading import BUILTIN
from nephoscope.detect.rule import Correlation, Rule
from nephoscope.model.finding import Severity
from nephoscope.model.query import Field, Type
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.content import Rule as RuleShape
from nephoscope.portal.shapes.content import RuleRow
from nephoscope.portal.sources import MemorySource
from nephoscope.store.counts import rule_counts

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

KINDS = ("rule", "correlation", "python")
MOST_SOURCE = 64_000
FIELDS = {
    field.name: field
    for field in (
        Field("severity", Type.SEVERITY, "", tuple(map(str, Severity)), is_facet=True, is_sortable=True),
        Field("kind", Type.WORD, "", KINDS, is_facet=True),
        Field("status", Type.WORD, "Sigma's: stable, test, experimental", is_facet=True),
        Field("product", Type.WORD, "whose log", is_facet=True),
        Field("service", Type.WORD, "which log", is_facet=True),
        Field("tags", Type.WORD, "ATT&CK techniques", is_facet=True, is_many=True),
        Field("title", Type.TEXT, "", is_sortable=True),
        Field("id", Type.WORD, ""),
        Field("name", Type.WORD, ""),
        Field("where", Type.TEXT, "its file"),
        Field("is_silent", Type.BOOL, "used by correlations only", is_facet=True),
        Field("open_findings", Type.NUMBER, "", is_sortable=True),
        Field("findings", Type.NUMBER, "", is_sortable=True),
        Field("last_fired_at", Type.TIME, "", is_sortable=True),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        counts = rule_counts(connection, me.scope)
    rules = me.portal.rules
    kinds = (("rule", rules.rules), ("correlation", rules.correlations), ("python", rules.python_rules))
    return [_row(kind, rule, counts) for kind, found in kinds for rule in found]


def _row(kind: str, rule: Any, counts: dict[str, Any]) -> dict[str, Any]:
    about = rule.about
    open_, all_, last = counts.get(about.id, (0, 0, None))
    log_source = getattr(rule, "log_source", None)
    return {
        **{name: getattr(about, name) for name in ("id", "name", "title", "status", "where", "is_silent")},
        "severity": str(about.severity),
        "kind": kind,
        "tags": list(about.tags),
        "product": log_source.product if log_source else "",
        "service": log_source.service if log_source else "",
        "open_findings": open_,
        "findings": all_,
        "last_fired_at": last,
    }


SOURCE = MemorySource("rules", FIELDS, "title", "id", _rows, RuleRow)


def whole(me: Caller, id_: str) -> RuleShape:
    """A rule with its text and examples. Raises `not-found`."""
    row = next((row for row in _rows(me) if row["id"] == id_), None)
    if row is None:
        raise ProblemError("not-found", "There is no rule of this id")
    rules = me.portal.rules
    all_rules: list[Any] = [*rules.rules, *rules.correlations, *rules.python_rules]
    rule = next(each for each in all_rules if each.about.id == id_)
    about = rule.about
    return RuleShape(
        **row,
        description=about.description,
        falsepositives=list(about.falsepositives),
        references=list(about.references),
        fields=list(about.fields),
        source=source_of(about.where) if isinstance(rule, Rule | Correlation) else "",
        match=list(about.match),
        no_match=list(about.no_match),
        correlates=list(rule.rules) if isinstance(rule, Correlation) else [],
    )


def source_of(where: str) -> str:
    """The text of a rule's file, from a place `file:line`."""
    name = re.sub(r":\d+$", "", where)
    path = BUILTIN.parent / name if name.startswith(f"{BUILTIN.name}/") else Path(name)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MOST_SOURCE)
    except (OSError, ValueError):
        return ""
