from nephoscope.store.package_tables import FEEDS, LOOKS, PACKAGES, SETS, VULNERABILITIES


def test_every_table_has_the_key_by_which_it_is_replaced():
    keys = {table.name: [column.name for column in table.primary_key] for table in (FEEDS, LOOKS, PACKAGES, SETS)}
    assert keys == {"advisory_feeds": ["name"], "looks": ["key"], "packages": ["id"], "package_sets": ["digest"]}
    assert [column.name for column in VULNERABILITIES.primary_key] == ["package", "advisory", "feed"]
