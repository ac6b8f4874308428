"""Changes of files are listed within scope, and approved by who may for all accounts only; it is audited."""

from dataclasses import replace

import pytest
from tests.portal.conftest import NOW, ONE, TWO
from tests.portal.serving import browser_of

from nephoscope.keep import Decided, decide
from nephoscope.model.finding import Finding, Kind, Severity
from nephoscope.store.fleet import put_host
from nephoscope.store.integrity import FileBaseline, FileChange, list_file_baselines, put_change, put_file_baseline

from .test_hosts import EVIL, FIRST, THIRD

CHANGE = FileChange(
    FIRST.id, f"/etc/{EVIL}", "changed", "high", "c" * 32, False, NOW, NOW, "/etc", "content", sha256="d" * 64
)
OTHER = replace(CHANGE, host=THIRD.id, is_explained=True, class_="package-upgrade", change="e" * 32)
BASE = FileBaseline(FIRST.id, "/etc", "r", "s", "t", 5, NOW, NOW)


@pytest.fixture
def responder(portal):
    return browser_of(portal, "Rea Responder", "responder")


@pytest.fixture(autouse=True)
def known(portal):
    with portal.ledger.write() as connection:
        for host in (FIRST, THIRD):
            put_host(connection, host)
        for change in (CHANGE, OTHER):
            put_change(connection, change)
        put_file_baseline(connection, BASE)
        put_file_baseline(connection, replace(BASE, host=THIRD.id, told_sha256="s"))
        finding = Finding(Kind.INTEGRITY, "host_file_changed", "x", Severity.HIGH, (FIRST.id, CHANGE.path), NOW)
        decide(connection, Decided([finding], at=NOW))


def test_they_are_listed_within_scope_and_searched(viewer, scoped):
    rows = viewer.get("file-changes", q="state:unexplained").json()["items"]
    assert [(row["path"], row["account"], row["class_name"]) for row in rows] == [(CHANGE.path, ONE, "changed")]
    assert [row["account"] for row in scoped.get("file-changes").json()["items"]] == [TWO]
    facets = viewer.get("file-changes/facets", fields="state").json()
    assert facets["facets"][0]["values"] != []
    replaced = viewer.get("file-baselines", q="replaced:true").json()["items"]
    assert [row["host"] for row in replaced] == [FIRST.id]
    assert len(scoped.get("file-baselines").json()["items"]) == 1


def test_who_may_approves_and_takes_back(responder, viewer, scoped):
    body = {"changes": [CHANGE.change], "why": "deploy 7"}
    assert viewer.post("file-changes/approve", body).status_code == 403
    assert scoped.post("file-changes/approve", body).status_code == 403
    assert responder.post("file-changes/approve", {"changes": ["f" * 32], "why": "x"}).status_code == 404
    assert responder.post("file-changes/approve", {"changes": [], "why": "x"}).status_code == 422
    assert responder.post("file-changes/approve", body).json() == {"ended": 1}
    [row] = viewer.get("file-changes", q=f"change:{CHANGE.change}").json()["items"]
    assert (row["state"], row["approved"]) == ("explained", True)
    assert responder.post(f"file-changes/{CHANGE.change}/withdraw").status_code == 204
    assert responder.post(f"file-changes/{CHANGE.change}/withdraw").status_code == 404
    [row] = viewer.get("file-changes", q=f"change:{CHANGE.change}").json()["items"]
    assert row["state"] == "unexplained"


def test_a_replaced_baseline_is_accepted_once(responder, viewer, portal):
    [row] = viewer.get("file-baselines", q="replaced:true").json()["items"]
    assert viewer.post(f"file-baselines/{row['id']}/accept").status_code == 403
    assert responder.post(f"file-baselines/{row['id']}/accept").json()["replaced"] is False
    assert responder.post(f"file-baselines/{row['id']}/accept").status_code == 409
    assert responder.post("file-baselines/none/accept").status_code == 404
    with portal.ledger.read() as connection:
        assert not list_file_baselines(connection, FIRST.id)[0].is_replaced
