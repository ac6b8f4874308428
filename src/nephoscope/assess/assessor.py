"""Which checks an item gets, and what they say."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nephoscope import plugins
from nephoscope.assess.check import Check, Verdict
from nephoscope.model.view import View, guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.model.item import Item


@lru_cache(maxsize=1)
def builtin_checks() -> Mapping[str, Check]:
    """Every check of ours, by name."""
    return plugins.load("nephoscope.assess.checks", lambda value: value if isinstance(value, Check) else None)


class Assessor:
    """Asks of each item every check for its type."""

    def __init__(self, checks: Iterable[Check] | None = None) -> None:
        self.checks = tuple(builtin_checks().values() if checks is None else checks)
        self._by_type: dict[str, list[Check]] = defaultdict(list)
        for each in self.checks:
            for type_ in each.types:
                self._by_type[type_].append(each)

    @property
    def types(self) -> frozenset[str]:
        """The resource types that any check asks about."""
        return frozenset(self._by_type)

    def judge(self, item: Item, at: datetime | None = None) -> list[tuple[Check, Verdict]]:
        """Every applicable check with its verdict.

        at: the moment ages are counted to; without it the moment the item was captured, or else now.
        """
        checks = self._by_type.get(item.type)
        if not checks:
            return []
        view = _view(item, at or item.captured_at or datetime.now(UTC))
        return [(each, each(view)) for each in checks]


def _view(item: Item, at: datetime) -> View:
    """The item as checks see it: `observed` also says where it is, and to which moment ages are counted."""
    context: dict[str, Any] = {"JudgedAt": at.isoformat()}
    if item.account:
        context["AccountId"] = item.account
    if item.region:
        context["Region"] = item.region
    data = {**item.configuration, "observed": {**item.observed, **context}}
    return guarded(data, item.not_collected)
