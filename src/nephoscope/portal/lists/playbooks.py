"""The list of playbooks, and one whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.playbooks import Playbook, PlaybookRow
from nephoscope.portal.sources import MemorySource
from nephoscope.respond.playbook import load_playbooks

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.respond.playbook import Playbooks

FIELDS = {
    field.name: field
    for field in (
        Field("name", Type.WORD, "", is_sortable=True),
        Field("title", Type.TEXT, "", is_sortable=True),
        Field("description", Type.TEXT, "what it does"),
        Field("inputs", Type.WORD, "names of what it is told", is_facet=True, is_many=True),
        Field("steps", Type.NUMBER, "how many", is_sortable=True),
    )
}
KEPT_S = 30.0
SAME = ("name", "title", "description", "revert_after_s", "approval_within_s", "where")


def playbooks_of(me: Caller) -> Playbooks:
    """Those that load, read anew after a while."""
    folders = tuple(me.portal.config.content)
    return me.portal.cache.get(("playbooks", folders), lambda: load_playbooks(folders), KEPT_S)


def _rows(me: Caller) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "title": each.title, "description": each.description}
        | {"inputs": list(each.inputs), "steps": len(each.steps)}
        for each in playbooks_of(me).by_name.values()
    ]


SOURCE = MemorySource("playbooks", FIELDS, "name", "name", _rows, PlaybookRow)


def whole(me: Caller, name: str) -> Playbook:
    """A playbook with its text, inputs, limits and steps. Raises `not-found`."""
    found = playbooks_of(me).by_name.get(name)
    if found is None:
        raise ProblemError("not-found", "There is no playbook of this name")
    steps = [
        {key: getattr(step, key) for key in ("name", "action", "on_failure", "within_s")}
        | {"settings": dict(step.settings), "when": step.when.text if step.when else ""}
        for step in found.steps
    ]
    about = {key: getattr(found, key) for key in SAME} | {"source": found.text, "limits": list(found.limits)}
    about |= {"approval": found.approval.text, "second_person": found.second_person.text}
    inputs = {key: asdict(one) for key, one in found.inputs.items()}
    return Playbook.model_validate(about | {"inputs": inputs, "steps": steps})
