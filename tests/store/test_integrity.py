from dataclasses import replace

from tests.store.samples import NOON

from nephoscope.store.integrity import (
    FileApproval,
    FileBaseline,
    FileChange,
    changes_of,
    drop_approval,
    get_approval,
    get_change,
    list_approvals,
    list_changes,
    list_file_baselines,
    put_approval,
    put_change,
    put_file_baseline,
)

ONE = FileChange(
    "h1", "/etc/a", "changed", "medium", "c" * 32, False, NOON, NOON, "/etc", "why", "adopted", "tool", "d" * 64
)
BASE = FileBaseline("h1", "/etc", "r", "s", "s", 7, NOON, NOON, 1, 2, 3, NOON)


def test_the_latest_of_a_path_stands_until_it_ends(ledger):
    other = replace(ONE, host="h2")
    with ledger.write() as connection:
        for each in (ONE, replace(ONE, class_="new", is_explained=True), other):
            put_change(connection, each)
        assert get_change(connection, "h1", "/etc/a").class_ == "new"
        assert get_change(connection, "h1", "/etc/b") is None
        assert {each.host for each in changes_of(connection, ["c" * 32, "x"])} == {"h1", "h2"}
        put_change(connection, replace(other, ended_at=NOON))
        assert [each.host for each in changes_of(connection, ["c" * 32])] == ["h1"]
        assert list_changes(connection, "h2") == []
        assert list_changes(connection, "h2", with_ended=True) == [replace(other, ended_at=NOON)]
        assert len(list_changes(connection)) == 1


def test_a_baseline_is_replaced_when_the_host_tells_another(ledger):
    with ledger.write() as connection:
        put_file_baseline(connection, BASE)
        assert list_file_baselines(connection, "h1", "/etc") == [BASE]
        put_file_baseline(connection, replace(BASE, told_sha256="t"))
        assert [each.is_replaced for each in list_file_baselines(connection)] == [True]
        assert list_file_baselines(connection, "h1", "/usr") == []


def test_approvals_are_kept_and_taken_back(ledger):
    one = FileApproval("c" * 32, "/etc/a", "deploy", "ada", NOON)
    with ledger.write() as connection:
        put_approval(connection, one)
        assert get_approval(connection, one.change) == one
        assert list_approvals(connection) == [one]
        assert drop_approval(connection, one.change)
        assert not drop_approval(connection, one.change)
        assert get_approval(connection, one.change) is None
