"""Saved views: one's own, and those that are shared."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from nephoscope.model.query import Field, Type
from nephoscope.portal.audit import note
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import ViewBody, ViewRow
from nephoscope.portal.sources import MemorySource
from nephoscope.portal.versions import require_match
from nephoscope.store.views import View, count_views, drop_view, get_view, put_view, views_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

MOST_VIEWS = 200
MOST_BYTES = 64_000
FIELDS = {
    field.name: field
    for field in (
        Field("page", Type.WORD, "which list", is_facet=True, is_sortable=True),
        Field("name", Type.TEXT, "", is_sortable=True),
        Field("owner", Type.WORD, "", is_facet=True),
        Field("is_shared", Type.BOOL, "", is_facet=True),
        Field("is_default", Type.BOOL, ""),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        return [_row(me, view).model_dump() for view in views_of(connection, me.user)]


def _row(me: Caller, view: View) -> ViewRow:
    is_own = view.owner_id == me.user
    shown: dict[str, Any] = {name: getattr(view, name) for name in ViewRow.model_fields if name != "can"}
    shown["columns"] = list(view.columns)
    return ViewRow(**shown, can=["change", "delete"] if is_own else [])


SOURCE = MemorySource("views", FIELDS, "page,name", "id", _rows, ViewRow)


def _found(connection: Connection, me: Caller, id_: str) -> View:
    view = get_view(connection, id_)
    if view is None or not (view.is_shared or view.owner_id == me.user):
        raise ProblemError("not-found", "There is no view of this id")
    return view


def _own(connection: Connection, me: Caller, id_: str, if_match: str | None) -> View:
    view = _found(connection, me, id_)
    if view.owner_id != me.user:
        raise ProblemError("not-allowed", "A view is changed by who made it")
    require_match(if_match, view.id, view.version)
    return view


def shown(me: Caller, id_: str) -> ViewRow:
    """A view of one's own, or a shared one. Raises `not-found`."""
    with me.portal.ledger.read() as connection:
        return _row(me, _found(connection, me, id_))


def _checked(me: Caller, body: ViewBody) -> dict[str, Any]:
    if body.is_shared and not me.may(Permission.SHARE):
        raise ProblemError("not-allowed", "To share a view asks for the permission share")
    if len(msgspec.json.encode(body.body)) > MOST_BYTES:
        raise ProblemError("too-large", "A view's body has at most 64 kB")
    return body.model_dump() | {"columns": tuple(body.columns)}


def create(connection: Connection, me: Caller, body: ViewBody) -> ViewRow:
    """Keep a new view."""
    view = View(uuid4().hex, me.user, me.name, created_at=me.portal.clock(), **_checked(me, body))
    if count_views(connection, me.user) >= MOST_VIEWS:
        raise ProblemError("conflict", f"One has at most {MOST_VIEWS} views")
    put_view(connection, view)
    return _row(me, view)


def replace(me: Caller, id_: str, body: ViewBody, if_match: str | None) -> ViewRow:
    """Keep a view in place of an earlier version."""
    values = _checked(me, body)
    with me.portal.ledger.write() as connection:
        before = _own(connection, me, id_, if_match)
        view = dataclasses.replace(before, **values, version=before.version + 1)
        put_view(connection, view)
        note(connection, me, "view change", view.id, {"name": view.name, "is_shared": view.is_shared})
    return _row(me, view)


def remove(me: Caller, id_: str, if_match: str | None) -> Done:
    """Forget a view."""
    with me.portal.ledger.write() as connection:
        view = _own(connection, me, id_, if_match)
        drop_view(connection, id_)
        note(connection, me, "view delete", id_, {"name": view.name})
    return Done()
