"""Which version of an object somebody saw: ETag and If-Match; which attempt an action is: Idempotency-Key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header

from nephoscope.portal.problems import ProblemError

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description="The ETag that was read.")]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="New for each action, the same for its retries."),
]


def etag(*parts: Any) -> str:
    """A strong validator made of whatever changes with the object."""
    text = "\x1f".join(map(str, parts)).encode(errors="replace")
    return f'"{hashlib.sha256(text).hexdigest()[:24]}"'


def tagged(me: Caller, *parts: Any) -> None:
    """Give the answer its ETag."""
    me.response.headers["ETag"] = etag(*parts)


def require_match(if_match: str | None, *parts: Any) -> None:
    """Raise `no-version` without an If-Match, `changed-meanwhile` where it names another version."""
    if if_match is None:
        raise ProblemError("no-version")
    named = {each.strip().removeprefix("W/") for each in if_match.split(",")}
    if "*" not in named and etag(*parts) not in named:
        raise ProblemError("changed-meanwhile", headers={"ETag": etag(*parts)})
