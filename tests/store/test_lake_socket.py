import socket
import stat
import struct
import threading

import pytest
from tests.store.samples import NOON, event_rows
from tests.store.test_free_sql import WAYS_OUT
from tests.store.test_items import BUCKET, HOUR, _revision

from nephoscope.model.errors import StoreError
from nephoscope.store.events import count_events, events_between, events_of_operations, insert_events
from nephoscope.store.items import (
    ItemFilter,
    current_items,
    insert_revisions,
    item_history,
    items_as_of,
    keys_named,
    revisions_between,
)
from nephoscope.store.lake_socket import SOCKET, LakeServer, RemoteLake, connect_lake
from nephoscope.store.retention import kept_in_lake


@pytest.fixture
def served(lake, tmp_path):
    """A data folder whose lake this process holds and serves."""
    server = LakeServer(lake, tmp_path)
    yield tmp_path
    server.close()
    assert not (tmp_path / SOCKET).exists()


def test_a_held_lake_is_read_through_its_socket(lake, served):
    insert_events(lake, event_rows(5), "socket-1")
    insert_revisions(lake, [_revision(BUCKET, 0)], "socket-2")
    with connect_lake(served) as reader:
        assert isinstance(reader, RemoteLake)
        assert count_events(reader, "aws_cloudtrail") == 5
        found = events_between(reader, NOON, NOON + HOUR)
        assert found == events_between(lake, NOON, NOON + HOUR)
        assert current_items(reader) == current_items(lake)


ASKED_BY_COMMANDS = {
    "doctor": kept_in_lake,
    "inventory": lambda lake: items_as_of(lake, NOON + HOUR, ItemFilter(types=("AWS::S3::Bucket",)), limit=9),
    "diff": lambda lake: item_history(lake, keys_named(lake, ItemFilter(), BUCKET.id)[0]),
    "triggers on events": lambda lake: list(events_of_operations(lake, NOON - HOUR, ["StopLogging"])),
    "triggers on items": lambda lake: revisions_between(lake, NOON - 9 * HOUR, NOON + 9 * HOUR, limit=100_000),
}


@pytest.mark.parametrize("command", ASKED_BY_COMMANDS)
def test_what_commands_ask_is_answered_as_by_the_lake_itself(lake, served, command):
    insert_events(lake, event_rows(5), "socket-1")
    insert_revisions(lake, [_revision(BUCKET, 0)], "socket-2")
    ask = ASKED_BY_COMMANDS[command]
    assert ask(RemoteLake(served / SOCKET)) == ask(lake)


def test_the_socket_is_its_owners_alone(served):
    assert stat.S_IMODE((served / SOCKET).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO migrations VALUES (9, 'x', now())",
        "DROP TABLE events",
        "TRUNCATE TABLE events",
        "CREATE TABLE x (a Int8) ENGINE = Memory",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SYSTEM STOP MERGES",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT 1 SETTINGS readonly = 0",
        "SET readonly = 0",
        "selct 1",
    ],
)
def test_what_does_not_read_is_refused(lake, served, statement):
    insert_events(lake, event_rows(1), f"socket-{statement}")
    with pytest.raises(StoreError):
        RemoteLake(served / SOCKET).rows(statement)
    assert count_events(lake) == 1


@pytest.mark.parametrize("statement", WAYS_OUT)
def test_what_people_may_not_ask_programs_may_not_either(served, statement):
    with pytest.raises(StoreError):
        RemoteLake(served / SOCKET).rows(statement)


@pytest.mark.parametrize(
    "statement", ["SELECT {x:String} FROM system.one", "SELECT file({x:String})", "SELECT * FROM {t:Identifier}"]
)
def test_a_parameter_opens_no_way_out(served, statement):
    with pytest.raises(StoreError, match="Refused"):
        RemoteLake(served / SOCKET).rows(statement, {"x": "/etc/hostname", "t": "migrations"})


def test_rows_come_in_the_order_that_was_asked(served):
    found = RemoteLake(served / SOCKET).rows("SELECT number FROM numbers({n:UInt32}) ORDER BY number DESC;", {"n": 3})
    assert [row["number"] for row in found] == [2, 1, 0]


def test_a_reader_cannot_lift_the_limits(served):
    reader = RemoteLake(served / SOCKET)
    with pytest.raises(StoreError, match="rows"):
        reader.rows("SELECT number FROM numbers(2000000)")
    with pytest.raises(StoreError, match="Refused: Set"):
        reader.rows("SELECT 1 SETTINGS max_result_rows = 0")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff",
        struct.pack(">I", 5) + b"hello",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 0),
        struct.pack(">I", 100) + b"torn",
        struct.pack(">I", 24) + b'{"sql":"SELECT 1","x":1}',
    ],
)
def test_garbage_neither_stops_nor_blocks_the_server(served, garbage):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(served / SOCKET))
        connection.sendall(garbage)
    assert RemoteLake(served / SOCKET).rows("SELECT 1 AS n") == [{"n": 1}]


def test_many_readers_are_answered(served):
    answers = []

    def ask(number):
        answers.append(RemoteLake(served / SOCKET).rows("SELECT {n:Int32} AS n", {"n": number})[0]["n"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == list(range(20))


def test_a_folder_with_a_long_name_is_served_too(lake, tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    server = LakeServer(lake, deep)
    try:
        assert RemoteLake(deep / SOCKET).rows("SELECT 1 AS n") == [{"n": 1}]
    finally:
        server.close()


def test_a_socket_that_a_crash_left_is_replaced(lake, tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET))
    server = LakeServer(lake, tmp_path)
    try:
        assert RemoteLake(tmp_path / SOCKET).rows("SELECT 1 AS n") == [{"n": 1}]
    finally:
        server.close()


def test_the_socket_goes_before_the_address_of_the_lake_it_serves(lake, served):
    with connect_lake(served, f"chdb://{lake.address.path}") as reader:
        assert isinstance(reader, RemoteLake)


def test_a_folder_without_a_lake_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match="nephoscope up"), connect_lake(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
