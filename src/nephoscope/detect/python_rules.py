"""Rules as Python functions, for what Sigma cannot say: `@rule(product="aws", service="cloudtrail", when={…})`."""

from __future__ import annotations

import importlib
import inspect
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from nephoscope.detect.rule import About, Rule
from nephoscope.model.condition import All, Condition, Term, Test
from nephoscope.model.errors import ContentError
from nephoscope.model.event import LogSource, at_path
from nephoscope.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LABEL = re.compile(r"^(Why|Fix|Limits|Source|Tags|False positives): *", re.MULTILINE)
KEYS, VALUES = 50_000, 200


class Event:
    """A record as a Python rule reads it: fields by dotted path, as Sigma names them; absent or null is None."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record

    def __getitem__(self, path: str) -> Any:
        found = at_path(self.record, path)
        return None if found is UNSET else found


@dataclass
class History:
    """What a rule has seen, bounded: the keys seen longest ago, and a key's oldest values, are forgotten first."""

    seen_by_key: OrderedDict[str, list[str]] = field(default_factory=OrderedDict[str, list[str]])

    def seen(self, key: str) -> frozenset[str]:
        """The values remembered for a key; empty for a key not seen before."""
        return frozenset(self.seen_by_key.get(key, ()))

    def remember(self, key: str, value: str) -> bool:
        """Remember a value for a key; whether it is new there."""
        values = self.seen_by_key.setdefault(key, [])
        self.seen_by_key.move_to_end(key)
        is_new = value not in values
        if is_new:
            values.append(value)
            del values[:-VALUES]
        while len(self.seen_by_key) > KEYS:
            self.seen_by_key.popitem(last=False)
        return is_new

    def dump(self) -> dict[str, list[str]]:
        """All of it, for JSON."""
        return dict(self.seen_by_key)

    @classmethod
    def of(cls, dumped: Mapping[str, Sequence[str]]) -> History:
        """What `dump` gave."""
        return cls(OrderedDict((key, list(values)) for key, values in dumped.items()))


@dataclass(frozen=True)
class PythonRule:
    """A function over an event and a history; True, or a sentence, makes a finding."""

    about: About
    log_source: LogSource
    condition: Condition
    function: Callable[[Event, History], bool | str | None]

    def __call__(self, event: Mapping[str, Any] | Event, history: History | None = None) -> bool | str:
        """Judge one event; a history given is added to.

        Only the function is asked, not `when`.
        """
        asked = event if isinstance(event, Event) else Event(event)
        return self.function(asked, history if history is not None else History()) or False

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to other processes by name; what the rule set changed of `about` goes along."""
        return _found, (self.function.__module__, self.function.__name__, self.about)

    @property
    def rule(self) -> Rule:
        """The part that the matcher runs: which events are shown to the function."""
        return Rule(self.about, self.log_source, self.condition)


def _found(module: str, name: str, about: About) -> PythonRule:
    return replace(getattr(importlib.import_module(module), name), about=about)


def rule(
    *,
    product: str,
    service: str = "",
    level: str = "medium",
    when: Mapping[str, str | Sequence[str]],
    tags: Sequence[str] = (),
) -> Callable[[Callable[[Event, History], bool | str | None]], PythonRule]:
    """Make a function a rule. It registers nothing: its place in the tree does.

    when: {field: value or values} that every event shown to the function has; compared as Sigma compares, so that the
    function runs seldom. The docstring's first sentence is the title; `False positives:` and `Source:` are labels.
    """

    def made(function: Callable[[Event, History], bool | str | None]) -> PythonRule:
        name = function.__name__
        text = inspect.getdoc(function) or ""
        if not text:
            raise ContentError(name, "has no docstring, whose first sentence is the title")
        if not when:
            raise ContentError(name, "has an empty `when`; every event would be shown to it")
        terms = tuple(
            Term(field, Test.EQUALS, (wanted,) if isinstance(wanted, str) else tuple(wanted))
            for field, wanted in when.items()
        )
        parts = labels(text)
        about = About(
            id=name,
            name=name,
            title=text.splitlines()[0].rstrip("."),
            severity=Severity(level),
            where=f"{function.__module__}:{function.__code__.co_firstlineno}",
            tags=tuple(tags),
            description=parts.get("Why", ""),
            falsepositives=tuple(filter(None, (parts.get("False positives", ""),))),
            references=tuple(parts.get("Source", "").split()),
        )
        made_rule = PythonRule(
            about, LogSource(product, service), terms[0] if len(terms) == 1 else All(terms), function
        )
        object.__setattr__(made_rule, "__module__", function.__module__)
        object.__setattr__(made_rule, "__doc__", text)
        return made_rule

    return made


def labels(docstring: str) -> dict[str, str]:
    """The labelled parts of a docstring, up to a doctest or an empty line."""
    parts = LABEL.split(docstring)
    return {
        label: " ".join(re.split(r"\n\s*\n|>>>", text)[0].split())
        for label, text in zip(parts[1::2], parts[2::2], strict=True)
    }
