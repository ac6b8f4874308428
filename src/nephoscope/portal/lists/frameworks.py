"""The list of frameworks, and one with its requirements."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from nephoscope.assess.framework import Framework, Requirement, frameworks
from nephoscope.model.query import Field, Type
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.content import Framework as FrameworkShape
from nephoscope.portal.shapes.content import FrameworkRow, RequirementAnswer
from nephoscope.portal.sources import MemorySource
from nephoscope.store.counts import rule_counts, summed, verdict_counts

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("name", Type.WORD, "", is_sortable=True),
        Field("title", Type.TEXT, "", is_sortable=True),
        Field("publisher", Type.WORD, "", is_facet=True),
        Field("requirements", Type.NUMBER, "", is_sortable=True),
    )
}
WORST_FIRST = ("Fail", "Unknown", "Pass", "NotApplicable")
NOT_ASKED = "None"


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        verdicts = verdict_counts(connection, me.scope)
    return [_row(framework, verdicts) for framework in frameworks().values()]


def _row(framework: Framework, verdicts: dict[str, dict[str, int]]) -> dict[str, Any]:
    answers = Counter(_answer(each, verdicts)[0] or NOT_ASKED for each in framework.requirements)
    about = {name: getattr(framework, name) for name in ("name", "title", "version", "publisher", "source")}
    return about | {
        "requirements": len(framework.requirements),
        "answers": dict(answers),
        "verdicts": summed(verdicts.get(check, {}) for check in framework.checks),
    }


def _answer(requirement: Requirement, verdicts: dict[str, dict[str, int]]) -> tuple[str, dict[str, int]]:
    """Fail before Unknown before Pass: a requirement is met only where nothing is unknown of it."""
    counts = summed(verdicts.get(check, {}) for check in requirement.checks)
    return next((kind for kind in WORST_FIRST if counts.get(kind)), ""), counts


SOURCE = MemorySource("frameworks", FIELDS, "title", "name", _rows, FrameworkRow)


def whole(me: Caller, name: str) -> FrameworkShape:
    """A framework with its requirements in its order. Raises `not-found`."""
    framework = frameworks().get(name)
    if framework is None:
        raise ProblemError("not-found", "There is no framework of this name")
    with me.portal.ledger.read() as connection:
        verdicts, counts = verdict_counts(connection, me.scope), rule_counts(connection, me.scope)
    controls: list[RequirementAnswer] = []
    for each in framework.requirements:
        verdict, found = _answer(each, verdicts)
        controls.append(
            RequirementAnswer(
                id=each.id,
                about=each.about,
                checks=list(each.checks),
                verdict=verdict,
                verdicts=found,
                open_findings=sum(counts.get(check, (0,))[0] for check in each.checks),
                q=f"status:open rule:({' or '.join(each.checks)})" if each.checks else "",
            )
        )
    return FrameworkShape(**_row(framework, verdicts), controls=controls)
