import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.cli.test_advisories import rows_of
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit
from nephoscope.fleet.tokens import parse_token
from nephoscope.store.fleet import Host, HostTable, get_host, list_tokens, put_host, put_table
from nephoscope.store.integrity import FileBaseline, FileChange, put_change, put_file_baseline
from nephoscope.store.ledger import open_ledger

NOW = datetime.now(UTC)
FIRST = Host("a" * 32, "a" * 32, "c2VjcmV0", "enrolled", NOW, instance="i-1", hostname="\x1b[31mweb", last_seen_at=NOW)
SECOND = Host("ab" * 16, "ab" * 16, "c2VjcmV0", "waiting", NOW, instance="i-1", cause="another holds i-1")


@pytest.fixture
def ledger(data):  # noqa: F811
    """Two hosts of one instance, the second of which waits."""
    with open_ledger(str(data / "ledger.sqlite")) as opened:
        with opened.write() as connection:
            put_host(connection, replace(FIRST, last_seen_at=datetime.now(UTC)))
            put_host(connection, SECOND)
            put_table(connection, HostTable(FIRST.id, "users", "d", [{"name": "root"}], NOW))
            put_table(connection, HostTable(FIRST.id, "cron", "", [], NOW, "denied"))
        yield opened


def state(ledger, host):
    with ledger.read() as connection:
        return get_host(connection, host.id).state


def test_a_token_is_printed_once_and_its_hash_is_kept(run, ledger):  # noqa: F811
    code, out, said = run("fleet", "token", "--uses", "3", "--expires", "2h", "--tag", "team=web", "--by", "ada")
    id_, secret = parse_token(out.strip())
    with ledger.read() as connection:
        [kept] = list_tokens(connection)

    assert (code, kept.id, kept.uses, kept.tags, kept.made_by) == (Exit.NOTHING, id_, 3, {"team": "web"}, "ada")
    assert secret not in said
    _, rows, _ = rows_of(run, "fleet", "tokens")
    assert [row["id"] for row in rows] == [id_]
    assert secret not in json.dumps(rows)
    assert run("fleet", "revoke", id_)[0] == Exit.NOTHING
    assert rows_of(run, "fleet", "tokens")[1] == []


def test_hosts_are_listed_and_one_that_waits_is_told(run, ledger):  # noqa: F811
    code, rows, _ = rows_of(run, "fleet", "hosts")

    assert code == Exit.UNSEEN
    assert {row["id"]: row["state"] for row in rows} == {FIRST.id: "enrolled", SECOND.id: "waiting"}
    assert "c2VjcmV0" not in json.dumps(rows)
    assert [row["id"] for row in rows_of(run, "fleet", "hosts", "--state", "waiting")[1]] == [SECOND.id]
    assert "\x1b" not in run("fleet", "hosts", "--format", "table")[1]


def test_a_host_is_shown_with_what_it_could_not_read(run, ledger):  # noqa: F811
    code, rows, _ = rows_of(run, "fleet", "show", "aa")

    assert code == Exit.UNSEEN
    assert [(row["name"], row["rows"], row["cause"]) for row in rows] == [("cron", 0, "denied"), ("users", 1, "")]
    assert rows_of(run, "fleet", "show", "aa", "--table", "users")[:2] == (Exit.NOTHING, [{"name": "root"}])
    assert run("fleet", "show", "aa", "--table", "moon")[0] == Exit.USAGE


def test_a_waiting_host_is_let_in_in_the_place_of_the_first(run, ledger):  # noqa: F811
    assert run("fleet", "approve", FIRST.id)[0] == Exit.USAGE
    assert run("fleet", "approve", "ab")[0] == Exit.NOTHING

    assert (state(ledger, FIRST), state(ledger, SECOND)) == ("revoked", "enrolled")
    assert run("fleet", "revoke", FIRST.id)[0] == Exit.USAGE


def test_a_host_is_revoked_by_the_beginning_of_its_id(run, ledger):  # noqa: F811
    assert run("fleet", "revoke", "a")[0] == Exit.USAGE
    assert run("fleet", "revoke", "")[0] == Exit.USAGE
    assert run("fleet", "revoke", "aa")[0] == Exit.NOTHING
    assert state(ledger, FIRST) == "revoked"


def test_wrong_calls_say_what_is_wrong(run, ledger):  # noqa: F811
    assert run("fleet", "token", "--tag", "team")[0] == Exit.USAGE
    assert run("fleet", "token", "--expires", "soon")[0] == Exit.USAGE
    assert run("fleet", "token", "--uses", "0")[0] == Exit.USAGE


def test_changes_of_files_are_listed_approved_and_taken_back(run, ledger):  # noqa: F811
    now = datetime.now(UTC)
    change = FileChange(FIRST.id, "/etc/\x1b[31m", "changed", "medium", "c" * 32, False, now, now)
    with ledger.write() as connection:
        put_change(connection, change)
    code, rows, _ = rows_of(run, "fleet", "changes", "--unexplained", "--host", "aa")
    assert (code, [row["class"] for row in rows]) == (Exit.FINDINGS, ["changed"])
    assert "\x1b" not in run("fleet", "changes", "--format", "table")[1]
    assert run("fleet", "approve-changes", change.change)[0] == Exit.USAGE
    assert run("fleet", "approve-changes", change.change, "d" * 32, "--why", "x")[0] == Exit.USAGE
    assert rows_of(run, "fleet", "changes")[0] == Exit.FINDINGS  # one unknown id approves none
    assert run("fleet", "approve-changes", change.change, "--why", "deploy")[0] == Exit.NOTHING
    assert rows_of(run, "fleet", "changes", "--unexplained")[:2] == (Exit.NOTHING, [])
    assert run("fleet", "approve-changes", change.change, "--withdraw")[0] == Exit.NOTHING
    assert rows_of(run, "fleet", "changes")[0] == Exit.FINDINGS
    assert run("fleet", "approve-changes", change.change, "--withdraw")[0] == Exit.USAGE


def test_a_baseline_that_a_host_replaced_is_accepted(run, ledger):  # noqa: F811
    now = datetime.now(UTC)
    with ledger.write() as connection:
        put_file_baseline(connection, FileBaseline(FIRST.id, "/etc", "r", "s", "t", 5, now, now))
    code, rows, _ = rows_of(run, "fleet", "baselines")
    assert (code, [row["replaced"] for row in rows]) == (Exit.FINDINGS, [True])
    assert run("fleet", "baselines", "--accept", "/etc")[0] == Exit.USAGE
    assert run("fleet", "baselines", "--host", "aa", "--accept", "/usr")[0] == Exit.USAGE
    assert run("fleet", "baselines", "--host", "aa", "--accept", "/etc")[0] == Exit.NOTHING
    assert rows_of(run, "fleet", "baselines")[0] == Exit.NOTHING
