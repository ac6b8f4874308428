from nephoscope.store.integrity_tables import CHANGE_APPROVALS, HOST_BASELINES, HOST_CHANGES


def test_each_table_has_one_key():
    keys = {table.name: [column.name for column in table.primary_key] for table in (HOST_CHANGES, HOST_BASELINES)}
    assert keys == {"host_changes": ["key"], "host_baselines": ["key"]}
    assert [column.name for column in CHANGE_APPROVALS.primary_key] == ["change"]
