import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.samples import event_rows

from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.model.event import COLUMNS
from nephoscope.store.events import insert_events
from nephoscope.store.lake import Node, open_lake, parse_address


def test_an_address_names_a_folder_or_the_nodes_of_a_cluster():
    assert str(parse_address("chdb:///var/lib/lake").path) == "/var/lib/lake"
    address = parse_address("clickhouse://me:p%40ss@one:9000,two/facts?cluster=lake")
    assert address.nodes == (Node("one", 9000), Node("two", 8123))
    assert (address.database, address.cluster, address.password) == ("facts", "lake", "p@ss")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///x",
        "clickhouse://",
        "clickhouse://me:secret@one:port/db",
        "clickhouse://one/db;DROP",
        "clickhouse://me:secret@one,two/db",
    ],
)
def test_a_wrong_address_is_refused_without_repeating_its_password(url):
    with pytest.raises(ConfigError) as refused:
        parse_address(url)
    assert "secret" not in str(refused.value)


def test_every_column_of_the_model_is_in_the_events_table(lake):
    rows = lake.rows("SELECT name, type FROM system.columns WHERE database = 'nephoscope' AND table = 'events'")
    assert {row["name"]: row["type"] for row in rows} == {column.name: column.type for column in COLUMNS}


def test_an_insert_makes_few_files(lake):
    insert_events(lake, event_rows(20_000), "one")
    [part] = lake.rows("SELECT part_type, path FROM system.parts WHERE table = 'events' AND active")
    assert part["part_type"] == "Compact"
    assert len(list(Path(part["path"]).iterdir())) < len(COLUMNS)


def test_a_join_without_a_partner_gives_null_not_a_default(lake):
    [row] = lake.rows("SELECT b.n AS n FROM (SELECT 1 AS k) a LEFT JOIN (SELECT 2 AS k, 3 AS n) b ON a.k = b.k")
    assert row == {"n": None}


def test_a_failing_statement_says_which_lake_and_why(lake):
    with pytest.raises(StoreError, match=r"The lake in .* answered: .*nowhere"):
        lake.rows("SELECT * FROM nowhere")


def test_what_a_failed_statement_left_over_is_not_the_next_ones_answer(lake):
    for _ in range(12):
        with pytest.raises(StoreError):
            lake.stream("SELECT number FROM numbers(2000000)", {})
        with pytest.raises(StoreError):
            lake.rows("SELECT throwIf(number = 1500000) FROM numbers(2000000)")
        assert lake.rows("SELECT 1 AS n") == [{"n": 1}]
        assert len(lake.stream("SELECT 1 AS n", {})) < 2_000


def test_a_second_process_is_told_who_holds_the_lake(lake):
    script = f"from nephoscope.store.lake import open_lake; open_lake({f'chdb://{lake.address.path}'!r})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert "StoreError" in second.stderr
    assert f"is held by process {os.getpid()}" in second.stderr


FULL_DISK = """
import resource, signal, sys
from nephoscope.model.errors import StoreError
from nephoscope.store.events import count_events, insert_events
from nephoscope.store.lake import open_lake
from tests.store.samples import event_rows
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_lake(sys.argv[1]) as lake:
    insert_events(lake, event_rows(1_000), "before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        insert_events(lake, event_rows(20_000, first=1_000), "full")
    except StoreError as error:
        print("nothing stored before is lost" in str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    print(count_events(lake))
    insert_events(lake, event_rows(20_000, first=1_000), "full")
    print(count_events(lake))
"""


def test_a_full_disk_loses_nothing_and_the_batch_goes_in_afterwards(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", FULL_DISK, f"chdb://{tmp_path / 'lake'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.split() == ["True", "1000", "21000"], done.stderr


def test_the_same_process_is_told_too(lake):
    with pytest.raises(StoreError, match="held by this process"):
        open_lake(f"chdb://{lake.address.path}")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/lake cannot be written"):
        open_lake(f"chdb://{tmp_path / 'file' / 'lake'}")
