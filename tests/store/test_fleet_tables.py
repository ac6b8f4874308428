from nephoscope.store.fleet_tables import HOST_TABLES, HOSTS, NONCES, TOKENS


def test_every_table_has_the_key_by_which_it_is_replaced():
    keys = {table.name: [column.name for column in table.primary_key] for table in (TOKENS, HOSTS, NONCES, HOST_TABLES)}
    assert keys == {
        "join_tokens": ["id"],
        "hosts": ["id"],
        "host_nonces": ["agent", "nonce"],
        "host_tables": ["host", "name"],
    }
