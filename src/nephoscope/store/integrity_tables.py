"""The tables of files on hosts as SQLAlchemy names them; `migrations/integrity.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Moment, Text, define

HOST_CHANGES = define(
    "host_changes",
    "key",
    key=Text,
    host=Text,
    path=Text,
    watched=Text,
    **{"class": Text},
    severity=Text,
    explanation=Text,
    trust=Text,
    package=Text,
    change=Text,
    sha256=Text,
    is_explained=Integer,
    first_at=Moment,
    at=Moment,
    ended_at=Moment,
)
HOST_BASELINES = define(
    "host_baselines",
    "key",
    key=Text,
    host=Text,
    path=Text,
    root=Text,
    sha256=Text,
    told_sha256=Text,
    entries=BigInteger,
    unseen=BigInteger,
    explained=BigInteger,
    unexplained=BigInteger,
    adopted_at=Moment,
    looked_at=Moment,
    oldest_hash_at=Moment,
)
CHANGE_APPROVALS = define("change_approvals", "change", change=Text, path=Text, why=Text, by_whom=Text, at=Moment)
