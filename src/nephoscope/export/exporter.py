"""An exporter: sends notices to one receiver. A new one is one file in `exporters/`."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope import plugins
from nephoscope.clouds.http import secret
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.export.message import message_of
from nephoscope.model.errors import ConfigError
from nephoscope.settings import build, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from nephoscope.clouds import Clouds
    from nephoscope.clouds.safe_address import Network
    from nephoscope.export.message import Message
    from nephoscope.export.notice import Notice
    from nephoscope.model.errors import DeliveryError

Failures = dict[str, "DeliveryError"]


@dataclass(frozen=True)
class Outside:
    """What exporters reach the outside with. clouds: by the name of a configured account; say: prints a line here."""

    network: Network
    clouds: Callable[[str], Clouds]
    say: Callable[[str], None]
    now: Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Exporter(ABC):
    """Sends notices to one receiver; dataclass fields are its settings, keys of `[exporters.NAME]`.

    from_start: begin with what the feed still holds, not with what comes next. allow_private: the receiver may stand
    on a private network or this machine. link: what a finding's uid is put behind to make its address in the portal.
    at_once: how many notices one call may hold. takes_digests: whether it tells of several findings in one message.
    """

    from_start: bool = False
    allow_private: bool = False
    link: str = ""

    at_once: ClassVar[int] = 1
    takes_digests: ClassVar[bool] = False
    permissions: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        """Send notices; may be called again with the same ones after a crash.

        Returns those that were not taken, by id. Raises DeliveryError when none was; ConfigError for a setting or a
        secret that is wrong.
        """

    @property
    def resources(self) -> tuple[str, ...]:
        """What its permissions are needed on, as ARNs."""
        return ("*",)

    def network(self, outside: Outside) -> Network:
        """The network as far as this exporter may go."""
        return replace(outside.network, allow_private=self.allow_private)

    def http(self, outside: Outside) -> SafeHttp:
        """HTTP as far as this exporter may go."""
        return SafeHttp(self.network(outside))

    def linked(self, uid: str) -> str:
        """A finding's address in the portal; empty where none is configured."""
        return f"{self.link}{uid}" if self.link else ""


@dataclass(frozen=True, kw_only=True)
class Messenger(Exporter):
    """An exporter that people read: one message for each notice, or for a digest of several."""

    takes_digests: ClassVar[bool] = True

    @abstractmethod
    def tell(self, message: Message, outside: Outside) -> DeliveryError | None:
        """Send one message; returns a partial failure where not all whom it was meant for have it. Raises as `send`."""

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        told = {notice.id: self.tell(message_of(notice), outside) for notice in notices}
        return {id_: error for id_, error in told.items() if error}


def secret_of(what: str, variable: str, file: str) -> str:
    """A secret that settings name: `WHAT_env`, an environment variable, or `WHAT_file`. Raises ConfigError."""
    if not variable and not file:
        raise ConfigError(f"no {what} is named: set {what}_env to an environment variable or {what}_file to a file")
    found = secret(variable, file)
    if not found or not found.isprintable():
        raise ConfigError(f"the {what} in {variable or file} is empty or holds what is no text")
    return found


def exporter_types() -> Mapping[str, type[Exporter]]:
    """Every exporter, by the name that `type` says in a configuration."""
    return plugins.load("nephoscope.export.exporters", _exporter)


def _exporter(value: object) -> type[Exporter] | None:
    if isinstance(value, type) and issubclass(value, Exporter) and not inspect.isabstract(value):
        return value
    return None


def exporters_of(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Exporter]:
    """The exporters that a configuration names.

    Raises ConfigError for an unknown type or setting, naming the nearest.
    """
    types = exporter_types()
    made: dict[str, Exporter] = {}
    for name, table in settings.items():
        kind = table["type"]
        if kind not in types:
            raise ConfigError(f"exporters.{name}: there is no exporter '{kind}'{nearest(kind, types)}")
        own = {key: value for key, value in table.items() if key != "type"}
        made[name] = build(types[kind], own, f"exporters.{name}")
    return made
