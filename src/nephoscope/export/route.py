"""Routes: which changes go to whom, and when. Checked when they are loaded, names and types of conditions included."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.export.notice import KINDS
from nephoscope.export.times import digest_of, quiet_of
from nephoscope.expression import compile_expression
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, ContentError
from nephoscope.model.finding import Severity
from nephoscope.settings import build, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from nephoscope.export.notice import Notice
    from nephoscope.export.times import Digest, Quiet
    from nephoscope.expression import Expression, Type

# What a condition may ask besides what a waiver's scope may.
MORE: Mapping[str, Type] = {
    "status": "string",
    "previous": "string",
    "change": "string",
    "why": "string",
    "owner": "string",
    "revision": "int",
    "occurrences": "int",
}
OPENED = ("opened", "reopened")


@dataclass(frozen=True)
class _Settings:
    """The keys of `[routes.NAME]`; `except`, which Python keeps for itself, is `except_` here."""

    to: tuple[str, ...]
    when: str = ""
    on: tuple[str, ...] = ("opened", "reopened", "resolved")
    digest: str = ""
    quiet: str = ""
    except_: str = ""
    escalate_after_s: float = 0.0
    escalate_to: tuple[str, ...] = ()
    changes_every_s: float = 0.0


@dataclass(frozen=True)
class Route:
    """Where notices go.

    when: None for all. loud: severities that quiet hours do not hold. changes_every_s: a finding's further changes are
    told no more often, and then as the last of them is.
    """

    name: str
    to: tuple[str, ...]
    when: Expression | None = None
    on: tuple[str, ...] = ("opened", "reopened", "resolved")
    digest: Digest | None = None
    quiet: Quiet | None = None
    loud: frozenset[str] = field(default_factory=frozenset[str])
    escalate_after_s: float = 0.0
    escalate_to: tuple[str, ...] = ()
    changes_every_s: float = 0.0

    def wants(self, notice: Notice, values: Mapping[str, Any]) -> bool:
        """Whether a notice is for this route. Raises ContentError if that cannot be said."""
        kind = "coverage" if notice.topic == "coverage" else notice.what
        return kind in self.on and self.holds(values)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether its condition holds. Raises ContentError if that cannot be said."""
        return self.when is None or self.when.evaluate(values)

    def due_at(self, notice: Notice, now: datetime) -> datetime:
        """When a notice is sent at the earliest."""
        if self.digest:
            return self.digest.next_after(now)
        if self.quiet and str(notice.stored.finding.severity) not in self.loud:
            return self.quiet.until(now) or now
        return now


@dataclass(frozen=True)
class Planned:
    """A notice that is to be sent. is_held: only if its finding is still open then; is_collected: in a digest."""

    route: str
    what: str
    due_at: datetime
    is_held: bool = False
    is_collected: bool = False


def scope_values(notice: Notice) -> dict[str, Any]:
    """What a condition may ask of a notice besides its finding: the names of `MORE`; a gap's kind is coverage."""
    stored = notice.stored
    values = {
        "status": str(stored.status),
        "previous": notice.previous,
        "change": notice.what,
        "why": notice.why,
        "owner": notice.owner,
        "revision": stored.revision,
        "occurrences": stored.occurrences,
    }
    return values | ({"kind": "coverage"} if notice.topic == "coverage" else {})


def load_routes(
    settings: Mapping[str, Mapping[str, Any]], exporters: Iterable[str], schema: Mapping[str, Type]
) -> dict[str, Route]:
    """The routes that a configuration names.

    exporters: their names. schema: the types of what conditions may ask. Raises ConfigError for anything that is
    wrong, a name or type in a condition included.
    """
    known = dict.fromkeys(exporters)
    return {name: _route(name, table, known, schema) for name, table in settings.items()}


def _route(name: str, table: Mapping[str, Any], exporters: Mapping[str, Any], schema: Mapping[str, Type]) -> Route:
    where = f"routes.{name}"
    named = {"except_" if key == "except" else key: value for key, value in table.items()}
    made = build(_Settings, named, where)
    for receiver in (*made.to, *made.escalate_to):
        if receiver not in exporters:
            raise ConfigError(f"{where}: there is no exporter '{receiver}'{nearest(receiver, exporters)}")
    for kind in made.on:
        if kind not in KINDS:
            raise ConfigError(f"{where}: on: '{kind}' is none of {', '.join(KINDS)}")
    if bool(made.escalate_to) is not (made.escalate_after_s > 0):
        raise ConfigError(f"{where}: escalate_after_s and escalate_to go together")
    return Route(
        name,
        made.to,
        _condition(made.when, schema, where),
        made.on,
        digest_of(made.digest, where),
        quiet_of(made.quiet, where),
        _at_least(made.except_, where),
        made.escalate_after_s,
        made.escalate_to,
        made.changes_every_s,
    )


def _condition(text: str, schema: Mapping[str, Type], where: str) -> Expression | None:
    try:
        return compile_expression(text, schema, f"{where}: when") if text else None
    except ContentError as error:
        raise ConfigError(str(error)) from error


def _at_least(text: str, where: str) -> frozenset[str]:
    """The severities that are at least so grave."""
    if not text:
        return frozenset()
    known = [str(each) for each in Severity]
    if text not in known:
        raise ConfigError(f"{where}: except: '{text}' is none of {', '.join(known)}")
    return frozenset(known[known.index(text) :])


def plan(
    exporter: str,
    routes: Sequence[Route],
    notice: Notice,
    values: Mapping[str, Any],
    told: Collection[str],
    now: datetime,
) -> tuple[list[Planned], list[Gap]]:
    """What an exporter is to send of a notice; of several routes that lead to it, the first that wants it.

    told: by which of its routes it was told that the finding is open. Returns also what of the routes could
    not be evaluated: such a route sends nothing, and is a gap. What was told by a route that is no more is taken for
    told by the first that leads to the exporter now.
    """
    mine = [route for route in routes if exporter in route.to + route.escalate_to]
    if mine and set(told) - {route.name for route in routes}:
        told = {*told, mine[0].name}
    planned: list[Planned] = []
    gaps: list[Gap] = []
    for route in mine:
        try:
            found = _planned(exporter, route, notice, values, told, now)
        except ContentError as error:
            gaps.append(Gap("route", route.name, str(error)))
            continue
        is_told = any(not each.is_held for each in planned)
        planned += [each for each in found if each.is_held or not is_told]
    return planned, gaps


def _planned(
    exporter: str, route: Route, notice: Notice, values: Mapping[str, Any], told: Collection[str], now: datetime
) -> list[Planned]:
    if notice.what == "resolved" and _tells_openings(route):
        return [_now(route, notice, now)] if route.name in told and _tells_ends(route, notice) else []
    found: list[Planned] = []
    if exporter in route.to and route.wants(notice, values):
        found.append(_now(route, notice, now))
    if exporter in route.escalate_to and notice.what in OPENED and route.wants(notice, values):
        found.append(Planned(route.name, "escalated", now + timedelta(seconds=route.escalate_after_s), is_held=True))
    return found


def _tells_openings(route: Route) -> bool:
    return bool({*OPENED, "coverage"} & set(route.on))


def _tells_ends(route: Route, notice: Notice) -> bool:
    """Who is told what cannot be seen is told when it can be again."""
    return notice.topic == "coverage" or "resolved" in route.on


def _now(route: Route, notice: Notice, now: datetime) -> Planned:
    return Planned(route.name, notice.what, route.due_at(notice, now), is_collected=route.digest is not None)
