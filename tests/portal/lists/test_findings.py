"""A finding tells its story, to those in whose scope it is, with what they may do about it."""

from tests.portal.conftest import CHECK, TWO

from nephoscope.store.findings import resolve_findings, upsert_findings


def uid_of(browser, q):
    [row] = browser.get("findings", q=q).json()["items"]
    return row["uid"]


def test_a_detection_says_risk_who_what_next_and_evidence(viewer):
    found = viewer.get(f"findings/{uid_of(viewer, 'kind:detection')}").json()

    assert found["actor_detail"]["name"] == "mallory"
    assert found["risk"]
    assert "actor" in found["advice"]
    assert found["rule_where"].startswith("rules/")
    assert [event["uid"] for event in found["events"]] == ["e1"]
    assert viewer.get(f"events/{found['events'][0]['key']}").json()["findings"] == [found["uid"]]
    assert [change["why"] for change in found["history"]] == ["found"]


def test_a_compliance_finding_leads_to_its_resource_and_its_check(viewer):
    found = viewer.get(f"findings/{uid_of(viewer, f'rule:{CHECK} severity:medium')}").json()

    assert viewer.get(f"items/{found['item']}").json()["id"] == "logs"
    assert found["risk"] == viewer.get(f"checks/{CHECK}").json()["why"]
    assert found["advice"]


def test_out_of_scope_is_as_if_it_were_not_there(viewer, scoped):
    theirs, ours = uid_of(viewer, f"account:{TWO}"), uid_of(viewer, "kind:detection")

    assert scoped.get(f"findings/{theirs}").status_code == 200
    for answer in (
        scoped.get(f"findings/{ours}"),
        scoped.post(f"findings/{ours}/acknowledge"),
        scoped.post(f"findings/{ours}/notes", {"text": "x"}),
    ):
        assert answer.status_code == 404
        assert {**answer.json(), "instance": "", "trace_id": ""} == {
            **scoped.get("findings/none").json(),
            "instance": "",
            "trace_id": "",
        }


def test_an_acknowledgement_holds_until_it_is_taken_back_or_the_finding_opens_again(portal, analyst, clock):
    uid = uid_of(analyst, "kind:detection")
    done = analyst.post(f"findings/{uid}/acknowledge", {"text": "on it"}).json()
    assert (done["acknowledged_by"], done["can"][0]) == ("Ann Analyst", "unacknowledge")
    assert [(note["kind"], note["text"]) for note in done["notes"]] == [("acknowledged", "on it")]

    from tests.store.samples import detection

    again = detection("e9", clock(), rule=done["rule"], subject=("e1",))
    assert again.uid == uid
    with portal.ledger.write() as connection:
        resolve_findings(connection, [uid], "seen", clock())
    assert analyst.get(f"findings/{uid}").json()["acknowledged_by"] == "Ann Analyst"
    with portal.ledger.write() as connection:
        upsert_findings(connection, [again], clock())
    opened = analyst.get(f"findings/{uid}").json()
    assert (opened["status"], opened["acknowledged_by"]) == ("open", "")


def test_its_etag_changes_with_it(analyst):
    uid = uid_of(analyst, "kind:detection")
    before = analyst.get(f"findings/{uid}").headers["etag"]
    analyst.post(f"findings/{uid}/acknowledge")

    assert analyst.get(f"findings/{uid}").headers["etag"] != before


def test_what_a_viewer_may_not_do_is_not_offered(viewer, analyst):
    assert viewer.get("findings").json()["items"][0]["can"] == []
    assert analyst.get("findings").json()["items"][0]["can"] == ["acknowledge", "note", "waive"]
