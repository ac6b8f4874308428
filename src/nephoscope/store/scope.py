"""Whose data somebody may see: the predicate that every query of the portal carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, true

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

ALL = "*"


@dataclass(frozen=True)
class Scope:
    """Accounts by id, or all; without any, nothing is in scope. What belongs to no account is in the scope of all."""

    accounts: frozenset[str] = frozenset()
    is_all: bool = False

    @classmethod
    def of(cls, accounts: Iterable[str]) -> Scope:
        """A scope as it is kept: ids, or `*` for all."""
        named = frozenset(accounts)
        return cls(frozenset(), True) if ALL in named else cls(named)

    @classmethod
    def everything(cls) -> Scope:
        """For what the program does by itself."""
        return cls(frozenset(), True)

    def holds(self, account: str) -> bool:
        """Whether what belongs to an account may be seen."""
        return self.is_all or (bool(account) and account in self.accounts)

    def condition(self, column: Any) -> ColumnElement[bool]:
        """In the ledger."""
        if self.is_all:
            return true()
        return column.in_(sorted(self.accounts)) if self.accounts else false()

    def expression(self, column: str) -> tuple[str, dict[str, Any]]:
        """In the lake: an expression over a column, and its parameters."""
        if self.is_all:
            return "1", {}
        return f"`{column}` IN {{scope_accounts:Array(String)}}", {"scope_accounts": sorted(self.accounts)}

    def within(self, other: Scope) -> bool:
        """Whether another scope holds all that this one does."""
        return other.is_all or (not self.is_all and self.accounts <= other.accounts)

    @property
    def names(self) -> list[str]:
        """As it is kept."""
        return [ALL] if self.is_all else sorted(self.accounts)
