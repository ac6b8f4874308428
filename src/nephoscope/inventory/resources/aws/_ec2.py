"""What EC2's readers share."""

from __future__ import annotations

from typing import Any, ClassVar

from nephoscope.inventory.resource import Described


class Ec2(Described):
    """A type that an EC2 `Describe…` call gives."""

    service: ClassVar[str] = "ec2"
    page_size: ClassVar[int] = 1000
    id_key: ClassVar[str]

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration[self.id_key]


def key(rule: dict[str, Any]) -> str:
    """An order for rules that AWS lists in none."""
    return repr(sorted(rule.items(), key=lambda pair: pair[0]))
