import threading

import pytest
from sqlalchemy import inspect

from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.store.ledger import open_ledger
from nephoscope.store.state import all_state, get_state, put_state
from nephoscope.store.tables import METADATA


def test_the_migrations_make_the_tables_that_the_code_names(ledger):
    with ledger.read() as connection:
        found = inspect(connection)
        for table in METADATA.sorted_tables:
            columns = {column["name"] for column in found.get_columns(table.name)}
            assert columns == {column.name for column in table.columns}
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]


def test_a_transaction_that_raises_leaves_nothing(ledger):
    def write_and_fail():
        with ledger.write() as connection:
            put_state(connection, "cursor", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with ledger.read() as connection:
        assert get_state(connection, "cursor") is None


def test_a_reading_transaction_sees_one_state_whatever_is_written_meanwhile(ledger):
    with ledger.write() as connection:
        put_state(connection, "n", 1)
    with ledger.read() as reading:
        assert get_state(reading, "n") == 1
        with ledger.write() as connection:
            put_state(connection, "n", 2)
        assert get_state(reading, "n") == 1
    with ledger.read() as reading:
        assert get_state(reading, "n") == 2


def test_a_transaction_within_a_transaction_is_refused_and_does_not_wait_for_itself(ledger):
    def write_within_write():
        with ledger.write(), ledger.write():
            pass

    with pytest.raises(StoreError, match="open in this thread already"):
        write_within_write()
    with ledger.write() as connection:
        put_state(connection, "n", 1)


def test_text_that_databases_refuse_is_mended_and_kept(ledger):
    with ledger.write() as connection:
        put_state(connection, "a\x00b\ud800", {"k\ud800": "v\x00\ud800", "z": ["'; DROP TABLE state; --"]})
    with ledger.read() as connection:
        [(name, body)] = all_state(connection).items()
    assert name == "a\N{SYMBOL FOR NULL}b?"
    assert body["z"] == ["'; DROP TABLE state; --"]


def test_writers_of_many_threads_lose_nothing(ledger):
    def count_up():
        for _ in range(20):
            with ledger.write() as connection:
                put_state(connection, "n", (get_state(connection, "n") or 0) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with ledger.read() as connection:
        assert get_state(connection, "n") == 80


def test_two_ledgers_opened_at_once_migrate_once(ledger_url):
    errors = []

    def open_and_close():
        try:
            open_ledger(ledger_url).close()
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_a_ledger_of_a_newer_program_is_left_alone(ledger_url):
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        connection.exec_driver_sql("INSERT INTO migrations VALUES (9999, 'later', 0)")
    with pytest.raises(StoreError, match="newer Nephoscope"):
        open_ledger(ledger_url)


def test_a_file_that_is_no_ledger_is_named(tmp_path):
    (tmp_path / "ledger.db").write_text("not a database, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match=r"ledger\.db.*no ledger: move it away"):
        open_ledger(str(tmp_path / "ledger.db"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/var cannot be made"):
        open_ledger(str(tmp_path / "file" / "var" / "ledger.db"))


def _fill(ledger):
    with ledger.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=60")
        put_state(connection, "large", "x" * 10_000_000)


def test_a_full_disk_is_said_and_what_was_stored_stays(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        with ledger.write() as connection:
            put_state(connection, "kept", 1)
        with pytest.raises(StoreError, match="nothing stored before is lost"):
            _fill(ledger)
        with ledger.read() as connection:
            assert all_state(connection) == {"kept": 1}


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "http://x", "sqlite://", "://"])
def test_an_address_that_is_no_ledgers_is_refused_without_its_password(url):
    with pytest.raises(ConfigError) as refused:
        open_ledger(url)
    assert "secret" not in str(refused.value)


def test_an_unreachable_postgresql_is_said_without_its_password():
    with pytest.raises(StoreError, match=r"127\.0\.0\.1") as said:
        open_ledger("postgresql://me:secret@127.0.0.1:1/nowhere")
    assert "secret" not in str(said.value)
