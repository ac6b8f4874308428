"""The lake: facts, append-only. chDB inside this process, or a ClickHouse cluster; the same statements run on both."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import LifoQueue
from typing import IO, TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from clickhouse_connect.driver import create_client
from clickhouse_connect.driver.exceptions import ClickHouseError

from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.store.migrations import lake as migrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

CLIENTS = 8
SETTINGS = {
    "join_use_nulls": 1,
    "final": 1,
    "do_not_merge_across_partitions_select_final": 1,
    "async_insert": 0,
    "optimize_on_insert": 0,
    "distributed_foreground_insert": 1,
    "skip_unavailable_shards": 0,
    "max_partitions_per_insert_block": 0,
    "date_time_input_format": "best_effort",
}
LIMITS = {
    "output_format_arrow_string_as_string": 1,
    "max_execution_time": 120,
    "max_result_rows": 1_000_000,
    "max_result_bytes": 512 << 20,
    "max_memory_usage": 4 << 30,
    "readonly": 1,
}
FULL = ("NOT_ENOUGH_SPACE", "No space left", "Disk quota exceeded", "File too large")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

Pool = LifoQueue[Any]


class LakeReader(Protocol):
    """What reads the lake: the lake itself, or the socket of the process that holds it."""

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]: ...

    def arrow(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table: ...


@dataclass(frozen=True)
class Node:
    """One ClickHouse server's HTTP address."""

    host: str
    port: int


@dataclass(frozen=True)
class Address:
    """Where a lake is: a folder of this machine, or the nodes of a cluster. The first node is the one asked."""

    path: Path | None = None
    nodes: tuple[Node, ...] = ()
    database: str = "nephoscope"
    cluster: str = ""
    user: str = "default"
    password: str = field(default="", repr=False)
    is_secure: bool = False

    def __str__(self) -> str:
        if self.path:
            return str(self.path)
        return ", ".join(f"{node.host}:{node.port}" for node in self.nodes)


def parse_address(url: str) -> Address:
    """Read `chdb:///folder` or `clickhouse://user:password@host:8123,host2/database?cluster=NAME&secure=1`.

    Raises ConfigError, which never repeats the password.
    """
    parts = urlsplit(url)
    if parts.scheme == "chdb" and parts.path:
        return Address(path=Path(unquote(parts.netloc + parts.path)).absolute())
    if parts.scheme != "clickhouse" or not parts.netloc:
        raise ConfigError(f"A lake's address is chdb:///folder or clickhouse://host/database, not '{parts.scheme}:…'")
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    is_secure = options.get("secure") == "1"
    address = Address(
        nodes=tuple(_node(host, is_secure) for host in hosts.split(",")),
        database=parts.path.strip("/") or "nephoscope",
        cluster=options.get("cluster", ""),
        user=unquote(user) or "default",
        password=unquote(password),
        is_secure=is_secure,
    )
    for name in filter(None, (address.database, address.cluster)):
        if not IDENTIFIER.fullmatch(name):
            raise ConfigError(f"{name!r} in the lake's address is no plain name of a database or cluster")
    if len(address.nodes) > 1 and not address.cluster:
        raise ConfigError("A lake of several nodes needs the cluster's name in its address: ?cluster=NAME")
    return address


def _node(text: str, is_secure: bool) -> Node:
    host, colon, port = text.rpartition(":")
    try:
        return Node(host, int(port)) if colon else Node(text, 8443 if is_secure else 8123)
    except ValueError:
        raise ConfigError(f"{port!r} in the lake's address is no port") from None


class Lake:
    """An open lake; safe to share between threads, each call takes a connection of its own.

    One process at a time may hold an embedded lake. Close it, or use it in `with`.
    """

    def __init__(self, address: Address, held: ExitStack) -> None:
        self.address = address
        self._held = held
        self._clients = _pool(CLIENTS)
        self._readers = _pool(CLIENTS)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The result's rows by column name; `{name:Type}` in the statement are parameters."""
        with self._client() as client:
            return list(client.query(sql, parameters=dict(parameters or {})).named_results())

    def arrow(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result as an Arrow table."""
        with self._client() as client:
            return client.query_arrow(sql, parameters=dict(parameters or {}), use_strings=True)

    def stream(self, sql: str, parameters: Mapping[str, Any]) -> bytes:
        """The result, as an Arrow stream, of a statement that may only read and stays within `LIMITS`."""
        with self._client(self._readers, LIMITS) as client:
            return client.raw_query(sql, parameters=dict(parameters), fmt="ArrowStream")

    def syntax(self, sql: str, parameters: Mapping[str, Any] | None = None) -> str:
        """A statement's syntax tree, a node a line, as the engine reads it; nothing of the statement is run."""
        with self._client(self._readers, LIMITS) as client:
            given = dict(parameters or {})
            return client.raw_query(f"EXPLAIN AST {sql}", parameters=given, fmt="TSVRaw").decode(errors="replace")

    def insert(self, table: str, rows: pa.Table, token: str) -> None:
        """Add rows; the same token a second time adds nothing."""
        if not rows.num_rows:
            return
        with self._client() as client:
            client.insert_arrow(table, rows, settings={"insert_deduplication_token": token})

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that returns nothing."""
        with self._client() as client:
            client.command(sql, parameters=dict(parameters or {}))

    def nodes(self) -> Iterator[LakeNode]:
        """Each node by itself, for what is done to its own tables; of an embedded lake the engine in this process."""
        for node in self.address.nodes or (None,):
            client = connect(self.address, node)
            try:
                yield LakeNode(self.address, client)
            finally:
                client.close()

    def close(self) -> None:
        """Let go of every connection, and of the folder."""
        for pool in (self._clients, self._readers):
            for client in [pool.get() for _ in range(CLIENTS)]:
                _closed(client)
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _client(self, pool: Pool | None = None, limits: Mapping[str, Any] | None = None) -> Iterator[Any]:
        pool = pool or self._clients
        client = pool.get()
        try:
            if client is None:
                client = connect(self.address, next(iter(self.address.nodes), None), limits=limits)
            with _store_errors(self.address):
                yield client
        except BaseException:
            # After a statement that failed midway, chDB answers the connection's next one with what was left over.
            client = _closed(client)
            raise
        finally:
            pool.put(client)


@dataclass(frozen=True)
class LakeNode:
    """One node of a lake, and its own part of each table."""

    address: Address
    client: Any

    def local(self, table: str) -> str:
        """The name of the node's own part of a table."""
        return f"{table}_local" if self.address.cluster else table

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """As `Lake.rows`."""
        with _store_errors(self.address):
            return list(self.client.query(sql, parameters=dict(parameters)).named_results())

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """As `Lake.command`."""
        with _store_errors(self.address):
            self.client.command(sql, parameters=dict(parameters or {}))


def _closed(client: Any) -> None:
    if client is not None:
        client.close()


def _pool(size: int) -> Pool:
    pool: Pool = LifoQueue()
    for _ in range(size):
        pool.put(None)
    return pool


def open_lake(url: str) -> Lake:
    """Open a lake, making or completing its tables.

    Raises StoreError if the folder is held by another process, cannot be written, or is newer than this program.
    """
    address = parse_address(url)
    with ExitStack() as held:
        if address.path:
            held.enter_context(_holding(address.path))
        for node in address.nodes or (None,):
            _migrate(address, node)
        return Lake(address, held.pop_all())


def connect(
    address: Address, node: Node | None, database: str | None = None, limits: Mapping[str, Any] | None = None
) -> Any:
    """A client of one node, or of the engine in this process; limits: settings on top, the last one may be readonly."""
    database = database or address.database
    settings = SETTINGS | dict(limits or {})
    with _store_errors(address):
        if node is None:
            client = create_client(interface="chdb", path=str(address.path), tz_mode="aware")
            client.database = database
            for name, value in settings.items():
                client.set_client_setting(name, value)
            return client
        return create_client(
            host=node.host,
            port=node.port,
            username=address.user,
            password=address.password,
            secure=address.is_secure,
            database=database,
            settings=settings,
            autogenerate_session_id=False,
            tz_mode="aware",
        )


def _migrate(address: Address, node: Node | None) -> None:
    client = connect(address, node, database="default")
    try:
        with _store_errors(address):
            client.command(f"CREATE DATABASE IF NOT EXISTS {address.database}")
            client.database = address.database
            _apply(client, address)
    finally:
        client.close()


def _apply(client: Any, address: Address) -> None:
    for statement in migrations.create(migrations.APPLIED, ""):
        client.command(statement)
    applied = {row[0] for row in client.query("SELECT number FROM migrations").result_rows}
    known = {migration.number for migration in migrations.MIGRATIONS}
    if applied - known:
        raise StoreError(f"The lake in {address} was written by a newer Nephoscope: start that one, or an empty folder")
    for migration in migrations.MIGRATIONS:
        if migration.number not in applied:
            for statement in migrations.statements(migration, address.cluster):
                client.command(statement)
            row = [migration.number, migration.name, datetime.now(UTC)]
            client.insert("migrations", [row], column_names=["number", "name", "applied_at"])
    _complete_events(client, address.cluster)


def _complete_events(client: Any, cluster: str) -> None:
    found = client.query("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'events'")
    there = {row[0] for row in found.result_rows}
    for name, kind in migrations.EVENTS.columns:
        if name not in there:
            for statement in migrations.add_column(migrations.EVENTS, name, kind, cluster):
                client.command(statement)


@contextmanager
def _holding(path: Path) -> Iterator[None]:
    """Hold a lake's folder; one process may. The lock file names who does."""
    with ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock: IO[str] = stack.enter_context((path / "holder").open("a+", encoding="utf-8"))
        except OSError as error:
            raise StoreError(
                f"The lake's folder {path} cannot be written ({error.strerror}): free or choose a disk"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise StoreError(_held_by(path, lock.read(64).strip())) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _held_by(path: Path, holder: str) -> str:
    who = "this process" if holder == str(os.getpid()) else f"process {holder or 'unknown'}"
    return (
        f"The lake in {path} is held by {who}; an embedded lake is open in one process at a time: "
        "ask through that process (nephoscope up serves it), or stop it first"
    )


@contextmanager
def _store_errors(address: Address) -> Iterator[None]:
    try:
        yield
    except (ClickHouseError, OSError) as error:
        raise StoreError(f"The lake in {address} answered: {_plainly(str(error))}") from error


def _plainly(text: str) -> str:
    if any(sign in text for sign in FULL):
        return f"the disk is full; nothing stored before is lost, free space and start again ({text[:300]})"
    return text[:1000]
