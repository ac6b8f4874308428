from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store import host_logs
from nephoscope.store.host_logs import (
    HostLog,
    drop_host_logs,
    list_host_logs,
    put_host_log,
    read_host_log,
    waiting_bytes,
)

LOG = HostLog("host:h1/4", "111122223333", "eu-west-1", 3, NOON)


def test_lines_wait_until_they_are_dropped(ledger):
    later = replace(LOG, uri="host:h0/9", at=NOON + timedelta(seconds=1))
    with ledger.write() as connection:
        for each in (later, LOG, LOG):
            put_host_log(connection, each, b"\x1f\x00\xff")
        assert list_host_logs(connection) == [LOG, later]
        assert list_host_logs(connection, (NOON, LOG.uri)) == [later]
        assert read_host_log(connection, LOG.uri) == b"\x1f\x00\xff"
        assert waiting_bytes(connection) == 6
        drop_host_logs(connection, [LOG.uri, "host:none/1"])
        assert list_host_logs(connection) == [later]
        assert read_host_log(connection, LOG.uri) is None
        drop_host_logs(connection, [later.uri])
        assert waiting_bytes(connection) == 0


def test_a_long_queue_is_listed_and_dropped_in_parts(ledger, monkeypatch):
    monkeypatch.setattr(host_logs, "AT_ONCE", 2)
    logs = [replace(LOG, uri=f"host:h1/{number}") for number in range(5)]
    with ledger.write() as connection:
        for each in logs:
            put_host_log(connection, each, b"")
        assert list_host_logs(connection) == logs[:2]
        assert list_host_logs(connection, (NOON, logs[3].uri)) == logs[4:]
        drop_host_logs(connection, [each.uri for each in logs])
        assert list_host_logs(connection) == []
