"""A check: one question about one item. A new one is one file in `checks/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

from nephoscope.model.errors import NotCollected
from nephoscope.model.finding import Severity
from nephoscope.model.item import Item
from nephoscope.model.verdict import Fail, NotApplicable, Pass, Unknown, Verdict
from nephoscope.model.view import View, guarded, view_of

Question = Callable[[Any], Verdict]
Judged = Item | View | Mapping[str, Any]
_LABEL = re.compile(r"^(Why|Fix|Limits|Source): ", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """One question about items of some types, and what the asker should know of it.

    question: gets the guarded view of an item; NotCollected that it raises becomes Unknown.
    title: a sentence that is true when the check passes.
    """

    question: Question
    types: tuple[str, ...]
    severity: Severity

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.question, name))
        object.__setattr__(self, "__wrapped__", self.question)

    def __call__(
        self, item: Item | View | Mapping[str, Any], not_collected: Mapping[str, str] | None = None
    ) -> Verdict:
        """Judge an item, or a bare configuration; an error in the question is an answer too: Unknown.

        not_collected: {JSON pointer: cause}, for a bare configuration.
        """
        if isinstance(item, Item):
            item = view_of(item)
        elif not isinstance(item, View):
            item = guarded(item, not_collected or {})
        try:
            return self.question(item)
        except NotCollected as gap:
            return Unknown(str(gap))
        except Exception as error:  # noqa: BLE001 - one check call is a named boundary
            return Unknown(f"the item does not have the expected shape: {type(error).__name__}: {str(error)[:200]}")

    @property
    def name(self) -> str:
        return self.question.__name__

    @property
    def title(self) -> str:
        return self._text.partition("\n\n")[0].replace("\n", " ").rstrip(".")

    @property
    def why(self) -> str:
        return self._part("Why")

    @property
    def fix(self) -> str:
        return self._part("Fix")

    @property
    def limits(self) -> str:
        return self._part("Limits")

    @property
    def source(self) -> str:
        return self._part("Source")

    @property
    def _text(self) -> str:
        return getdoc(self.question) or ""

    def _part(self, label: str) -> str:
        parts = _LABEL.split(self._text.partition("\n>>> ")[0])
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        return " ".join(found.get(label, "").split())


def check(*types: str, severity: str) -> Callable[[Question], Check]:
    """Make a check of a function that answers with Pass, Fail or NotApplicable; it registers nothing.

    types: the CloudFormation types of the items it is asked about.
    """

    def make(question: Question) -> Check:
        return Check(question, types, Severity(severity))

    return make


__all__ = ["Check", "Fail", "NotApplicable", "Pass", "Unknown", "Verdict", "check"]
