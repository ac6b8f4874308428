"""Ledgers on SQLite and PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest

from nephoscope.store.ledger import open_ledger

BINARIES = [Path("/usr/lib/postgresql"), Path("/usr/local/pgsql")]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request, tmp_path):
    """The address of an empty ledger, on each database in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("postgresql_database")


@pytest.fixture
def ledger(ledger_url):
    """An empty ledger, on each database in turn."""
    with open_ledger(ledger_url) as opened:
        yield opened


@pytest.fixture
def postgresql_database(postgresql):
    """A new database of the PostgreSQL that the tests started."""
    name = f"t{uuid.uuid4().hex}"
    postgresql(f"CREATE DATABASE {name}")
    return f"postgresql://nephoscope@127.0.0.1:{postgresql.port}/{name}"


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server on the loopback, without fsync, ended when the tests are."""
    binaries = _binaries()
    # not below pytest's own folder: each start of pytest closes that one to other users
    with tempfile.TemporaryDirectory(prefix="nephoscope-postgresql-", ignore_cleanup_errors=True) as folder:
        server = Postgresql(binaries, Path(folder))
        server.start()
        yield server
        server.stop()


def _binaries():
    found = shutil.which("pg_ctl")
    candidates = [Path(found).parent] if found else []
    candidates += [path for root in BINARIES for path in sorted(root.glob("**/bin"), reverse=True)]
    for path in candidates:
        if (path / "initdb").exists() and (path / "pg_ctl").exists():
            return path.resolve()
    reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Postgresql:
    """A server that refuses to run as root, and so runs as `postgres` or `nobody` where the tests run as root."""

    def __init__(self, binaries, folder):
        self.binaries = binaries
        self.folder = folder / "data"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(folder, self.user)

    def run(self, program, *arguments):
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            user=self.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            timeout=60,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def start(self):
        self.run("initdb", "-D", str(self.folder), "-U", "nephoscope", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -h 127.0.0.1 -c fsync=off -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "-D", str(self.folder), "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self):
        self.run("pg_ctl", "-D", str(self.folder), "-m", "immediate", "stop")

    def __call__(self, statement):
        import psycopg

        dsn = f"host=127.0.0.1 port={self.port} user=nephoscope dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement)
