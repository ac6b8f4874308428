"""Actions that tell people: they leave a notice with an exporter, and change nothing in a cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import Refused
from nephoscope.model.response import Target
from nephoscope.respond.action import Action

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class TellingAction(Action):
    """Leaves one notice, once per step of a run. subject: a line; text: what whoever reads it should know."""

    exporter: str
    subject: str
    text: str

    tactic = "tell"
    permissions = ()

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "Nephoscope::Exporter", self.exporter)

    def state(self, world: World) -> State:
        """Nothing: nothing is there that it changes."""
        del world
        return {}

    def apply(self, world: World, state: State) -> State:
        """Leave the notice; the same token again leaves no second one. Raises Refused if nobody delivers notices."""
        if world.notices is None:
            raise Refused(f"nothing delivers notices here, so {self.exporter} cannot be told")
        return {"notice": world.notices.tell(self.exporter, self.subject, self.text, world.token)}

    def verify(self, world: World, state: State) -> str:
        """Nothing: what was left is kept, and delivered by the exporter."""
        del world, state
        return ""
