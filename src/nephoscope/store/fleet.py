"""Hosts as the ledger keeps them: join tokens, keys, how far each host's uploads were taken, and its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta  # noqa: TC003  dataclasses' fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from nephoscope.store.fleet_tables import HOST_TABLES, HOSTS, NONCES, TOKENS
from nephoscope.store.ledger import insert_new, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

WAITING, ENROLLED, TAMPERED, LEFT, REVOKED = "waiting", "enrolled", "tampered", "left", "revoked"
HOLDING = (ENROLLED, TAMPERED, WAITING)  # states in which a host holds its instance


@dataclass(frozen=True)
class Token:
    """A join token; secret_sha256: of what is not kept. uses: how many hosts may still join by it."""

    id: str
    secret_sha256: str
    uses: int
    expires_at: datetime
    tags: Mapping[str, str]
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class Host:
    """A host with an agent. id: of its first key, for ever; agent: of the key it has now; secret: that key, base64.

    state: waiting, enrolled, tampered, left or revoked; cause: why it is not enrolled. instance: as its cloud proves
    it, else empty. sequence, batch_sha256: of the last upload taken. facts: of its last heartbeat.
    """

    id: str
    agent: str
    secret: str = field(repr=False)
    state: str
    enrolled_at: datetime
    provider: str = ""
    instance: str = ""
    machine: str = ""
    hostname: str = ""
    os: Mapping[str, Any] = field(default_factory=dict[str, Any])
    account: str = ""
    region: str = ""
    image: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str = ""
    cause: str = ""
    last_seen_at: datetime | None = None
    boot: str = ""
    sequence: int = 0
    batch_sha256: str = ""
    agent_version: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class HostTable:
    """A table as last told. cause: why the last look could not read it; its rows are then those of the look before."""

    host: str
    name: str
    digest: str
    rows: Sequence[Mapping[str, Any]]
    at: datetime
    cause: str = ""


def put_token(connection: Connection, token: Token) -> None:
    """Keep a join token."""
    upsert(TOKENS, [{name: getattr(token, name) for name in Token.__dataclass_fields__}], connection)


def get_token(connection: Connection, id_: str) -> Token | None:
    """A join token."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == id_)).mappings().first()
    return Token(**row) if row else None


def list_tokens(connection: Connection) -> list[Token]:
    """Every join token, the newest first."""
    query = select(TOKENS).order_by(TOKENS.c.made_at.desc(), TOKENS.c.id)
    return [Token(**row) for row in connection.execute(query).mappings()]


def use_token(connection: Connection, id_: str) -> None:
    """Count one host that joined."""
    connection.execute(update(TOKENS).where(TOKENS.c.id == id_).values(uses=TOKENS.c.uses - 1))


def drop_token(connection: Connection, id_: str) -> bool:
    """Take a join token back; answers whether there was one."""
    return connection.execute(delete(TOKENS).where(TOKENS.c.id == id_)).rowcount > 0


def put_host(connection: Connection, host: Host) -> None:
    """Keep a host as it is now."""
    upsert(HOSTS, [{name: getattr(host, name) for name in Host.__dataclass_fields__}], connection)


def get_host(connection: Connection, id_: str) -> Host | None:
    """A host by its own id."""
    return _host(connection, HOSTS.c.id == id_)


def host_of(connection: Connection, agent: str) -> Host | None:
    """A host by the id of the key that it has now."""
    return _host(connection, HOSTS.c.agent == agent)


def _host(connection: Connection, wanted: Any) -> Host | None:
    row = connection.execute(select(HOSTS).where(wanted)).mappings().first()
    return Host(**row) if row else None


def list_hosts(connection: Connection, *states: str) -> list[Host]:
    """Hosts, by id; of these states, or all."""
    query = select(HOSTS).order_by(HOSTS.c.id)
    query = query.where(HOSTS.c.state.in_(states)) if states else query
    return [Host(**row) for row in connection.execute(query).mappings()]


def hosts_at(connection: Connection, instance: str, machine: str) -> list[Host]:
    """The hosts that hold an instance or a machine id already; empty ones are held by nobody."""
    wanted = [column == value for column, value in ((HOSTS.c.instance, instance), (HOSTS.c.machine, machine)) if value]
    if not wanted:
        return []
    either = wanted[0] if len(wanted) == 1 else wanted[0] | wanted[1]
    query = select(HOSTS).where(either, HOSTS.c.state.in_(HOLDING)).order_by(HOSTS.c.id)
    return [Host(**row) for row in connection.execute(query).mappings()]


def take_nonce(connection: Connection, agent: str, nonce: str, at: datetime, kept: timedelta) -> bool:
    """Note a request's nonce; False if it was seen already. What is older than `kept` is forgotten."""
    connection.execute(delete(NONCES).where(NONCES.c.seen_at < at - kept))
    same = (NONCES.c.agent == agent) & (NONCES.c.nonce == nonce)
    if connection.execute(select(func.count()).select_from(NONCES).where(same)).scalar():
        return False
    insert_new(NONCES, [{"agent": agent, "nonce": nonce, "seen_at": at}], connection)
    return True


def put_table(connection: Connection, table: HostTable) -> None:
    """Keep a table as it is now."""
    row = {name: getattr(table, name) for name in HostTable.__dataclass_fields__}
    upsert(HOST_TABLES, [row | {"count": len(table.rows)}], connection)


def get_table(connection: Connection, host: str, name: str) -> HostTable | None:
    """A host's table."""
    query = select(HOST_TABLES).where(HOST_TABLES.c.host == host, HOST_TABLES.c.name == name)
    return next(_tables(connection.execute(query).mappings()), None)


def tables_of(connection: Connection, host: str) -> list[HostTable]:
    """All of a host's tables, by name."""
    query = select(HOST_TABLES).where(HOST_TABLES.c.host == host).order_by(HOST_TABLES.c.name)
    return list(_tables(connection.execute(query).mappings()))


def _tables(rows: Iterable[Mapping[Any, Any]]) -> Any:
    for row in rows:
        yield HostTable(**{name: row[name] for name in HostTable.__dataclass_fields__})


def count_unheard(connection: Connection, state: str, since: datetime) -> int:
    """How many hosts in a state were last heard of, or let in, before a moment."""
    heard = func.coalesce(HOSTS.c.last_seen_at, HOSTS.c.enrolled_at)
    where = (HOSTS.c.state == state, heard < since)
    return int(connection.scalar(select(func.count()).select_from(HOSTS).where(*where)) or 0)


def count_hosts(connection: Connection) -> dict[str, int]:
    """How many hosts there are, by state."""
    query = select(HOSTS.c.state, func.count()).group_by(HOSTS.c.state).order_by(HOSTS.c.state)
    return {state: int(count) for state, count in connection.execute(query)}
