"""A lake on two ClickHouse nodes, each with half of the accounts."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from nephoscope.store.lake import connect, open_lake

HERE = Path(__file__).parent
INSTALLED = HERE.parent.parent / ".cache" / "cluster"
LIBRARY = INSTALLED / "node_modules" / "@chdb" / "lib-linux-x64-gnu" / "libchdb.so"
TABLES = ("events", "items", "finding_changes", "verdict_changes")
SHARD = "<shard><replica><host>127.0.0.1</host><port>{}</port></replica></shard>"
CONFIGURATION = "<clickhouse><remote_servers><lake>{}</lake></remote_servers></clickhouse>"


@pytest.fixture(scope="session")
def library():
    """ClickHouse as a library, installed by npm at the version and digest of package-lock.json."""
    if LIBRARY.exists():
        return LIBRARY
    if not shutil.which("npm"):
        reason = "npm is not installed, which brings ClickHouse for the cluster's tests (Debian: apt-get install npm)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return LIBRARY


class Node:
    """One ClickHouse server, which can be killed and started again."""

    def __init__(self, library, folder, ports):
        self.library = library
        self.folder = folder
        self.tcp, self.http = ports
        self.process = None

    def start(self):
        configuration = self.folder.parent / "cluster.xml"
        arguments = [self.library, self.folder, self.tcp, self.http, configuration]
        command = [sys.executable, str(HERE / "node.py"), *map(str, arguments)]
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        with log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await()

    def _await(self):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            assert self.process.poll() is None, "the ClickHouse node ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/ping", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the ClickHouse node did not answer within 60 s")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def _free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="session")
def nodes(library, tmp_path_factory):
    """Two running nodes of the cluster `lake`."""
    folder = tmp_path_factory.mktemp("cluster")
    ports = _free_ports(4)
    shards = "".join(SHARD.format(port) for port in ports[:2])
    (folder / "cluster.xml").write_text(CONFIGURATION.format(shards))
    started = [Node(library, folder / f"node{n}", (ports[n], ports[n + 2])) for n in range(2)]
    for node in started:
        node.start()
    yield started
    for node in started:
        node.kill()


@pytest.fixture(scope="session")
def clustered_lake(nodes):
    """One lake over both nodes."""
    hosts = ",".join(f"127.0.0.1:{node.http}" for node in nodes)
    with open_lake(f"clickhouse://{hosts}/nephoscope?cluster=lake") as lake:
        yield lake


@pytest.fixture
def lake(clustered_lake):
    """An empty lake on two nodes."""
    for node in clustered_lake.address.nodes:
        client = connect(clustered_lake.address, node)
        for table in TABLES:
            client.command(f"TRUNCATE TABLE {table}_local")
        client.close()
    return clustered_lake
