from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store.fleet import (
    Host,
    HostTable,
    Token,
    count_hosts,
    drop_token,
    get_host,
    get_table,
    get_token,
    host_of,
    hosts_at,
    list_hosts,
    list_tokens,
    put_host,
    put_table,
    put_token,
    tables_of,
    take_nonce,
    use_token,
)

TOKEN = Token("0123456789ab", "5" * 64, 2, NOON + timedelta(days=1), {"team": "web"}, "ada", NOON)
HOST = Host("a" * 32, "a" * 32, "c2VjcmV0", "enrolled", NOON, instance="i-1", machine="m-1", os={"id": "debian"})
HOSTILE = "'; DROP TABLE hosts; --\x00\ud800"
KEPT = timedelta(seconds=600)


def test_a_token_is_kept_used_and_taken_back(ledger):
    with ledger.write() as connection:
        put_token(connection, TOKEN)
        assert get_token(connection, TOKEN.id) == TOKEN
        use_token(connection, TOKEN.id)
        assert [each.uses for each in list_tokens(connection)] == [1]
        assert drop_token(connection, TOKEN.id)
        assert not drop_token(connection, TOKEN.id)
        assert get_token(connection, TOKEN.id) is None


def test_a_host_keeps_its_id_when_its_key_changes(ledger):
    renewed = replace(HOST, agent="b" * 32, secret="bmV3", sequence=4, last_seen_at=NOON, facts={"uptime_s": 3})
    with ledger.write() as connection:
        put_host(connection, HOST)
        put_host(connection, renewed)
        assert host_of(connection, "a" * 32) is None
        assert host_of(connection, "b" * 32) == get_host(connection, HOST.id) == renewed
        assert HOST.secret not in repr(HOST)


def test_hosts_are_listed_and_counted_by_state(ledger):
    with ledger.write() as connection:
        put_host(connection, HOST)
        put_host(connection, replace(HOST, id="b" * 32, agent="b" * 32, state="revoked"))
        assert [each.id for each in list_hosts(connection)] == ["a" * 32, "b" * 32]
        assert [each.id for each in list_hosts(connection, "revoked", "left")] == ["b" * 32]
        assert count_hosts(connection) == {"enrolled": 1, "revoked": 1}


def test_an_instance_and_a_machine_are_held_by_who_is_there(ledger):
    with ledger.write() as connection:
        put_host(connection, HOST)
        for instance, machine in (("i-1", ""), ("", "m-1"), ("i-1", "m-2"), ("i-2", "m-1")):
            assert hosts_at(connection, instance, machine) == [HOST]
        assert hosts_at(connection, "", "") == hosts_at(connection, "i-2", "m-2") == []
        put_host(connection, replace(HOST, state="left"))
        assert hosts_at(connection, "i-1", "m-1") == []


def test_hostile_names_are_stored_and_harm_nothing(ledger):
    with ledger.write() as connection:
        put_host(connection, replace(HOST, hostname=HOSTILE, os={HOSTILE: HOSTILE}, tags={"a": HOSTILE}))
        put_table(connection, HostTable(HOST.id, "users", "d", [{"name": HOSTILE}], NOON))
        assert get_host(connection, HOST.id).hostname.startswith("'; DROP TABLE hosts; --")
        assert get_table(connection, HOST.id, "users").rows[0]["name"].startswith("'; DROP")
        assert hosts_at(connection, HOSTILE, HOSTILE) == []


def test_a_nonce_is_taken_once_by_each_and_forgotten_in_time(ledger):
    with ledger.write() as connection:
        assert take_nonce(connection, "a", "n", NOON, KEPT)
        assert not take_nonce(connection, "a", "n", NOON + KEPT, KEPT)
        assert take_nonce(connection, "b", "n", NOON, KEPT)
        assert take_nonce(connection, "a", "n", NOON + KEPT + timedelta(seconds=1), KEPT)


def test_a_table_is_kept_as_last_told(ledger):
    first = HostTable(HOST.id, "users", "d1", [{"name": "root"}], NOON)
    second = HostTable(HOST.id, "users", "d2", [{"name": "root"}, {"name": "ada", "uid": 1000}], NOON, "denied")
    with ledger.write() as connection:
        put_table(connection, first)
        put_table(connection, second)
        put_table(connection, replace(first, name="mounts"))
        put_table(connection, replace(first, host="b"))
        assert get_table(connection, HOST.id, "users") == second
        assert get_table(connection, HOST.id, "cron") is None
        assert [each.name for each in tables_of(connection, HOST.id)] == ["mounts", "users"]
