"""Saved views: a list as somebody likes to see it, private or shared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from nephoscope.store.ledger import upsert
from nephoscope.store.portal_tables import VIEWS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True)
class View:
    """A saved view. page: which list; body: the client's own."""

    id: str
    owner_id: str
    owner: str
    page: str
    name: str
    created_at: datetime
    q: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict[str, Any])
    is_shared: bool = False
    is_default: bool = False
    version: int = 1


def put_view(connection: Connection, view: View) -> None:
    """Keep a view; a user's default of a page is one at a time."""
    if view.is_default:
        others = update(VIEWS).where(VIEWS.c.owner_id == view.owner_id, VIEWS.c.page == view.page)
        connection.execute(others.values(is_default=0))
    row = {column.name: getattr(view, column.name.rstrip("_")) for column in VIEWS.columns}
    flags = {"is_shared": int(view.is_shared), "is_default": int(view.is_default), "columns_": list(view.columns)}
    upsert(VIEWS, [row | flags], connection)


def get_view(connection: Connection, id_: str) -> View | None:
    """A view by id."""
    row = connection.execute(select(VIEWS).where(VIEWS.c.id == id_)).one_or_none()
    return view_of(row) if row else None


def view_of(row: Any) -> View:
    """A row of the views' table as what it says."""
    values = {column.name.rstrip("_"): getattr(row, column.name) for column in VIEWS.columns}
    flags = {"is_shared": bool(row.is_shared), "is_default": bool(row.is_default), "columns": tuple(row.columns_)}
    return View(**values | flags)


def drop_view(connection: Connection, id_: str) -> None:
    """Forget a view."""
    connection.execute(delete(VIEWS).where(VIEWS.c.id == id_))


def count_views(connection: Connection, owner: str) -> int:
    """How many views a user has."""
    from sqlalchemy import func

    return int(connection.scalar(select(func.count()).select_from(VIEWS).where(VIEWS.c.owner_id == owner)) or 0)


def views_of(connection: Connection, user: str) -> list[View]:
    """A user's own views, and those that are shared."""
    query = select(VIEWS).where((VIEWS.c.owner_id == user) | (VIEWS.c.is_shared == 1)).order_by(VIEWS.c.id)
    return [view_of(row) for row in connection.execute(query)]
