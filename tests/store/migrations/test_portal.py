from nephoscope.store.migrations.ledger import MIGRATIONS
from nephoscope.store.migrations.portal import PORTAL


def test_it_is_the_sixth():
    assert (6, "portal", PORTAL) in MIGRATIONS
