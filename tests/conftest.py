"""A lake for the tests of a module: the engine is slow to start, and takes one folder a process at a time.

Programs that tests start find our source as the tests do, installed or not.
"""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))

SHARED = ("town",)  # what takes so long to make that one process makes it for all
TABLES = ("events", "items", "finding_changes", "verdict_changes")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Where processes divide the tests, a file's stay together, and the slow ones come first; order is random else."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            shared = [name for name in SHARED if name in item.fixturenames]
            item.add_marker(pytest.mark.xdist_group(shared[0] if shared else str(item.path.relative_to(TESTS))))
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
