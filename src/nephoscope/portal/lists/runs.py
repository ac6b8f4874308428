"""The list of runs, one whole, and what can be done with one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import type_coerce

from nephoscope.model.errors import ContentError, Refused
from nephoscope.model.query import Field, Type
from nephoscope.model.response import Phase, RunStatus
from nephoscope.model.response import Run as KeptRun
from nephoscope.pipeline.responses import planned_run
from nephoscope.portal.lists.playbooks import playbooks_of
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.portal.shapes.runs import Run, RunAsked, RunEvidence, RunRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.portal.versions import require_match
from nephoscope.respond.consent import approved, declined, reverted
from nephoscope.store.evidence import captures_of, get_case
from nephoscope.store.findings import get_findings
from nephoscope.store.ledger_lists import LedgerList
from nephoscope.store.run_tables import RUNS
from nephoscope.store.runs import Superseded, add_run, get_run, keep_run, run_history
from nephoscope.store.tables import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("status", Type.WORD, "", tuple(map(str, RunStatus)), is_facet=True, is_sortable=True),
        Field("playbook", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("requested_by", Type.WORD, "a user, or a trigger", is_facet=True, is_sortable=True),
        Field("finding", Type.WORD, "uid of the finding that it answers"),
        Field("id", Type.WORD, "its own id"),
        Field("about", Type.TEXT, "anything in its inputs and steps: what it acts on"),
        Field("made_at", Type.TIME, "", is_sortable=True),
        Field("changed_at", Type.TIME, "", is_sortable=True),
        Field("revert_at", Type.TIME, "when its effects, or its approval, expire"),
    )
}
COLUMNS = {name: RUNS.c[name] for name in FIELDS if name != "about"} | {"about": type_coerce(RUNS.c.body, Text)}
LISTING = LedgerList(
    "runs",
    RUNS,
    FIELDS,
    COLUMNS,
    (RUNS.c.id,),
    RUNS.c.account,
    RUNS.c.id + " " + RUNS.c.playbook + " " + RUNS.c.requested_by + " " + RUNS.c.finding,
    "-made_at",
)


def _rows(_: Caller, __: Any, rows: list[Any]) -> list[RunRow]:
    return [RunRow(**{name: getattr(row, name) for name in RunRow.model_fields}) for row in rows]


SOURCE = LedgerSource(LISTING, _rows)


def version_of(run: Run) -> tuple[Any, ...]:
    """What a run's ETag is made of: whatever changes of it, its revision first."""
    return run.id, run.revision, run.can, [(each.id, each.sealed_at) for each in run.evidence]


def shown(connection: Connection, me: Caller, id_: str) -> Run:
    """A run in sight, whole. Raises `not-found`."""
    return _whole(connection, me, _found(connection, me, id_))


def _found(connection: Connection, me: Caller, id_: str) -> KeptRun:
    run = get_run(connection, id_)
    if run is None or not me.scope.holds(_account(run)):
        raise ProblemError("not-found", "There is no run of this id")
    return run


def _account(run: KeptRun) -> str:
    return str(run.inputs.get("account", ""))


def _whole(connection: Connection, me: Caller, run: KeptRun) -> Run:
    case = get_case(connection, run.id)
    evidence = [
        RunEvidence(
            id=each.name,
            kind=each.name,
            hash=each.sha256,
            size_bytes=each.size_bytes,
            captured_at=each.captured_at,
            sealed_at=case.sealed_at if case else None,
        )
        for each in captures_of(connection, run.id)
    ]
    history = [asdict(each) for each in run_history(connection, run.id)]
    more = {"account": _account(run), "history": history, "evidence": evidence, "can": _rights(me, run)}
    return Run.model_validate(asdict(run) | more)


def _rights(me: Caller, run: KeptRun) -> list[str]:
    can: list[str] = []
    expires = run.approval.expires_at
    waits = run.status is RunStatus.WAITING and not (expires and expires <= me.portal.clock())
    is_other = me.name != run.requested_by and me.name not in run.approval.given_by
    if waits and is_other and me.may(Permission.APPROVE):
        can.append("approve")
    if waits and me.may(Permission.RESPOND):
        can.append("decline")
    has_effects = any(step.state is not None and step.phase is not Phase.REVERTED for step in run.steps)
    if has_effects and me.may(Permission.RESPOND) and run.status not in (RunStatus.REVERTING, RunStatus.REVERTED):
        can.append("revert")
    return can


def ask(connection: Connection, me: Caller, asked: RunAsked) -> Run:
    """Keep a run that somebody asks for. Raises `bad-value` for inputs that do not fit or lie outside of the scope."""
    cause = {"mode": asked.mode, "asked_by": me.name}
    try:
        run = planned_run(playbooks_of(me), asked.playbook, asked.inputs, me.name, cause, asked.finding)
    except ContentError as error:
        raise _bad("#/inputs", str(error)) from None
    named = {_account(run), *(str(step.settings["account"]) for step in run.steps if "account" in step.settings)}
    if not all(me.scope.holds(account) for account in named):
        raise _bad("#/inputs/account", "This account is not in your scope")
    if asked.finding:
        stored = get_findings(connection, [asked.finding]).get(asked.finding)
        if stored is None or not me.scope.holds(stored.finding.resource.account):
            raise _bad("#/finding", "There is no finding of this uid")
    add_run(connection, run, me.portal.clock())
    return shown(connection, me, run.id)


def _bad(pointer: str, detail: str) -> ProblemError:
    return ProblemError("bad-value", detail, [Fault(pointer=pointer, detail=detail[:500])])


def decide(connection: Connection, me: Caller, id_: str, what: str, reason: str, if_match: str | None) -> Run:
    """Approve, decline or revert, in the name of who is signed in.

    Raises `conflict` where the run is in no state for it, or they are not who may consent; `changed-meanwhile` where
    If-Match names another revision.
    """
    run = _found(connection, me, id_)
    if if_match is not None:
        require_match(if_match, *version_of(_whole(connection, me, run)))
    now = me.portal.clock()
    try:
        if what == "approve":
            changed = approved(run, me.name, now, reason)
        elif what == "decline":
            changed = declined(run, me.name, now, reason)
        else:
            changed = reverted(run, me.name, reason)
        kept = keep_run(connection, changed, by=me.name, note=reason)
    except (Refused, Superseded) as error:
        raise ProblemError("conflict", str(error)) from None
    return _whole(connection, me, kept)
