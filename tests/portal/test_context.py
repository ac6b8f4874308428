from nephoscope.portal.context import secret_of
from nephoscope.store.ledger import open_ledger


def test_the_secret_is_made_once_and_kept(tmp_path):
    with open_ledger(str(tmp_path / "a.db")) as ledger, open_ledger(str(tmp_path / "b.db")) as other:
        assert secret_of(ledger) == secret_of(ledger) != secret_of(other)
        assert len(secret_of(ledger)) == 32


def test_https_is_told_by_the_public_address(portal):
    assert portal.is_secure
