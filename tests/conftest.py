"""A lake for the tests of a module: the engine is slow to start, and takes one folder a process at a time.

Programs that tests start find our source as the tests do, installed or not.
"""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))

TABLES = ("events", "items", "finding_changes", "verdict_changes")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """The slow tests first, so that no process ends long after the other; the order is random else."""
    yield
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


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


def pytest_make_parametrize_id(val, argname):
    """No test is named by packed bytes: they hold the time, and workers would name it differently."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None
