import re

from nephoscope.store.migrations.export import DELIVERIES
from nephoscope.store.migrations.ledger import MIGRATIONS


def test_its_number_is_its_own_whatever_others_add():
    assert [(number, statements) for number, name, statements in MIGRATIONS if name == "deliveries"] == [
        (5, DELIVERIES)
    ]


def test_it_only_adds():
    for statement in filter(None, map(str.strip, DELIVERIES.split(";"))):
        assert re.match("CREATE (TABLE|INDEX)", statement)
