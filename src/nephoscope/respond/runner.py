"""Drives one run: state → apply → verify, step by step, and back again where that is due.

What is about to be done is kept before it is done, so that a process killed between any two lines leaves a run that
the next one carries on: a step whose state is kept is applied again, one that was applied is verified, one that was
being reverted is reverted again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec

from nephoscope.model.errors import (
    ActionError,
    CloudError,
    ConfigError,
    ContentError,
    CustodyError,
    NephoscopeError,
    Refused,
    StoreError,
    Vanished,
)
from nephoscope.model.response import Approval, Phase, Run, RunStatus, State, Step
from nephoscope.respond.action import Action, Catalogue, EvidenceBox, Knowledge, Notices, World, builtin
from nephoscope.respond.consent import needed_for
from nephoscope.respond.dependents import used_by
from nephoscope.respond.playbook import Playbook, filled, parse_playbook, waits_for_a_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.clouds.aws import Aws
    from nephoscope.model.response import Target

MENDABLE = (CloudError, ActionError, ConfigError, ContentError, CustodyError)  # end a step, never the process
LOOK_S = 0.2
LONGEST_LOOK_S = 5.0
GIVE_UP_S = 5.0
LEFT = "; could not be put back: "
TOUCHED = (Phase.RECORDED, Phase.APPLIED, Phase.VERIFIED, Phase.FAILED, Phase.REVERTING)


class Desk(Protocol):
    """Where a run is kept, and who may say no."""

    def keep(self, run: Run, step: str = "", phase: str = "", note: str = "") -> Run:
        """Keep a run, durable when it returns. Raises Superseded if somebody else changed it."""
        ...

    def may_act(self, run: Run, step: Step, target: Target) -> str:
        """Why a step may not begin (protected, over a limit, another run is at it); empty if it may, and counted."""
        ...

    def protects(self, target: Target) -> str:
        """Why a target is never acted on; empty if it may be. Counts nothing: for plans."""
        ...

    def in_the_way(self, run: Run, step: Step, target: Target) -> str:
        """Why a step cannot be taken back yet: another run has come to its target since; empty if none has."""
        ...

    def renew(self, run: Run) -> None:
        """Still here. Raises Superseded if another process drives the run now."""
        ...

    def seal(self, run: Run) -> None:
        """Seal what evidence a run has put into its box; again is once."""
        ...


@dataclass(frozen=True)
class Hands:
    """How a run reaches out. aws_for: an action's name and account → AWS through that action's role.

    notices: where notices to people are left.
    """

    aws_for: Callable[[str, str], Aws]
    box_for: Callable[[str], EvidenceBox]
    known: Knowledge
    catalogue: Catalogue = field(default_factory=builtin)
    notices: Notices | None = None


@dataclass
class Runner:
    """Drives runs, one call of `advance` each."""

    desk: Desk
    hands: Hands
    is_stopping: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def advance(self, run: Run) -> Run:
        """Drive a run until it ends, waits, or this process is to stop; returns it as kept.

        Raises Superseded; everything else that goes wrong is in the run.
        """
        run = self._due(run)
        if run.status is RunStatus.PLANNED:
            run = self._open(run)
        if run.status is RunStatus.RUNNING:
            run = self._run(run)
        if run.status is RunStatus.REVERTING:
            run = self._revert(run)
        if run.status.is_ended:
            self.desk.seal(run)
        return run

    def _due(self, run: Run) -> Run:
        """What time alone decides: an approval that nobody gave, effects that were to last so long."""
        now = self.now()
        if run.status is RunStatus.WAITING and run.approval.expires_at and run.approval.expires_at <= now:
            return self._keep(replace(run, status=RunStatus.DECLINED, note="nobody approved it in time"))
        if run.status is RunStatus.DONE and run.revert_at and run.revert_at <= now:
            return self._keep(replace(run, status=RunStatus.REVERTING, note="its time is up"))
        return run

    def _open(self, run: Run) -> Run:
        """Decide whether consent is needed; only then is all read beforehand, for the plan that people are shown."""
        try:
            playbook = self._playbook(run)
            needed, second = needed_for(playbook, run, self.hands.catalogue)
            is_rehearsal = run.cause.get("mode") == "plan"
            if not needed and not is_rehearsal:
                return self._keep(replace(run, status=RunStatus.RUNNING))
            plan = (
                *planned(run, self.hands, self.desk.protects),
                *(f"not reached: {limit}" for limit in playbook.limits),
            )
            if is_rehearsal:
                asks = f"; would need consent: {needed}" if needed else ""
                note = f"planned only, nothing was changed{asks}"
                return self._keep(replace(run, status=RunStatus.DECLINED, plan=plan, note=note))
        except NephoscopeError as error:
            return self._keep(replace(run, status=RunStatus.REFUSED, note=str(error)))
        expires = self.now() + timedelta(seconds=playbook.approval_within_s)
        return self._keep(
            replace(run, status=RunStatus.WAITING, plan=plan, approval=Approval(needed, expires, second)), note=needed
        )

    def _playbook(self, run: Run) -> Playbook:
        """The edition that was pinned when the run was asked for."""
        return parse_playbook(run.text, run.playbook, self.hands.catalogue)

    def _run(self, run: Run) -> Run:
        for place, step in enumerate(run.steps):
            if step.phase is Phase.REVERTING:
                run = self._give_up(run, place)
            while step.phase in (Phase.PENDING, Phase.RECORDED, Phase.APPLIED):
                if self.is_stopping():
                    return run
                run = self._step(run, place)
                step = run.steps[place]
                if run.status is not RunStatus.RUNNING:
                    return run
        return self._done(run)

    def _done(self, run: Run) -> Run:
        failed = [step.name for step in run.steps if step.phase is Phase.FAILED]
        note = f"done but for {', '.join(failed)}, which may fail" if failed else ""
        if left := _left(run):
            return self._keep(replace(run, status=RunStatus.FAILED, note=left), note=left)
        lasts = self._playbook(run).revert_after_s
        until = self.now() + timedelta(seconds=lasts) if lasts else None
        return self._keep(replace(run, status=RunStatus.DONE, note=note, revert_at=until), note=note)

    def _step(self, run: Run, place: int) -> Run:
        """One phase of one step."""
        step = run.steps[place]
        try:
            action, world = self._acting(run, step)
            if step.phase is Phase.PENDING:
                return self._record(run, place, action, world)
            if step.phase is Phase.RECORDED:
                output = dict(action.apply(world, step.state or {}))
                return self._note(run, place, Phase.APPLIED, output=output)
            return self._verify(run, place, action, world)
        except MENDABLE as error:
            return self._fail(run, place, str(error))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - boundary: one playbook step; a fault of an action's ends its step
            return self._fail(run, place, f"{type(error).__name__}: {error}")

    def _settings(self, run: Run, step: Step) -> dict[str, object]:
        told = {each.name: each.output for each in run.steps if each.output}
        settings = filled(dict(step.settings), run.inputs, told)
        if waits_for_a_step(settings):
            raise ContentError(f"{run.playbook}: {step.name}", "a step that it builds on told nothing")
        return settings

    def _acting(self, run: Run, step: Step) -> tuple[Action, World]:
        hands = self.hands
        action = hands.catalogue.make(step.action, self._settings(run, step), f"{run.playbook}: {step.name}")
        told = {each.name: each.output for each in run.steps if each.output}
        aws, box = hands.aws_for(step.action, action.account), hands.box_for(run.id)
        return action, World(aws, run.id, token_of(run, step), box, hands.known, told, hands.notices)

    def _record(self, run: Run, place: int, action: Action, world: World) -> Run:
        """Read what is, and keep it; nothing may be changed before that."""
        step = run.steps[place]
        refusal = self.desk.may_act(run, step, action.target)
        if refusal:
            raise Refused(refusal)
        state = action.state(world)
        note = " ".join(action.plan(world, state))
        now = self.now()
        if state:
            world.evidence.add(
                f"{step.name}/state-before.json",
                msgspec.json.format(msgspec.json.encode(state)),
                media_type="application/json",
                source=f"{step.action} before it changed anything",
                captured_at=now,
            )
        return self._note(run, place, Phase.RECORDED, state=state, target=action.target, note=note, began_at=now)

    def _verify(self, run: Run, place: int, action: Action, world: World) -> Run:
        step = run.steps[place]
        wrong = ""
        for _ in self._looks(run, self.now() + timedelta(seconds=step.within_s)):
            wrong = action.verify(world, step.state or {})
            if not wrong:
                return self._note(run, place, Phase.VERIFIED, ended_at=self.now())
            if self.is_stopping():
                return run
        return self._fail(run, place, f"not so within {step.within_s:g} s: {wrong}")

    def _looks(self, run: Run, end: datetime) -> Iterator[None]:
        """Once, and again and again, less and less often, until a moment."""
        pause = LOOK_S
        yield
        while self.now() < end:
            self.desk.renew(run)
            self.sleep(pause)
            pause = min(LONGEST_LOOK_S, pause * 1.5)
            yield

    def _fail(self, run: Run, place: int, why: str) -> Run:
        """What becomes of a run in which a step failed is what its playbook says."""
        step = run.steps[place]
        if step.on_failure == "continue" and step.state:
            return self._give_up(self._note(run, place, Phase.REVERTING, note=why), place)
        run = replace(run, steps=_with(run.steps, place, phase=Phase.FAILED, note=why, ended_at=self.now()))
        if step.on_failure == "continue":
            return self._keep(run, step.name, Phase.FAILED, why)
        note = f"{step.name}: {why}"
        if not any(each.state is not None for each in run.steps):
            return self._keep(replace(run, status=RunStatus.REFUSED, note=note), step.name, Phase.FAILED, why)
        status = RunStatus.FAILED if step.on_failure == "stop" else RunStatus.REVERTING
        return self._keep(replace(run, status=status, note=note), step.name, Phase.FAILED, why)

    def _give_up(self, run: Run, place: int) -> Run:
        """Put back what a step that may fail has done so far: it is done whole or not at all, and the run goes on."""
        step = run.steps[place]
        why = step.note.partition(LEFT)[0]
        try:
            action, world = self._acting(run, step)
        except MENDABLE as error:
            return self._note(run, place, Phase.REVERTING, note=f"{why}{LEFT}{error}")
        left = ""
        for _ in self._looks(run, self.now() + timedelta(seconds=GIVE_UP_S)):
            left = "" if action.irreversible else self._put_back(action, world, step.state or {})
            if not left or _is_unchanged(action, world, step.state or {}):
                return self._note(run, place, Phase.FAILED, note=why, ended_at=self.now())
            if self.is_stopping():
                return run
        return self._note(run, place, Phase.REVERTING, note=f"{why}{LEFT}{left}")

    def _revert(self, run: Run) -> Run:
        """Put back, last step first, all that has or may have been changed."""
        for place in reversed(range(len(run.steps))):
            if self.is_stopping():
                return run
            step = run.steps[place]
            if step.state is not None and step.phase in TOUCHED:
                run = self._revert_step(run, place)
        left = _left(run)
        status, note = (RunStatus.FAILED, left) if left else (RunStatus.REVERTED, run.note)
        return self._keep(replace(run, status=status, note=note), note=note)

    def _revert_step(self, run: Run, place: int) -> Run:
        step = run.steps[place]
        if step.phase is not Phase.REVERTING:
            run = self._note(run, place, Phase.REVERTING)
        try:
            action, world = self._acting(run, step)
        except MENDABLE as error:
            return self._note(run, place, Phase.REVERTING, note=str(error))
        if action.irreversible:
            return self._note(run, place, Phase.REVERTED, note=f"stays: {action.irreversible}", ended_at=self.now())
        why = self.desk.in_the_way(run, step, action.target) if step.state else ""
        if why:
            return self._note(run, place, Phase.REVERTING, note=why)
        for _ in self._looks(run, self.now() + timedelta(seconds=step.within_s)):
            why = self._put_back(action, world, step.state or {})
            if not why:
                return self._note(run, place, Phase.REVERTED, ended_at=self.now())
            if self.is_stopping():
                return run
        return self._note(run, place, Phase.REVERTING, note=why)

    def _put_back(self, action: Action, world: World, state: State) -> str:
        """Revert once and read afresh; answers how the state differs from the recorded one."""
        try:
            action.revert(world, state)
            return differing(state, action.state(world), action.may_differ)
        except Vanished:
            return ""  # with the resource went what was done to it
        except MENDABLE as error:
            return str(error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - boundary: one playbook step; the others are put back all the same
            return f"{type(error).__name__}: {error}"

    def _note(self, run: Run, place: int, phase: Phase, **changed: object) -> Run:
        run = replace(run, steps=_with(run.steps, place, phase=phase, **changed))
        return self._keep(run, run.steps[place].name, phase, str(changed.get("note", "")))

    def _keep(self, run: Run, step: str = "", phase: str = "", note: str = "") -> Run:
        return self.desk.keep(run, step, phase, note or run.note if not step else note)


def _with(steps: tuple[Step, ...], place: int, **changed: object) -> tuple[Step, ...]:
    return (*steps[:place], replace(steps[place], **changed), *steps[place + 1 :])  # pyright: ignore[reportArgumentType]


def _left(run: Run) -> str:
    """Which steps could not be put back; empty if none is left so."""
    left = [step.name for step in run.steps if step.phase is Phase.REVERTING]
    return f"could not be put back: {', '.join(left)}" if left else ""


def _is_unchanged(action: Action, world: World, state: State) -> bool:
    """Whether all is as recorded, whoever failed to put it back."""
    try:
        return not differing(state, action.state(world), action.may_differ)
    except MENDABLE:
        return False


def token_of(run: Run, step: Step) -> str:
    """What names a step's effects outside: short enough for every name there, the same at each repeat."""
    place = next(place for place, each in enumerate(run.steps) if each.name == step.name)
    return f"nephoscope-{run.id[:20]}-{place}"


def differing(recorded: State, found: State, may_differ: tuple[str, ...]) -> str:
    """Which keys of two states differ, but for those that may; empty if none does."""
    keys = {*recorded, *found} - {*may_differ}
    wrong = sorted(key for key in keys if recorded.get(key) != found.get(key))
    return f"{', '.join(wrong)} not as recorded" if wrong else ""


class Nowhere:
    """The evidence of a plan: there is none, and a plan that would make some is wrong."""

    def add(self, name: str, content: bytes, *, media_type: str, source: str, captured_at: datetime) -> str:
        """Raises CustodyError."""
        raise CustodyError(f"{name} was captured while planning: only `apply` may capture")

    def seal(self) -> None:
        """There is nothing to seal."""


def planned(run: Run, hands: Hands, protects: Callable[[Target], str] = lambda _: "") -> Iterator[str]:
    """What a run would do, in sentences, read from what is now; changes nothing.

    protects: why a target is never acted on. Raises Refused and CloudError where a step could not even begin.
    """
    targets: dict[Target, None] = {}
    for step in run.steps:
        settings = filled(dict(step.settings), run.inputs, {})
        if waits_for_a_step(settings):
            yield f"{step.name}: {hands.catalogue.kind(step.action, run.playbook).title()}"
            continue
        action = hands.catalogue.make(step.action, settings, f"{run.playbook}: {step.name}")
        aws = hands.aws_for(step.action, action.account)
        world = World(aws, run.id, token_of(run, step), Nowhere(), hands.known)
        try:
            if refusal := protects(action.target):
                raise Refused(refusal)
            yield from (f"{step.name}: {line}" for line in action.plan(world, action.state(world)))
        except (CloudError, Refused) as error:
            if step.on_failure != "continue":
                raise
            yield f"{step.name}: would fail, and may: {error}"
        if action.irreversible:
            yield f"{step.name}: cannot be put back: {action.irreversible}"
        if action.tactic not in ("capture", "tell"):
            targets[action.target] = None
    yield from (used_by(hands.known, target) for target in targets if target.id)
