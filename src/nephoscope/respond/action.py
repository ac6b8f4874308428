"""What an action is: state → apply → verify → revert.

The runner reads and keeps `state` before anything changes, then calls `apply`, reads afresh by `verify`, and keeps
`revert` ready. It may be killed anywhere and calls again what it is not sure of: every method may be repeated.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from nephoscope import plugins
from nephoscope.model.errors import ConfigError, ContentError
from nephoscope.model.response import State, Target
from nephoscope.settings import build, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from nephoscope.clouds.aws import Aws

TACTICS = ("capture", "contain", "harden", "isolate", "restore", "tell")


class EvidenceBox(Protocol):
    """Where a run's evidence is put. The same name with the same content again adds nothing."""

    def add(self, name: str, content: bytes, *, media_type: str, source: str, captured_at: datetime) -> str:
        """Keep one capture. source: the call or command that gave it. Returns its SHA-256, hexadecimal."""
        ...

    def seal(self) -> object:
        """End it: what is in it from now on is proven, and nothing can be added. Again is once."""
        ...


class Knowledge(Protocol):
    """What the stores know, for plans and evidence; reads nothing outside."""

    def item(self, type_: str, id_: str, account: str, region: str = "") -> State | None:
        """A resource as last read (`configuration`, `relationships`, `captured_at`); None if it is not known."""
        ...

    def flows(self, account: str, addresses: Sequence[str], days: int = 7) -> Sequence[State]:
        """Accepted flows of these addresses by peer: `peer`, `port`, `direction`, `bytes`, `flows`, `last_at`."""
        ...

    def dependents(self, type_: str, id_: str, account: str) -> Sequence[State]:
        """Existing resources of an account that name this one, as last read: `type`, `id`, `name`."""
        ...

    def events(self, account: str, *, actor: str = "", resource: str = "", days: int = 7) -> Sequence[State]:
        """OCSF rows of events by an actor (ARN, access key or principal id) or on a resource, newest first."""
        ...


class Notices(Protocol):
    """Where notices to people are left, to be delivered by exporters."""

    def tell(self, exporter: str, title: str, text: str, token: str) -> str:
        """Leave a notice, once per token; returns its id. Raises Refused if there is no such exporter."""
        ...


@dataclass(frozen=True)
class World:
    """What an action is handed.

    aws: acts with the role of this action and no other. token: of this step of this run, the same at each repeat;
    names what apply makes (tags, client tokens), so that verify, revert and a repeat find it. outputs: what earlier
    steps told, by step name. notices: None where nothing delivers any.
    """

    aws: Aws
    run: str
    token: str
    evidence: EvidenceBox
    known: Knowledge
    outputs: Mapping[str, State] = field(default_factory=dict[str, State])
    notices: Notices | None = None


@dataclass(frozen=True)
class Action(ABC):
    """One change to the world, or one capture of it. Fields are its settings; every action names account and region.

    The first line of the docstring is its title; `Limits:` says what it does not reach, `Source:` where that stands.
    tactic: one of TACTICS. permissions: all that its methods need, as IAM spells them. irreversible: why what it does
    cannot be put back; empty if it can. may_differ: keys of the state that may differ after a revert. is_destructive:
    whether it takes something away that a second person should agree to.
    """

    account: str
    region: str

    tactic: ClassVar[str]
    permissions: ClassVar[tuple[str, ...]]
    irreversible: ClassVar[str] = ""
    may_differ: ClassVar[tuple[str, ...]] = ()
    is_destructive: ClassVar[bool] = False

    @property
    @abstractmethod
    def target(self) -> Target:
        """What it acts on; protection and limits go by it."""

    @abstractmethod
    def state(self, world: World) -> State:
        """What is now, all that apply may change, as JSON; empty for what captures only.

        Raises Refused where there is nothing to act on, CloudError where it cannot be read.
        """

    @abstractmethod
    def apply(self, world: World, state: State) -> State:
        """Do it; done already is done. state: as recorded. Returns what later steps and people want to know."""

    @abstractmethod
    def verify(self, world: World, state: State) -> str:
        """What is not yet as it should be, read afresh; empty when it holds. Asked again until its time is up."""

    def revert(self, world: World, state: State) -> None:  # noqa: B027  what changes nothing has nothing to put back
        """Put back what `state` says; put back already is put back. Actions that change nothing keep this one."""

    def plan(self, world: World, state: State) -> Sequence[str]:
        """Sentences: what changes from what to what, what that cuts off, and what it does not reach."""
        del world, state
        return (self.title(),)

    @classmethod
    def title(cls) -> str:
        """The docstring's first line."""
        return (cls.__doc__ or cls.__name__).partition("\n")[0]


@dataclass(frozen=True)
class Catalogue:
    """The actions that there are, by name, which is that of the file."""

    kinds: Mapping[str, type[Action]]

    def kind(self, name: str, where: str) -> type[Action]:
        """An action's class. Raises ContentError for one that is not there, naming the nearest."""
        if name not in self.kinds:
            raise ContentError(where, f"there is no action '{name}'{nearest(name, self.kinds)}")
        return self.kinds[name]

    def make(self, name: str, settings: Mapping[str, Any], where: str) -> Action:
        """An action from its settings. Raises ContentError naming what is unknown, missing or of another type."""
        try:
            return build(self.kind(name, where), settings, name)
        except ConfigError as error:
            raise ContentError(where, str(error)) from error


@cache
def builtin() -> Catalogue:
    """The actions that come with Nephoscope."""
    return Catalogue(plugins.load("nephoscope.respond.actions", _action))


def _action(value: object) -> type[Action] | None:
    return value if isinstance(value, type) and issubclass(value, Action) and not inspect.isabstract(value) else None
