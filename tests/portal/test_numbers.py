from dataclasses import asdict

from tests.portal.conftest import NOW

from nephoscope.store.state import put_state


def test_the_overview_counts_within_scope_and_says_by_which_query(viewer, scoped):
    ours, theirs = viewer.get("overview").json(), scoped.get("overview").json()

    assert ours["findings_open"] == {"critical": 1, "high": 1, "medium": 1, "low": 1, "informational": 0}
    assert sum(theirs["findings_open"].values()) == 1
    assert ours["now"] == NOW.isoformat().replace("+00:00", "Z")
    assert ours["changes"] == {"created": 3, "changed": 1, "deleted": 0}
    assert viewer.get("findings", q=ours["queries"]["findings_open"]).json()["total"] == 4
    assert (ours["events"], theirs["events"]) == (7, 2)
    assert ours["incidents"] == []


def test_retention_is_said_as_configured_with_what_the_last_round_deleted(viewer, scoped, portal):
    with portal.ledger.write() as connection:
        put_state(connection, "retention", {"at": "2026-05-02T03:00:00+00:00", "deleted": {"closed gaps": 3}})
    found = viewer.get("retention").json()

    assert found["days"] == asdict(portal.config.retention)
    assert (found["last_at"], found["deleted"]) == ("2026-05-02T03:00:00Z", {"closed gaps": 3})
    assert (scoped.get("retention").json()["last_at"], scoped.get("retention").json()["deleted"]) == (None, {})
