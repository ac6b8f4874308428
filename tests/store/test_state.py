from nephoscope.store.ledger import open_ledger
from nephoscope.store.state import all_state, drop_state, get_state, put_state


def test_state_is_kept_over_a_restart(ledger_url):
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        put_state(connection, "cursor/github", {"after": "x", "n": [1, None]})
        put_state(connection, "cursor/azure", 1)
        put_state(connection, "cursor/azure", 2)
        put_state(connection, "other", 3)
        drop_state(connection, "other")
    with open_ledger(ledger_url) as ledger, ledger.read() as connection:
        assert all_state(connection, "cursor/") == {"cursor/azure": 2, "cursor/github": {"after": "x", "n": [1, None]}}
        assert all_state(connection, "cursor%") == {}


def test_what_was_never_kept_is_none(ledger):
    with ledger.read() as connection:
        assert get_state(connection, "nothing") is None
