"""FINDINGS ─ respond ─► actions + evidence: what changed → triggers → runs, and runs driven to their end."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import CloudError, ContentError, CustodyError, Refused
from nephoscope.model.response import Run, RunStatus
from nephoscope.pipeline.leases import held, is_alive, lease_name
from nephoscope.pipeline.occasions import values_of
from nephoscope.respond import facts
from nephoscope.respond.consent import reverted
from nephoscope.respond.runner import Runner
from nephoscope.store.evidence import unsealed_runs
from nephoscope.store.feed import changes_after, last_number, place_of, put_place
from nephoscope.store.firings import Firing, add_firing, count_firings, last_firing, stand_still, stands_still
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.runs import (
    Superseded,
    acted_on_by,
    add_action,
    add_run,
    came_later,
    claim_run,
    count_actions,
    keep_run,
    list_runs,
    release_run,
    renew,
)
from nephoscope.store.state import get_state
from nephoscope.store.watched import was_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.keep import Stores
    from nephoscope.model.response import Step, Target
    from nephoscope.respond.guard import Guard
    from nephoscope.respond.playbook import Playbooks
    from nephoscope.respond.runner import Hands
    from nephoscope.respond.trigger import Trigger, Triggers
    from nephoscope.store.feed import Change

READER = "triggers"
HOUR = timedelta(hours=1)
TAKEN_BACK = (RunStatus.DONE, RunStatus.RUNNING, RunStatus.FAILED)
MOST_RUNS = 10_000


@dataclass
class Responses:
    """FINDINGS ─ respond ─► actions + evidence.

    limit: actions in an hour and account. requested: told that there are runs to drive.
    """

    stores: Stores
    playbooks: Playbooks
    triggers: Triggers
    hands: Hands
    guard: Guard
    limit: int
    is_stopping: Callable[[], bool] = lambda: False
    requested: Callable[[], None] = field(default=lambda: None)
    renew_every_s: float = 15.0

    def __post_init__(self) -> None:
        """What happened before there were triggers sets none of them off."""
        with self.stores.ledger.write() as connection:
            if get_state(connection, f"feed/at/{READER}") is None:
                put_place(connection, READER, last_number(connection))

    def watch(self) -> bool:
        """One round: what changed since the last, asked of every trigger; answers whether more is waiting."""
        with self.stores.ledger.read() as connection:
            place = place_of(connection, READER)
            changes = changes_after(connection, place)
            seen = [
                (change, values, self._was_there(connection, change, values))
                for change in changes
                for values in self._values(connection, change)
            ]
        if not changes:
            return False
        fired, gaps, well = self._asked(seen)
        with self.stores.ledger.write() as connection:
            if place_of(connection, READER) != place:
                return True  # another process has done it
            for trigger, number, values in fired:
                gaps += self._fire(connection, trigger, number, values)
            record_gaps(connection, gaps)
            mended = [name for name in well - {gap.subject for gap in gaps} if not stands_still(connection, name)]
            close_gaps(connection, [Gap("trigger", name, "").key for name in mended])
            put_place(connection, READER, changes[-1].number)
        for gap in gaps:
            self.stores.listener.cannot_see(gap)
        if fired:
            self.requested()
        return True

    def _values(self, connection: Connection, change: Change) -> Iterator[dict[str, Any]]:
        """What a change is to a trigger on its topic; nothing where no trigger asks."""
        if self.triggers.of(change.topic):
            operations = sorted(self.triggers.operations)
            yield from values_of(connection, self.stores.lake, change, operations, asks_around=self.triggers.ask_around)

    def _was_there(self, connection: Connection, change: Change, values: Mapping[str, Any]) -> bool:
        """Whether what a change tells of was there before its account was watched."""
        return facts.may_have_been_there(change.topic, values) and was_there(
            connection, values["account"], values["resource_type"], change.made_at
        )

    def _asked(
        self, seen: Sequence[tuple[Change, dict[str, Any], bool]]
    ) -> tuple[list[tuple[Trigger, int, dict[str, Any]]], list[Gap], set[str]]:
        """Which triggers fire, which could not be asked, and the names of those that could."""
        fired: list[tuple[Trigger, int, dict[str, Any]]] = []
        gaps: list[Gap] = []
        well: set[str] = set()
        for change, values, is_old in seen:
            for trigger in self.triggers.of(change.topic):
                if (is_old and not trigger.from_start) or not trigger.looks_at(values):
                    continue
                try:
                    if trigger.fires(values):
                        fired.append((trigger, change.number, values))
                    well.add(trigger.name)
                except ContentError as error:
                    gaps.append(Gap("trigger", trigger.name, str(error)))
        return fired, gaps, well

    def _fire(self, connection: Connection, trigger: Trigger, number: int, values: Mapping[str, Any]) -> list[Gap]:
        """Have a trigger act, unless it did so just now, is off duty or stands still."""
        now = datetime.now(UTC)
        occasion = trigger.occasion(values)
        last = last_firing(connection, trigger.name, occasion)
        is_quiet = last is not None and now - last < timedelta(seconds=trigger.quiet_s)
        if is_quiet or not trigger.is_on_duty(now) or stands_still(connection, trigger.name):
            return []
        since = now - timedelta(seconds=trigger.limit_per_s)
        if count_firings(connection, trigger.name, since) >= trigger.limit_runs:
            why = (
                f"it acted {trigger.limit_runs} times in {trigger.limit_per_s:g} s and would again: it stands still "
                f"until `nephoscope triggers reset {trigger.name}`"
            )
            stand_still(connection, trigger.name, why, now)
            return [Gap("trigger", trigger.name, why)]
        try:
            run = self._act(connection, trigger, number, values, now)
        except (ContentError, Refused) as error:
            return [Gap("trigger", trigger.name, str(error))]
        if not run:
            return []
        add_firing(connection, Firing(trigger.name, occasion, number, "revert" if trigger.reverts else "run", run, now))
        return []

    def _act(
        self, connection: Connection, trigger: Trigger, number: int, values: Mapping[str, Any], now: datetime
    ) -> str:
        """Ask for a run, or for runs to be taken back; answers with its id, or empty where there is none to take."""
        inputs = trigger.inputs(values)
        if trigger.reverts:
            return self._take_back(connection, trigger, inputs)
        cause = {"trigger": trigger.name, "mode": trigger.mode, "change": number, "at": now.isoformat()}
        parts = "\x1f".join((trigger.name, trigger.occasion(values), str(number)))
        run = self.planned(trigger.playbook, inputs, f"trigger {trigger.name}", cause, str(values.get("uid", "")))
        run = replace(run, id=hashlib.sha256(parts.encode(errors="surrogatepass")).hexdigest()[:32])
        add_run(connection, run, now)
        return run.id

    def _take_back(self, connection: Connection, trigger: Trigger, inputs: Mapping[str, Any]) -> str:
        taken = ""
        for run in list_runs(connection, playbook=trigger.playbook, status=TAKEN_BACK, limit=MOST_RUNS):
            if not all(run.inputs.get(name) == value for name, value in inputs.items()):
                continue
            with suppress(Refused):  # a run that has changed nothing stops none of the others
                back = reverted(run, f"trigger {trigger.name}")
                keep_run(connection, back, by=f"trigger {trigger.name}", note=back.note)
                taken = run.id
        return taken

    def planned(
        self, playbook: str, inputs: Mapping[str, Any], by: str, cause: Mapping[str, Any], finding: str = ""
    ) -> Run:
        """A run of a playbook that nothing has been done for yet. Raises ContentError for inputs that do not fit."""
        return planned_run(self.playbooks, playbook, inputs, by, cause, finding)

    def seal(self) -> bool:
        """One round: the evidence of every run that has ended; what cannot be sealed is a coverage entry."""
        with self.stores.ledger.read() as connection:
            waiting = unsealed_runs(connection)
        for run in waiting:
            self.seal_one(run)
        return False

    def seal_one(self, run: str) -> None:
        """Seal a run's evidence; again is once. A later round tries again where it fails."""
        gap = Gap("evidence", run, "")
        try:
            self.hands.box_for(run).seal()
        except (CustodyError, CloudError) as error:
            keep_gaps(self.stores, [replace(gap, cause=str(error))])
        else:
            keep_gaps(self.stores, [], [gap])

    def drive(self) -> bool:
        """One round: take a run that something must be done for, and drive it; answers whether there was one."""
        lease = lease_name()
        with self.stores.ledger.write() as connection:
            run = claim_run(connection, lease, is_alive)
        if run is None:
            return False
        desk = _Desk(self, lease)
        try:
            with held(lambda: self._renew(run.id, lease), self.renew_every_s):
                Runner(desk, self.hands, self.is_stopping).advance(run)
        except Superseded:
            return True  # somebody decided on it meanwhile: it is read anew
        finally:
            with self.stores.ledger.write() as connection:
                release_run(connection, run.id, lease)
        return not self.is_stopping()

    def _renew(self, run: str, lease: str) -> None:
        with self.stores.ledger.write() as connection:
            renew(connection, run, lease)


@dataclass
class _Desk:
    """Keeps the run that one thread drives."""

    responses: Responses
    lease: str

    def keep(self, run: Run, step: str = "", phase: str = "", note: str = "") -> Run:
        stores = self.responses.stores
        gap = Gap("run", f"{run.playbook} {run.id}", run.note, str(run.inputs.get("account", "")))
        with stores.ledger.write() as connection:
            kept = keep_run(connection, run, step=step, phase=phase, note=note, lease=self.lease)
            if kept.status is RunStatus.FAILED:
                record_gaps(connection, [gap])
            elif kept.status in (RunStatus.REVERTED, RunStatus.DONE):
                close_gaps(connection, [gap.key])
        if kept.status is RunStatus.FAILED:
            stores.listener.cannot_see(gap)
        return kept

    def may_act(self, run: Run, step: Step, target: Target) -> str:
        refusal = self.protects(target)
        if refusal:
            return refusal
        with self.responses.stores.ledger.write() as connection:
            other = acted_on_by(connection, target, run.id)
            if other:
                return f"the run {other} is acting on {target.id}: wait for it, or revert it"
            if count_actions(connection, target.account, datetime.now(UTC) - HOUR, run.id) >= self.responses.limit:
                return f"{self.responses.limit} actions in an hour in account {target.account} are the limit"
            add_action(connection, run.id, step.name, step.action, target)
        return ""

    def protects(self, target: Target) -> str:
        return self.responses.guard.refusal(target, self.responses.hands.known)

    def in_the_way(self, run: Run, step: Step, target: Target) -> str:
        with self.responses.stores.ledger.read() as connection:
            other = came_later(connection, target, run.id, step.name)
        return f"the run {other} has come to {target.id} since: wait for it, or take that back first" if other else ""

    def renew(self, run: Run) -> None:
        with self.responses.stores.ledger.write() as connection:
            renew(connection, run.id, self.lease)

    def seal(self, run: Run) -> None:
        if any(step.state is not None for step in run.steps):
            self.responses.seal_one(run.id)


def planned_run(
    playbooks: Playbooks,
    playbook: str,
    inputs: Mapping[str, Any],
    by: str,
    cause: Mapping[str, Any],
    finding: str = "",
) -> Run:
    """A run of a playbook that nothing has been done for yet.

    Raises ContentError for a playbook that is not there, and for inputs that do not fit.
    """
    if playbook not in playbooks.by_name:
        raise ContentError(playbook, f"there is no such playbook; there are {', '.join(sorted(playbooks.by_name))}")
    found = playbooks.by_name[playbook]
    told = found.told(inputs)
    id_ = os.urandom(16).hex()
    return Run(id_, playbook, told, found.text, found.steps_for(told), RunStatus.PLANNED, by, dict(cause), finding)


def keep_faults(stores: Stores, errors: Sequence[ContentError]) -> None:
    """Playbooks and triggers that do not load are coverage entries."""
    keep_gaps(stores, [Gap("playbook", error.where, error.reason) for error in errors])
