"""YAML that people write → a schedule, all of it checked: names, times, queries, conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  `build` reads annotations
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nephoscope.documents import Document, parse_documents
from nephoscope.expression import compile_expression
from nephoscope.model.errors import ConfigError, ContentError
from nephoscope.model.schedule import Blackout, Limits, LooksAt, Occasion, Recurrence, Schedule, Selector
from nephoscope.query import QueryError, parse
from nephoscope.scan.schedule import timetable
from nephoscope.settings import build, duration, nearest

if TYPE_CHECKING:
    from nephoscope.expression import Type
    from nephoscope.model.query import Field
    from nephoscope.model.schedule import Kind

T = TypeVar("T")
NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
ONCE = "FREQ=DAILY;COUNT=1"
LONGEST_WINDOW, LONGEST_BLACKOUT, LONGEST_JITTER = timedelta(days=31), timedelta(days=366), timedelta(days=1)
MOST_MISSED, MOST_PRIORITY, MOST_AT_ONCE, MOST_OF_A_LIST = 100, 9, 1_000, 50
MISSED = {"skip": 0, "once": 1}
LONGEST_SAID = 300


@dataclass(frozen=True)
class Known:
    """What documents are checked against.

    kinds: by name. schemas: the names that CEL may use, by topic. fields: those of the list of items.
    """

    kinds: Mapping[str, Kind]
    schemas: Mapping[str, Mapping[str, Type]]
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class _Blackout:
    name: str
    duration: str
    cron: str = ""
    rrule: str = ""
    start: Any = None
    zone: str = ""


@dataclass(frozen=True)
class _Selector:
    q: str = ""
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class _Occasion:
    topic: str
    when: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Said:
    name: str
    kind: str
    title: str = ""
    cron: str = ""
    rrule: str = ""
    start: Any = None
    zone: str = "UTC"
    on: Any = None
    include: tuple[_Selector, ...] = ()
    exclude: tuple[_Selector, ...] = ()
    paths: tuple[str, ...] = ()
    window: str = ""
    blackouts: tuple[_Blackout, ...] = ()
    jitter: str = ""
    missed: Any = "once"
    priority: int = 5
    at_once: Any = None


def parse_schedule(text: str, known: Known, file: str = "schedule") -> Schedule:
    """A schedule from its YAML. Raises ContentError with place and reason."""
    documents = list(parse_documents(text.encode(errors="replace"), file))
    for each in documents:
        if isinstance(each, ContentError):
            raise each
    if len(documents) != 1 or not isinstance(documents[0], Document):
        raise ContentError(file, f"holds {len(documents)} documents, not one schedule")
    schedule = _schedule(documents[0], known, text)
    timetable(schedule, documents[0].where())
    return schedule


def _schedule(document: Document, known: Known, text: str) -> Schedule:
    content: dict[Any, Any] = document.content
    content = {"on" if key is True else key: value for key, value in content.items()}  # YAML 1.1 reads `on` as true
    said = _built(_Said, content, document.where())
    if not NAME.fullmatch(said.name):
        raise ContentError(document.where("name"), "needs a name of small letters, digits and _")
    at = document.where
    return Schedule(
        name=said.name,
        title=said.title or said.name,
        kind=_kind(said, known, at("kind")),
        when=_when(said, at("cron", "rrule", "start")),
        on=_occasion(said.on, known, at("on")),
        include=_selectors(said.include, known, at("include")),
        exclude=_selectors(said.exclude, known, at("exclude")),
        paths=_few(said.paths, at("paths"), "paths"),
        window=_span(said.window, LONGEST_WINDOW, at("window"), "window") if said.window else None,
        blackouts=_blackouts(said, at("blackouts")),
        jitter=_span(said.jitter, LONGEST_JITTER, at("jitter"), "jitter") if said.jitter else timedelta(0),
        missed=_within(MISSED.get(str(said.missed), said.missed), MOST_MISSED, at("missed"), "missed"),
        priority=_within(said.priority, MOST_PRIORITY, at("priority"), "priority"),
        at_once=_limits(said.at_once, at("at_once")),
        text=text,
    )


def _built(kind: type[T], table: Any, where: str) -> T:
    """A table as this kind of thing; its keys and their types are the kind's. Raises ContentError."""
    try:
        if not isinstance(table, dict):
            raise ConfigError("is not a table of keys and values")
        return build(kind, cast("dict[str, Any]", table), where)
    except TypeError:
        raise ContentError(where, "a key is no text") from None
    except ConfigError as error:
        said = str(error).removeprefix(where).removeprefix(": ")
        raise ContentError(where, said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}…") from None


def _kind(said: _Said, known: Known, where: str) -> str:
    kind = known.kinds.get(said.kind)
    if kind is None:
        raise ContentError(where, f"there is no kind '{said.kind:.60}'{nearest(said.kind, known.kinds)}")
    if not kind.is_here:
        able = ", ".join(name for name, each in known.kinds.items() if each.is_here)
        raise ContentError(where, f"this installation cannot do '{said.kind}'; it can do {able}")
    if bool(said.paths) is not (kind.looks_at is LooksAt.PATHS):
        raise ContentError(where, f"{said.kind} {'takes no' if said.paths else 'needs'} paths")
    if (said.include or said.exclude) and kind.looks_at is not LooksAt.ITEMS:
        raise ContentError(where, f"{said.kind} takes neither include nor exclude: it is not about items")
    if not (said.cron or said.rrule or said.start or said.on):
        raise ContentError(where, "says by none of cron, rrule, start and on when it runs")
    return said.kind


def _when(said: _Said | _Blackout, where: str, zone: str = "") -> Recurrence | None:
    if said.cron and (said.rrule or said.start):
        raise ContentError(where, "takes a cron, or an rrule with a start, not both")
    if not (said.cron or said.rrule or said.start):
        return None
    start = _start(said.start, where) if said.start else None
    return Recurrence(said.cron, said.rrule or ("" if said.cron else ONCE), start, said.zone or zone)


def _start(value: Any, where: str) -> datetime:
    """A local time; YAML itself reads some of them, and days."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
    except ValueError:
        value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  on the zone's clocks
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise ContentError(where, "start is a time on the clocks of `zone`, without one of its own: 2026-12-01T02:00")
    return value


def _blackouts(said: _Said, where: str) -> tuple[Blackout, ...]:
    found = list[Blackout]()
    for each in _few(said.blackouts, where, "blackouts"):
        when = _when(each, where, said.zone)
        if when is None:
            raise ContentError(
                where, f"the blackout {each.name!r:.60} says by none of cron, rrule and start when it is"
            )
        found.append(Blackout(each.name[:60], when, _span(each.duration, LONGEST_BLACKOUT, where, "duration")))
    return tuple(found)


def _occasion(said: Any, known: Known, where: str) -> Occasion | None:
    if said is None:
        return None
    occasion = _built(_Occasion, said, where)
    if occasion.topic not in known.schemas:
        raise ContentError(where, f"on: topic is {occasion.topic!r:.60}: {', '.join(known.schemas)}")
    if (occasion.topic == "event") is not bool(occasion.operations):
        raise ContentError(where, "on: what looks at events, and nothing else, names its operations")
    compile_expression(occasion.when, known.schemas[occasion.topic], where)
    return Occasion(occasion.topic, occasion.when, _few(occasion.operations, where, "operations"))


def _selectors(said: tuple[_Selector, ...], known: Known, where: str) -> tuple[Selector, ...]:
    return tuple(_selector(each, known, where) for each in _few(said, where, "selectors"))


def _selector(said: _Selector, known: Known, where: str) -> Selector:
    if not said.q and not said.tags:
        raise ContentError(where, "needs a q or tags")
    try:
        parse(said.q, known.fields)
    except QueryError as error:
        raise ContentError(where, f"q, at {error.position}: {error}") from None
    return Selector(said.q, tuple((str(key), _values(value, where)) for key, value in said.tags.items()))


def _values(value: Any, where: str) -> tuple[str, ...]:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str | int | bool) for each in values):
        raise ContentError(where, "tags is {key: value} or {key: [value, …]}")
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


def _limits(said: Any, where: str) -> Limits:
    limits = _built(Limits, {} if said is None else said, where)
    for name in ("schedule", "account", "region", "group"):
        _within(getattr(limits, name), MOST_AT_ONCE, where, f"at_once.{name}")
    if bool(limits.group) is not bool(limits.group_tag):
        raise ContentError(where, "at_once: group goes with group_tag, the tag whose value is the group")
    return limits


def _span(text: str, most: timedelta, where: str, name: str) -> timedelta:
    try:
        found = duration(text, name)
    except ConfigError as error:
        raise ContentError(where, str(error)[:LONGEST_SAID]) from None
    if found > most:
        raise ContentError(where, f"{name} is {text}, longer than {most.days} days")
    return found


def _within(value: Any, most: int, where: str, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        words = f", {' or '.join(MISSED)}" if name == "missed" else ""
        raise ContentError(where, f"{name} is {value!r:.60}, not 0 to {most}{words}")
    return value


def _few(values: tuple[T, ...], where: str, name: str) -> tuple[T, ...]:
    if len(values) > MOST_OF_A_LIST:
        raise ContentError(where, f"{len(values)} {name} are more than {MOST_OF_A_LIST}")
    return values
