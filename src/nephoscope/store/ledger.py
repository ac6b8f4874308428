"""The ledger: decisions, in transactions. SQLite in the data folder, or PostgreSQL; one code path.

A reading transaction sees one state. Writing transactions come one after the other, on both databases: a writer
holds SQLite's write lock, or an advisory lock of PostgreSQL, so that "read, decide, write" needs no further care.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, local
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.tables import APPLIED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Table

WAIT_S = 30
WRITERS = 0x6E65_7068  # the advisory lock that writers of a PostgreSQL ledger hold
PARAMETERS = 20_000  # of one statement; PostgreSQL takes 65,535, SQLite 32,766
APPLIED_SQL = (
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT)"
)


class Ledger:
    """An open ledger; safe to share between threads and, on both databases, between processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Lock()
        self._here = local()

    @property
    def address(self) -> str:
        """Where it is, without its password."""
        return _shown(self._engine.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and changes nothing."""
        with self._transaction("DEFERRED") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is kept when the block ends, nothing of it when the block raises."""
        if getattr(self._here, "is_writing", False):
            raise StoreError("A writing transaction is open in this thread already: use its connection")
        with self._writer:
            self._here.is_writing = True
            try:
                with self._transaction("IMMEDIATE") as connection:
                    if connection.dialect.name == "postgresql":
                        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS})
                    yield connection
            finally:
                self._here.is_writing = False

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, mode: str) -> Iterator[Connection]:
        options = {"begin_mode": mode}
        if mode == "DEFERRED" and self._engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"  # else each statement sees what was written meanwhile
        try:
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(_said(self.address, error)) from error


def open_ledger(url: str) -> Ledger:
    """Open a ledger, making or completing its tables.

    url: `sqlite:///folder/ledger.db`, a path, or `postgresql://user:password@host/database`.
    Raises StoreError if it cannot be opened or written, or is newer than this program; ConfigError for the address.
    """
    engine = create_engine(_url(url), **_engine_options(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    ledger = Ledger(engine)
    try:
        _migrate(ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def upsert(table: Table, rows: Sequence[dict[str, Any]], connection: Connection, keep: Sequence[str] = ()) -> None:
    """Insert rows, or replace the row of the same primary key, but for the columns in `keep`."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    statement = make(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def insert_new(table: Table, rows: Sequence[dict[str, Any]], connection: Connection) -> None:
    """Insert rows whose primary key is not there yet; the others stay as they are."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    connection.execute(make(table).on_conflict_do_nothing(index_elements=keys), list(rows))


def _url(text_: str) -> URL:
    if "://" not in text_:
        text_ = f"sqlite:///{Path(text_).absolute()}"
    try:
        url = make_url(text_)
    except ArgumentError:
        raise ConfigError("The ledger's address is a path, sqlite:///path or postgresql://host/database") from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigError(f"A ledger is SQLite or PostgreSQL, not {url.drivername}")
    if url.drivername == "sqlite":
        _make_folder(url)
    return url


def _make_folder(url: URL) -> None:
    if not url.database:
        raise ConfigError("The ledger's address names no file: sqlite:///path")
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"The ledger's folder {folder} cannot be made ({error.strerror}): choose another") from error


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("postgres"):
        return {"pool_pre_ping": True, "pool_size": 8, "connect_args": {"connect_timeout": WAIT_S}}
    return {"connect_args": {"timeout": WAIT_S, "check_same_thread": False}, "pool_size": 8}


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin_mode", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _migrate(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql(APPLIED_SQL)
        applied = set(connection.scalars(select(APPLIED.c.number)))
        if applied - {number for number, _, _ in MIGRATIONS}:
            raise StoreError(f"The ledger {ledger.address} was written by a newer Nephoscope: start that one")
        for number, name, statements in MIGRATIONS:
            if number not in applied:
                for statement in filter(None, map(str.strip, statements.split(";"))):
                    connection.exec_driver_sql(statement)
                row = {"number": number, "name": name, "applied_at": datetime.now(UTC)}
                connection.execute(insert(APPLIED), row)


def _shown(url: URL) -> str:
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def _said(address: str, error: SQLAlchemyError) -> str:
    cause = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    todo = next((todo for sign, todo in TO_DO.items() if sign in cause), "")
    return f"The ledger {address} answered: {cause[:500]}{todo}"


TO_DO = {
    "disk is full": "; nothing stored before is lost: free space and start again",
    "No space left": "; nothing stored before is lost: free space and start again",
    "readonly": "; let the user that runs Nephoscope write the folder",
    "read-only": "; let the user that runs Nephoscope write the folder",
    "unable to open database file": "; the folder must exist and be writable for the user that runs Nephoscope",
    "locked": f"; another process wrote for more than {WAIT_S} s: end it, or try again",
    "not a database": "; the file is no ledger: move it away, or name another",
    "malformed": "; the file is damaged: restore it from a backup",
}
