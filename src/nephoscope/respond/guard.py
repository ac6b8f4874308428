"""What is never acted on: resources that the configuration protects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.expression import Expression, Type, compile_expression
from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.model.response import Target
    from nephoscope.respond.action import Knowledge

SCHEMA: Mapping[str, Type] = {
    "type": "string",
    "id": "string",
    "account": "string",
    "region": "string",
    "name": "string",
    "tags": "map(string)",
}
MARK = "nephoscope:protected"


@dataclass(frozen=True)
class Guard:
    """The expressions of `protected`; a resource with the tag nephoscope:protected is protected by itself."""

    rules: tuple[Expression, ...] = ()

    def refusal(self, target: Target, known: Knowledge) -> str:
        """Why a resource may not be acted on; empty if it may.

        One that is not known is refused if a rule asks for its name or tags: it may be protected.
        """
        item = known.item(target.type, target.id, target.account, target.region) if target.id else None
        values: dict[str, Any] = {"type": target.type, "id": target.id, "account": target.account}
        values |= {
            "region": target.region,
            "name": (item or {}).get("name", ""),
            "tags": (item or {}).get("tags") or {},
        }
        if MARK in values["tags"]:
            return f"{target.id} is protected: it has the tag {MARK}"
        for rule in self.rules:
            asks = "tags" in rule.text or "name" in rule.text
            if item is None and target.id and asks:
                return (
                    f"whether {target.id} is protected is not known: it was not read yet, and `{rule.text}` asks for it"
                )
            try:
                if rule.evaluate(values):
                    return f"{target.id} is protected: {rule.text}"
            except ContentError as error:
                return f"whether {target.id} is protected cannot be said: {error}"
        return ""


def guard(texts: Iterable[str], where: str) -> Guard:
    """The guard of a configuration. Raises ContentError for an expression that does not load."""
    return Guard(tuple(compile_expression(text, SCHEMA, where) for text in texts))
