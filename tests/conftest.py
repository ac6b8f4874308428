"""A lake for every test of a process: the engine is slow to start, and takes one folder a process."""

import pytest

TABLES = ("events", "items", "finding_changes", "verdict_changes")


@pytest.fixture(scope="session")
def embedded_lake(tmp_path_factory):
    """One chDB lake for all tests of this process: the engine is slow to start."""
    from nephoscope.store.lake import open_lake

    with open_lake(f"chdb://{tmp_path_factory.mktemp('lake')}") as lake:
        yield lake


@pytest.fixture
def lake(embedded_lake):
    """An empty chDB lake."""
    for table in TABLES:
        embedded_lake.command(f"TRUNCATE TABLE {table}")
    return embedded_lake
