"""Evidence is listed beside its run, within the scope of the run's account."""

from tests.portal.conftest import ONE, TWO

from nephoscope.model.response import Run
from nephoscope.store.evidence import Case, open_case
from nephoscope.store.runs import add_run


def test_a_case_is_listed_where_its_account_is_seen(viewer, scoped, portal, clock):
    with portal.ledger.write() as connection:
        for id_, account in (("a", ONE), ("b", TWO)):
            add_run(connection, Run(id_, "capture_evidence", {"account": account}, "", ()), clock())
            open_case(connection, Case(id_, "i-0abc", "", "evidence/1", clock()), "nephoscope")

    rows = viewer.get("evidence", sort="account").json()["items"]
    assert [(row["run"], row["account"], row["playbook"]) for row in rows] == [
        ("a", ONE, "capture_evidence"),
        ("b", TWO, "capture_evidence"),
    ]
    assert [row["run"] for row in scoped.get("evidence").json()["items"]] == ["b"]
    assert viewer.get("evidence", q="sealed_at:*").json()["total"] == 0
