"""The ledger's tables of exports as SQLAlchemy names them; `migrations/export.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Json, Moment, Text, define

DELIVERIES = define(
    "deliveries",
    "id",
    id=Text,
    exporter=Text,
    route=Text,
    what=Text,
    subject=Text,
    title=Text,
    revision=BigInteger,
    number=BigInteger,
    state=Text,
    body=Json,
    tries=Integer,
    made_at=Moment,
    due_at=Moment,
    claimed_by=Text,
    claimed_until=Moment,
    ended_at=Moment,
    error=Text,
)
ACKNOWLEDGEMENTS = define("acknowledgements", "subject", subject=Text, acknowledged_by=Text, at=Moment)
