"""Notices on standard output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.export.exporter import Messenger

if TYPE_CHECKING:
    from nephoscope.export.exporter import Outside
    from nephoscope.export.message import Message


@dataclass(frozen=True, kw_only=True)
class Console(Messenger):
    """Lines where `nephoscope up` prints."""

    def tell(self, message: Message, outside: Outside) -> None:
        outside.say(message.title)
        for part in message.parts:
            facts = "; ".join(f"{label}: {text}" for label, text in part.facts)
            outside.say(f"  {part.title}: {facts}")
