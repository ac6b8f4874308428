"""What holds of the embedded lake holds on a cluster: the same tests, and what only a cluster can do."""

import pytest
from tests.store.samples import NOON, event_rows
from tests.store.test_events import *  # noqa: F403
from tests.store.test_items import *  # noqa: F403
from tests.store.test_retention import (  # noqa: F401
    test_a_deleted_item_goes_after_its_time_and_never_seems_to_be_there_again,
    test_events_go_in_whole_months_and_no_earlier,
    test_superseded_revisions_go_and_what_held_then_and_holds_now_stays,
)

from nephoscope.model.errors import StoreError
from nephoscope.model.event import COLUMNS
from nephoscope.store.events import count_events, insert_events
from nephoscope.store.lake import connect, open_lake
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import drain_outbox

ACCOUNTS = [f"{number:012}" for number in range(1, 21)]


def _on_each_node(lake, sql):
    counts = []
    for node in lake.address.nodes:
        client = connect(lake.address, node)
        counts.append(client.query(sql).result_rows)
        client.close()
    return counts


def test_both_nodes_hold_accounts_and_each_account_lies_on_one(lake):
    for account in ACCOUNTS:
        insert_events(lake, event_rows(2, account=account), f"spread-{account}")
    held = _on_each_node(lake, "SELECT DISTINCT `cloud.account.uid` FROM events_local")
    first, second = ({row[0] for row in rows} for rows in held)
    assert first
    assert second
    assert not first & second
    assert count_events(lake) == 2 * len(ACCOUNTS)


def test_a_batch_over_both_nodes_is_kept_once(lake):
    import pyarrow as pa

    batch = pa.concat_tables([event_rows(50, account=account) for account in ACCOUNTS])
    for _ in range(3):
        insert_events(lake, batch, "over-both")
    assert lake.rows("SELECT count() AS n FROM events SETTINGS final = 0") == [{"n": 50 * len(ACCOUNTS)}]


def test_both_nodes_have_every_table_and_migrating_again_changes_nothing(lake):
    open_lake(
        f"clickhouse://{','.join(f'127.0.0.1:{node.port}' for node in lake.address.nodes)}/nephoscope?cluster=lake"
    ).close()
    for name in ("events", "events_local"):
        found = _on_each_node(
            lake, f"SELECT name, type FROM system.columns WHERE database = 'nephoscope' AND table = '{name}'"
        )
        for rows in found:
            assert dict(rows) == {column.name: column.type for column in COLUMNS}


def test_changes_of_findings_reach_the_cluster_once(lake, tmp_path):
    from tests.store.samples import detection, failed_check

    from nephoscope.store.findings import upsert_findings

    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        with ledger.write() as connection:
            upsert_findings(connection, [detection(), failed_check()], NOON)
        assert drain_outbox(ledger, lake) == 2
    assert lake.rows("SELECT count() AS n FROM finding_changes") == [{"n": 2}]


def test_a_node_that_is_away_refuses_and_loses_nothing_and_a_replay_completes(lake, nodes):
    import pyarrow as pa

    batch = pa.concat_tables([event_rows(50, account=account) for account in ACCOUNTS])
    nodes[1].kill()
    try:
        with pytest.raises(StoreError):
            insert_events(lake, batch, "while-away")
        with pytest.raises(StoreError):
            count_events(lake)
    finally:
        nodes[1].start()
    insert_events(lake, batch, "while-away")
    assert count_events(lake) == 50 * len(ACCOUNTS)
    assert lake.rows("SELECT count() AS n FROM events SETTINGS final = 0") == [{"n": 50 * len(ACCOUNTS)}]
