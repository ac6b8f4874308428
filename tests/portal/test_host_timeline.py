"""What happened to a host is told in one order, within scope."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.portal.conftest import NOW, ONE, bucket, revision
from tests.portal.lists.test_hosts import EVIL, FIRST, SECOND
from tests.store.samples import detection

from nephoscope.model.finding import ResourceRef
from nephoscope.store.findings import upsert_findings
from nephoscope.store.fleet import HostTable, put_host, put_table
from nephoscope.store.integrity import FileChange, put_change
from nephoscope.store.items import insert_revisions

INSTANCE = "AWS::EC2::Instance"


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def known(portal):
    """A host whose file changed and was put back, with a finding, a table that could not be read, and its instance."""
    about = ResourceRef(INSTANCE, "i-1", ONE, "eu-west-1")
    instance = replace(bucket({"State": {"Name": "running"}}, ago(30)), type=INSTANCE, id="i-1", name="web-1")
    insert_revisions(portal.lake, [revision(instance)], "host")
    change = FileChange(FIRST.id, f"/{EVIL}", "modified", "high", "c1", False, ago(20), ago(20), ended_at=ago(10))
    with portal.ledger.write() as connection:
        put_host(connection, replace(FIRST, enrolled_at=ago(60)))
        put_host(connection, SECOND)
        put_table(connection, HostTable(FIRST.id, "users", "d", [], ago(5), "denied"))
        put_change(connection, change)
        upsert_findings(
            connection, [detection(subject=("host",), title="A shell was left", resource=about, time=ago(15))]
        )


def test_it_is_told_the_newest_first(viewer):
    told = viewer.get(f"hosts/{FIRST.id}/timeline").json()

    kinds = [each["kind"] for each in told["items"]]
    assert [kind for kind in kinds if kind != "opened"] == [
        "heard", "table", "file_restored", "file_changed", "changed", "enrolled"
    ]  # fmt: skip
    assert [each["text"] for each in told["items"] if each["kind"] == "opened"] == ["A shell was left"]
    assert [each["at"] for each in told["items"]] == sorted((each["at"] for each in told["items"]), reverse=True)
    assert not told["is_cut"]


def test_what_could_not_be_read_says_so(viewer):
    [table] = [each for each in viewer.get(f"hosts/{FIRST.id}/timeline").json()["items"] if each["kind"] == "table"]

    assert (table["key"], table["text"]) == ("users", "denied")


def test_hosts_out_of_scope_have_none(scoped):
    assert scoped.get(f"hosts/{FIRST.id}/timeline").status_code == 404


def test_a_host_names_what_it_is_in_the_inventory(viewer):
    host = viewer.get(f"hosts/{FIRST.id}").json()

    assert (host["resource_type"], host["resource_id"]) == (INSTANCE, "i-1")
    assert viewer.get(f"items/{host['item']}").json()["name"] == "web-1"
