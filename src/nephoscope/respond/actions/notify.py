from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.respond.telling import TellingAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class Notify(TellingAction):
    """Leave a notice with an exporter, which delivers it.

    Limits: it is delivered once the receiver is there, and cannot be taken back.
    Source: https://docs.oasis-open.org/cacao/security-playbooks/v2.0/security-playbooks-v2.0.html
    """

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world, state
        return (f"{self.exporter} is told: {self.subject}.",)
