"""A lake for the tests of a module: the engine is slow to start, and takes one folder a process at a time.

Programs that tests start find our source as the tests do, installed or not.
"""

import os
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))

TABLES = ("events", "items", "finding_changes", "verdict_changes")


@pytest.fixture(scope="module")
def embedded_lake(tmp_path_factory):
    """One chDB lake for a module's tests, let go of after them, so that a command under test can open its own."""
    from nephoscope.store.lake import open_lake

    with open_lake(f"chdb://{tmp_path_factory.mktemp('lake')}") as lake:
        yield lake


@pytest.fixture
def lake(embedded_lake):
    """An empty chDB lake."""
    for table in TABLES:
        embedded_lake.command(f"TRUNCATE TABLE {table}")
    return embedded_lake
