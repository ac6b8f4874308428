"""What a check says of an item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pass:
    """What the check states is true of the item."""

    def __repr__(self) -> str:
        return "Pass()"


@dataclass(frozen=True)
class Fail:
    """It is not true; `reason` says what was found instead."""

    reason: str

    def __repr__(self) -> str:
        return f"Fail({self.reason!r})"


@dataclass(frozen=True)
class NotApplicable:
    """The question does not arise for this item."""

    reason: str

    def __repr__(self) -> str:
        return f"NotApplicable({self.reason!r})"


@dataclass(frozen=True)
class Unknown:
    """The item does not hold what is needed to say; `reason` names the cause."""

    reason: str

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


Verdict = Pass | Fail | NotApplicable | Unknown
