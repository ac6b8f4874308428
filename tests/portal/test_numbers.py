from tests.portal.conftest import NOW


def test_the_overview_counts_within_scope_and_says_by_which_query(viewer, scoped):
    ours, theirs = viewer.get("overview").json(), scoped.get("overview").json()

    assert ours["findings_open"] == {"critical": 1, "high": 1, "medium": 1, "low": 1, "informational": 0}
    assert sum(theirs["findings_open"].values()) == 1
    assert ours["now"] == NOW.isoformat().replace("+00:00", "Z")
    assert ours["changes"] == {"created": 3, "changed": 1, "deleted": 0}
    assert viewer.get("findings", q=ours["queries"]["findings_open"]).json()["total"] == 4
    assert (ours["events"], theirs["events"]) == (7, 2)
    assert ours["incidents"] == []
