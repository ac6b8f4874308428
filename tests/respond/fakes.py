"""A world of named values, and actions that set them; every call may fail or be the last one before a kill."""

import json
from dataclasses import dataclass, field

from nephoscope.model.errors import CloudError, Vanished
from nephoscope.model.response import Target
from nephoscope.respond.action import Action, Catalogue


@dataclass(frozen=True)
class SetValue(Action):
    """Set a value.

    Source: tests.
    """

    key: str
    value: str

    tactic = "contain"
    permissions = ()
    may_differ = ("seen",)

    @property
    def target(self):
        return Target(self.account, self.region, "Fake", self.key)

    def state(self, world):
        world.aws.call("read")
        if self.key not in world.aws.values:
            raise Vanished(f"{self.key} is not there")
        return {"value": world.aws.values[self.key], "seen": world.aws.calls}

    def apply(self, world, state):
        world.aws.call("set")
        world.aws.values[self.key] = self.value
        return {"was": state["value"]}

    def verify(self, world, state):
        world.aws.call("check")
        return "" if world.aws.values.get(self.key) == self.value else f"{self.key} is {world.aws.values.get(self.key)}"

    def revert(self, world, state):
        world.aws.call("revert")
        if self.key in world.aws.values:
            world.aws.values[self.key] = state["value"]

    def plan(self, world, state):
        return [f"{self.key}: {state['value']} → {self.value}."]


@dataclass(frozen=True)
class Burn(SetValue):
    """Burn it.

    Source: tests.
    """

    irreversible = "ashes stay ashes"


@dataclass(frozen=True)
class Never(SetValue):
    """Set a value that never holds.

    Source: tests.
    """

    def verify(self, world, state):
        return "never"


@dataclass(frozen=True)
class Raze(SetValue):
    """Raze it.

    Source: tests.
    """

    is_destructive = True


CATALOGUE = Catalogue({"set_value": SetValue, "burn": Burn, "never": Never, "raze": Raze})


@dataclass
class Outside:
    """What the fake actions act on. failing: calls that answer with an error, by name."""

    values: dict
    failing: dict = field(default_factory=dict)
    calls: int = 0

    def call(self, name):
        self.calls += 1
        if self.failing.get(name, 0) > 0:
            self.failing[name] -= 1
            raise CloudError(f"fake:{name}", "Broken", "it broke")


@dataclass
class Box:
    kept: dict = field(default_factory=dict)

    def add(self, name, content, *, media_type, source, captured_at):
        self.kept[name] = content
        return ""

    def seal(self): ...


class NothingKnown:
    def item(self, type_, id_, account, region=""):
        return None

    def dependents(self, type_, id_, account):
        return []

    def flows(self, account, addresses, days=7):
        return []

    def events(self, account, *, actor="", resource="", days=7):
        return []


def playbook(*steps, **others):
    """The text of a playbook of these steps: (action, key, value[, extra])."""
    made = []
    for number, (action, key, value, *extra) in enumerate(steps, 1):
        step = {"name": f"s{number}", "action": action, "with": {"key": key, "value": value}, "within_s": 0.01}
        made.append(step | (extra[0] if extra else {}))
    inputs = {"account": {"type": "string"}, "region": {"type": "string"}, "to": {"type": "string", "default": "x"}}
    head = {"name": "play", "title": "Play", "description": "A play.", "inputs": inputs, "approval": "never"}
    return json.dumps(head | {"steps": made} | others)
