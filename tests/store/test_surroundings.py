from nephoscope.store.ledger import open_ledger
from nephoscope.store.surroundings import list_surroundings, replace_surroundings


def test_only_what_changed_is_answered_and_what_is_gone_is_forgotten(tmp_path):
    one, two = {"exposure": ("internet", "i")}, {"exposure": ("", "not known")}
    with open_ledger(str(tmp_path / "ledger.db")) as ledger, ledger.write() as connection:
        assert replace_surroundings(connection, {"a": one, "b": two}) == {"a", "b"}
        assert replace_surroundings(connection, {"a": one, "b": two}) == set()
        assert replace_surroundings(connection, {"a": two}) == {"a", "b"}
        assert list_surroundings(connection) == {"a": two}
