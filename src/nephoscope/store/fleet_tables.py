"""The tables of host agents as SQLAlchemy names them; `migrations/fleet.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary

from nephoscope.store.tables import Json, Moment, Text, define

TOKENS = define(
    "join_tokens",
    "id",
    id=Text,
    secret_sha256=Text,
    uses=BigInteger,
    expires_at=Moment,
    tags=Json,
    made_by=Text,
    made_at=Moment,
)
HOSTS = define(
    "hosts",
    "id",
    id=Text,
    agent=Text,
    secret=Text,
    state=Text,
    provider=Text,
    instance=Text,
    machine=Text,
    hostname=Text,
    os=Json,
    account=Text,
    region=Text,
    image=Text,
    tags=Json,
    token=Text,
    cause=Text,
    enrolled_at=Moment,
    last_seen_at=Moment,
    boot=Text,
    sequence=BigInteger,
    batch_sha256=Text,
    agent_version=Text,
    facts=Json,
)
NONCES = define("host_nonces", "agent nonce", agent=Text, nonce=Text, seen_at=Moment)
HOST_TABLES = define(
    "host_tables",
    "host name",
    host=Text,
    name=Text,
    digest=Text,
    rows=Json,
    count=BigInteger,
    at=Moment,
    cause=Text,
)
HOST_LOGS = define(
    "host_logs",
    "uri",
    uri=Text,
    account=Text,
    region=Text,
    size_bytes=BigInteger,
    at=Moment,
    body=LargeBinary,
)
