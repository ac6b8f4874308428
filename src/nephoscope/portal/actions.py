"""Actions: done once per Idempotency-Key, in one transaction with their entry in the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from pydantic import BaseModel

from nephoscope.portal.audit import note
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.store.idempotency import keep_answer, known_answer
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

Answer = TypeVar("Answer", bound=BaseModel)
REPLAYED = "Idempotency-Replayed"
MOST_NOTED = 2_000  # bytes of what is no text, in the audit log


def once(
    me: Caller,
    key: str | None,
    action: str,
    about: str,
    body: BaseModel | Mapping[str, Any],
    do: Callable[[Connection], Answer],
) -> Answer | Any:
    """Do it, or give back what it answered the first time this user sent this key.

    Raises `no-key` without a key, and `bad-value` for a key that was sent with another request, or in another scope:
    an answer of then may tell what is out of sight now.
    """
    if not key:
        raise ProblemError("no-key")
    given: Any = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
    digest = hashlib.sha256(msgspec.json.encode([action, about, given, me.scope.names], order="sorted")).hexdigest()
    name = key_of("idempotency", me.user, key)
    with me.portal.ledger.write() as connection:
        known = known_answer(connection, name)
        if known is not None:
            if known.digest != digest:
                detail = "This Idempotency-Key was sent with another request, or in another scope"
                raise ProblemError("bad-value", detail, [Fault(pointer="#/header/Idempotency-Key", detail=detail)])
            me.response.headers[REPLAYED] = "true"
            return msgspec.json.decode(known.body)
        answer = do(connection)
        keep_answer(connection, name, digest, answer.model_dump_json(by_alias=True), me.portal.clock())
        note(connection, me, action, about, _shown(given))
        return answer


def _shown(given: Any) -> dict[str, Any]:
    """A body as the audit log shows it: what is long is cut, secrets are left out."""
    hidden = ("password", "code", "token", "credential", "secret")
    return {name: "…" if name in hidden else _brief(value) for name, value in given.items()}


def _brief(value: Any) -> Any:
    if isinstance(value, str):
        return value[:500]
    return value if len(msgspec.json.encode(value)) <= MOST_NOTED else "…"
