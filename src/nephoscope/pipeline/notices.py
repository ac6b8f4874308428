"""findings ─ export ─► other tools, people: what a round of one exporter does.

The feed is read from the exporter's own place; in one transaction what is to be sent is kept and the place moves on.
Then what is due is sent, and marked as sent after the receiver took it: a crash in between sends it again, under the
same id. A receiver that is down is asked again later and later; one that refuses, a few times, then the delivery is
parked for somebody to look at. Both are gaps while they last.
"""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.export.notice import OPENING, Notice, from_body, of_finding, of_gap, to_body
from nephoscope.export.route import MORE, plan, scope_values
from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import DeliveryError, NephoscopeError
from nephoscope.model.finding import Status
from nephoscope.store import deliveries as kept
from nephoscope.store.deliveries import Delivery, delivery_id
from nephoscope.store.feed import AT_ONCE as PAGE
from nephoscope.store.feed import changes_after, first_number, last_number, place_of, put_place
from nephoscope.store.findings import get_findings
from nephoscope.store.gaps import record_gaps
from nephoscope.store.items import latest_revisions
from nephoscope.store.state import get_state, put_state
from nephoscope.store.waivers import SCOPE
from nephoscope.store.waivers import scope_values as finding_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.export.exporter import Exporter, Outside
    from nephoscope.export.route import Planned, Route
    from nephoscope.expression import Type
    from nephoscope.keep import Stores
    from nephoscope.store.feed import Change
    from nephoscope.store.findings import StoredFinding

SCHEMA: Mapping[str, Type] = {**SCOPE, **MORE}
ROUND = 50  # deliveries, then other jobs of the ledger have their turn
TRIES = 5
LONGEST_PAUSE_S = 300.0
KEPT = timedelta(days=90)
DAY = timedelta(days=1)
OWN_AREAS = ("export", "delivery")


def reader(exporter: str) -> str:
    """The name under which an exporter's place in the feed is kept."""
    return f"export/{exporter}"


@dataclass
class Notices:
    """findings ─ export ─► one receiver.

    routes: all there are, in the order of the file. by: this process's name, under which deliveries are taken in
    hand. chance: a number from 0 to 1, so that not everybody asks again at once.
    """

    name: str
    exporter: Exporter
    routes: Sequence[Route]
    stores: Stores
    outside: Outside
    by: str = field(default_factory=socket.gethostname)
    chance: Callable[[], float] = random.random
    failures: int = field(default=0, init=False)
    paused_until: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    is_failing: bool = field(default=True, init=False)  # an earlier process may have left it so
    has_begun: bool = field(default=False, init=False)
    forgot_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    def round(self) -> bool:
        """Plan what is new, then send what is due; answers whether more is waiting."""
        if not self.has_begun:
            self.begin()
        more = self.plan()
        self.release_due()
        self.forget()
        return self.send() or more

    def begin(self) -> None:
        """Take up the place in the feed: its end for a new exporter, unless it is to have what came before."""
        now = self.outside.now()
        with self.stores.ledger.write() as connection:
            if get_state(connection, f"export/began/{self.name}") is None:
                start = first_number(connection) - 1 if self.exporter.from_start else last_number(connection)
                put_place(connection, reader(self.name), start)
                put_state(connection, f"export/began/{self.name}", {"at": now.isoformat(), "number": start})
            kept.release(connection, self.name, self.by)
        self.has_begun = True

    def forget(self) -> None:
        """Once a day, let go of what was sent long ago."""
        now = self.outside.now()
        if now - self.forgot_at > DAY:
            with self.stores.ledger.write() as connection:
                kept.forget_deliveries(connection, now - KEPT)
            self.forgot_at = now

    def plan(self) -> bool:
        """One page of the feed: what of it is to be sent; answers whether there are more."""
        with self.stores.ledger.read() as connection:
            place = place_of(connection, reader(self.name))
            last = last_number(connection)
            changes = changes_after(connection, place, self._topics()) if last > place else []
            found = get_findings(connection, [change.key for change in changes if change.topic == "finding"])
        if last <= place:
            return False
        owners = self._owners(found.values())
        to = changes[-1].number if len(changes) >= PAGE else last
        with self.stores.ledger.write() as connection:
            if place_of(connection, reader(self.name)) != place:
                return True  # another process was faster
            gaps = self._put(connection, changes, found, owners)
            put_place(connection, reader(self.name), to)
            record_gaps(connection, gaps)
        for gap in gaps:
            self.stores.listener.cannot_see(gap)
        return to < last

    def _topics(self) -> list[str]:
        mine = [route for route in self.routes if self.name in (*route.to, *route.escalate_to)]
        return ["finding", *(["coverage"] if any("coverage" in route.on for route in mine) else [])]

    def _owners(self, found: Iterable[StoredFinding]) -> dict[str, str]:
        """The value of the tag `owner` of each finding's resource, by uid, where it is known."""
        keys = {}
        for each in found:
            resource = each.finding.resource
            if resource.type and resource.id:
                keys[each.uid] = (resource.account, resource.region, resource.type, resource.id)
        latest = latest_revisions(self.stores.lake, set(keys.values()))
        tags = {uid: latest[key][0].item.tags for uid, key in keys.items() if key in latest}
        return {uid: owner for uid, each in tags.items() if (owner := _owner(each))}

    def _put(
        self,
        connection: Connection,
        changes: Sequence[Change],
        found: Mapping[str, StoredFinding],
        owners: Mapping[str, str],
    ) -> list[Gap]:
        """Keep what is to be sent of these changes; returns the routes that could not be evaluated."""
        notices = [(change, self._notice(change, found, owners)) for change in changes]
        over = {notice.uid for _, notice in notices if notice and notice.what == "resolved"}
        told = kept.told_by(connection, self.name, over) if over else {}
        gaps: list[Gap] = []
        for change, notice in notices:
            if notice is None:
                continue
            routes = told.setdefault(notice.uid, set())
            values = finding_values(notice.stored.finding) | scope_values(notice)
            planned, errors = plan(self.name, self.routes, notice, values, routes, self.outside.now())
            gaps += errors
            made = [self._delivery(connection, each, notice, change.number) for each in planned]
            kept.put_deliveries(connection, made)
            if notice.what == "resolved":
                routes.clear()
                kept.cancel_held(connection, self.name, notice.uid, self.outside.now())
            routes |= {each.route for each in made if each.what in OPENING and each.state != "held"}
        return gaps

    def _notice(self, change: Change, found: Mapping[str, StoredFinding], owners: Mapping[str, str]) -> Notice | None:
        """What a change is to say; nothing of what is waived by now, or of this exporter's own troubles."""
        if change.topic == "coverage":
            own = change.body["area"] in OWN_AREAS and change.body["subject"].partition(": ")[0] == self.name
            return None if own else of_gap(change.body, change.made_at, change.number)
        stored = found.get(change.key)
        if stored is None:
            return None
        notice = of_finding(change.body, stored, owners.get(stored.uid, ""))
        is_waived = stored.status is Status.WAIVED and notice.what in OPENING
        return None if is_waived else notice

    def _delivery(self, connection: Connection, planned: Planned, notice: Notice, number: int) -> Delivery:
        now = self.outside.now()
        revision = notice.stored.revision
        kind = planned.what if planned.what == "escalated" else ""
        id_ = delivery_id(self.name, planned.route, notice.uid, revision, kind)
        told = replace(notice, id=id_, what=planned.what, route=planned.route)
        due_at = planned.due_at
        if notice.what == "changed" and not planned.is_collected:
            due_at = max(due_at, self._not_before(connection, planned.route, notice.uid, due_at))
        state = "held" if planned.is_held else "collected" if planned.is_collected else "waiting"
        title = notice.stored.finding.title
        subject = notice.uid
        return Delivery(
            id_,
            self.name,
            planned.route,
            planned.what,
            subject,
            title,
            revision,
            number,
            state,
            to_body(told),
            now,
            due_at,
        )

    def _not_before(self, connection: Connection, route: str, subject: str, due_at: datetime) -> datetime:
        """When a further change may be told."""
        every_s = next(each.changes_every_s for each in self.routes if each.name == route)
        last = kept.last_sent_at(connection, self.name, route, subject) if every_s else None
        return last + timedelta(seconds=every_s) if last else due_at

    def release_due(self) -> None:
        """Let digests go whose time has come, and escalations of what is still open."""
        now = self.outside.now()
        with self.stores.ledger.read() as connection:
            due = kept.due_states(connection, self.name, now)
        if not due & {"collected", "held"}:
            return
        with self.stores.ledger.write() as connection:
            self._release_digests(connection, now)
            for each in kept.due_of(connection, self.name, "held", now):
                self._release_held(connection, each, now)

    def _release_digests(self, connection: Connection, now: datetime) -> None:
        collected = kept.due_of(connection, self.name, "collected", now)
        if not self.exporter.takes_digests:
            kept.put_state_of(connection, [each.id for each in collected], "waiting", now)
            return
        for route in dict.fromkeys(each.route for each in collected):
            mine = [each for each in collected if each.route == route]
            kept.put_deliveries(connection, [_digest(self.name, route, mine, now)])
            kept.put_state_of(connection, [each.id for each in mine], "digested", now)

    def _release_held(self, connection: Connection, held: Delivery, now: datetime) -> None:
        notice = from_body(held.body)
        stored = get_findings(connection, [held.subject]).get(held.subject)
        acknowledged = kept.acknowledged_at(connection, held.subject)
        in_hand = acknowledged is not None and acknowledged >= held.made_at
        is_open = notice.topic == "coverage" or (stored is not None and stored.status is Status.OPEN)
        if in_hand or not is_open:
            kept.put_state_of(connection, [held.id], "cancelled", now)
            return
        kept.release_held(connection, held, to_body(replace(notice, stored=stored or notice.stored)))

    def send(self) -> bool:
        """Send what is due, until there is no more, something fails, or others should have a turn."""
        for _ in range(ROUND):
            now = self.outside.now()
            with self.stores.ledger.read() as connection:
                due = kept.due_states(connection, self.name, now)
            if now < self.paused_until or "waiting" not in due:
                return False
            with self.stores.ledger.write() as connection:
                claimed = kept.claim(connection, self.name, self.by, now, self.exporter.at_once)
            if not claimed:
                return False
            failed = self._sent(claimed)
            self._mark(claimed, failed)
        return True

    def _sent(self, claimed: Sequence[Delivery]) -> dict[str, DeliveryError]:
        """Hand deliveries to the exporter; returns why some were not taken. Of a refused batch, each goes alone."""
        notices = [from_body(each.body) for each in claimed]
        try:
            return self.exporter.send(notices, self.outside)
        except DeliveryError as error:
            if error.is_final and len(claimed) > 1:
                return {id_: why for each in claimed for id_, why in self._sent([each]).items()}
            failed = error
        except NephoscopeError as error:  # a secret that is missing, an extra that is not installed
            failed = DeliveryError(self.name, str(error))
        except Exception as error:  # noqa: BLE001 - the boundary of one exporter's delivery: it becomes a gap
            failed = DeliveryError(self.name, f"{type(error).__name__}: {error}", is_final=True)
        return {each.id: failed for each in claimed}

    def _mark(self, claimed: Sequence[Delivery], failed: Mapping[str, DeliveryError]) -> None:
        """Keep what became of deliveries, and how the receiver fares."""
        now = self.outside.now()
        partly = [error for error in failed.values() if error.is_partial]
        failed = {id_: error for id_, error in failed.items() if not error.is_partial}
        sent = [each for each in claimed if each.id not in failed]
        parked = [each for each in claimed if each.id in failed and _is_parked(each, failed[each.id])]
        with self.stores.ledger.write() as connection:
            kept.put_sent(connection, [each.id for each in sent], now)
            for each in claimed:
                if error := failed.get(each.id):
                    tried = each.tries if error.is_final else self.failures
                    again_at = None if each in parked else now + timedelta(seconds=self._pause_s(tried + 1))
                    kept.put_failed(connection, each.id, str(error), again_at, is_refused=error.is_final)
        gaps = [parked_gap(each, str(failed[each.id])) for each in parked]
        closed = [parked_gap(each) for each in sent if each.error]
        if failed:
            self._pause(list(failed.values()), is_partly=bool(sent))
            gaps.append(self._gap(str(next(iter(failed.values()))), next(iter(failed.values()))))
        elif partly:
            gaps.append(self._gap(str(partly[0]), partly[0]))
        elif self.is_failing:
            closed.append(self._gap(""))
        self.is_failing = bool(failed or partly)
        if not failed:
            self.failures = 0
        if gaps or closed:
            keep_gaps(self.stores, gaps, closed)

    def _pause(self, errors: Sequence[DeliveryError], *, is_partly: bool) -> None:
        self.failures = 1 if is_partly else self.failures + 1
        asked_s = max(error.after_s for error in errors)
        pause_s = max(asked_s, self._pause_s(self.failures))
        self.paused_until = self.outside.now() + timedelta(seconds=pause_s)

    def _pause_s(self, failures: int) -> float:
        """How long to wait after so many failures: doubling, up to five minutes, a fifth more or less."""
        return min(LONGEST_PAUSE_S, 2.0 ** min(failures, 10)) * (0.8 + 0.4 * self.chance())

    def _gap(self, cause: str, error: Exception | None = None) -> Gap:
        return Gap("export", self.name, cause, permission=getattr(error, "permission", ""))


def parked_gap(delivery: Delivery, cause: str = "") -> Gap:
    """The coverage entry of a delivery that its receiver refuses."""
    return Gap("delivery", f"{delivery.exporter}: {delivery.id[:12]}", f"{delivery.title}: {cause}")


def _is_parked(delivery: Delivery, error: DeliveryError) -> bool:
    return error.is_final and delivery.tries + 1 >= TRIES


def _owner(tags: Mapping[str, Any]) -> str:
    return next((str(value) for name, value in tags.items() if name.casefold() == "owner"), "")


def _digest(exporter: str, route: str, collected: Sequence[Delivery], now: datetime) -> Delivery:
    """One delivery that tells the last of each thing, what is open and grave first."""
    last = {each.subject: from_body(each.body) for each in collected}
    told = sorted(last.values(), key=lambda each: (each.is_over, -each.stored.finding.severity.rank, each.at))
    subject, number = f"digest/{route}", collected[-1].number
    id_ = delivery_id(exporter, route, subject, number, collected[-1].id)
    body = Notice(id_, "digest", told[0].stored, now, route=route, others=tuple(told))
    title = f"{len(told)} findings"
    return Delivery(id_, exporter, route, "digest", subject, title, number, number, "waiting", to_body(body), now, now)
