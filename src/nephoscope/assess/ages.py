"""How long ago something was, at the moment an item is judged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nephoscope.model.errors import NotCollected


def days_since(item: Any, moment: Any) -> int:
    """Whole days from a moment, as ISO 8601 text, to the judging of the item.

    Raises NotCollected for what is no moment, or has no time zone.
    """
    return (_moment(item["observed"]["JudgedAt"]) - _moment(moment)).days


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise NotCollected(str(value)[:40], "is not a moment in ISO 8601") from error
    if moment.tzinfo is None:
        raise NotCollected(value, "has no time zone")
    return moment
