"""Schedules are kept, shown, previewed and let rest by who may, in the version that they read."""

import pytest
from tests.portal.serving import browser_of

from nephoscope.model.finding import ResourceRef
from nephoscope.model.item import Item
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.schedule_jobs import Planned, add_jobs
from nephoscope.store.schedules import ScheduleRun as Run
from nephoscope.store.schedules import add_run, add_schedule, get_schedule, run_id

ONE, TWO = "111111111111", "222222222222"
TREES = "name: trees\nkind: folders\npaths: [/srv/trees]\ncron: 30 2 * * *\nzone: Europe/Berlin\n"
BODY = {"source": TREES}


@pytest.fixture
def author(portal):
    return browser_of(portal, "Aki Author", "author")


@pytest.fixture
def trees(author):
    answer = author.post("schedules", BODY)
    assert answer.status_code == 201, answer.text
    return author.get("schedules/trees").headers["etag"]


def test_who_may_not_schedule_reads(viewer, scoped, author, trees):
    for browser in (viewer, scoped):
        assert browser.post("schedules", BODY).status_code == 403
        assert browser.post("schedules/trees/run").status_code == 403
        assert browser.change("DELETE", "schedules/trees", match=trees).status_code == 403
    one = viewer.get("schedules/trees").json()
    assert (one["source"], one["can"], one["made_by"]) == (TREES, [], "Aki Author")
    assert author.get("schedules/trees").json()["can"] == ["change", "delete", "run", "pause"]


def test_a_schedule_is_listed_with_its_next_run(viewer, trees):
    [row] = viewer.get("schedules", q="kind:folders is_paused:false").json()["items"]

    assert (row["when"], row["zone"], row["next_at"], row["last_at"]) == (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-05-03T00:30:00Z",
        None,
    )
    assert viewer.get("schedules", q="kind:inventory").json()["items"] == []


def test_a_name_is_given_once_and_kept(author, trees):
    again = author.post("schedules", BODY)
    renamed = author.change("PUT", "schedules/trees", {"source": TREES.replace("trees", "bushes", 1)}, trees)

    assert (again.status_code, renamed.status_code) == (409, 422)
    assert "keeps its name" in renamed.json()["detail"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "not one schedule"),
        ("name: [", "is not YAML"),
        (TREES.replace("folders", "tapes"), "there is no kind 'tapes'"),
        (TREES.replace("30 2 * * *", "0 0 31 2 *"), "never comes"),
        (TREES + "window: 0h\n", "window is '0h'"),
        (TREES.replace("Berlin", "Atlantis"), "no time zone"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_reason(author, source, said):
    for path in ("schedules", "schedules/preview"):
        answer = author.post(path, {"source": source})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/source")
        assert said in answer.json()["detail"]
    assert author.get("schedules").json()["items"] == []


def test_the_second_of_two_who_change_it_is_told(author, trees):
    changed = {"source": TREES + "priority: 9\n"}
    first = author.change("PUT", "schedules/trees", changed, trees)
    second = author.change("PUT", "schedules/trees", BODY, trees)

    assert (first.status_code, first.json()["priority"], first.json()["revision"]) == (200, 9, 2)
    assert (second.status_code, second.headers["etag"]) == (412, first.headers["etag"])
    assert author.change("DELETE", "schedules/trees").status_code == 428
    assert author.change("DELETE", "schedules/trees", match=trees).status_code == 412
    assert author.change("DELETE", "schedules/trees", match=first.headers["etag"]).status_code == 200
    assert author.get("schedules/trees").status_code == 404


def test_it_rests_and_goes_on(author, trees):
    assert author.post("schedules/trees/resume").status_code == 409
    rests = author.post("schedules/trees/pause").json()
    assert (rests["paused_by"], rests["can"][-1], rests["next_at"]) == ("Aki Author", "resume", None)
    assert author.post("schedules/trees/pause").status_code == 409
    assert author.post("schedules/trees/resume").json()["is_paused"] is False


def test_it_is_run_now_once_per_attempt(author, trees):
    first = author.post("schedules/trees/run", key="k1")
    again = author.post("schedules/trees/run", key="k1")
    listed = author.get("schedules/trees/runs").json()["items"]

    assert (first.status_code, again.json()) == (201, first.json())
    assert [(each["cause"], each["status"]) for each in listed] == [("asked for by Aki Author", "running")]
    assert author.get(f"schedules/trees/runs/{listed[0]['id']}").json()["items"] == []
    assert author.get("schedules/trees/runs/none").status_code == 404
    assert author.post("schedules/none/run").status_code == 404


def test_the_preview_says_when_and_of_what_and_changes_nothing(viewer, author, trees):
    kept = viewer.get("schedules/trees/preview").json()
    tried = author.post(
        "schedules/preview?count=3", {"source": TREES + "blackouts: [{name: b, cron: '0 0 * * sun', duration: 1d}]\n"}
    )

    assert [len(kept["runs"]), kept["runs"][0]["local"], kept["count"]] == [10, "Sun 2026-05-03 02:30 CEST", 1]
    assert [each["blackout"] for each in tried.json()["runs"]] == ["b", "", "", ""]
    assert viewer.get("schedules/trees/runs").json()["items"] == []


def test_of_jobs_and_targets_those_in_scope_are_shown(portal, scoped, viewer):
    text = "name: nightly\nkind: tapes\ncron: '@daily'\n"
    for account in (ONE, TWO):
        item = Item("AWS::EC2::Instance", f"i-{account}", account, "r", {})
        insert_revisions(portal.lake, [Revision(item, digest_of(item), portal.clock())], account)
    with portal.ledger.write() as connection:
        add_schedule(connection, "nightly", text, "ann", portal.clock())
        run = Run(
            run_id("nightly", "x"), "nightly", "instances", portal.clock(), "time", targets=2, made_at=portal.clock()
        )
        add_run(connection, run)
        targets = [ResourceRef("AWS::EC2::Instance", f"i-{account}", account, "r") for account in (ONE, TWO)]
        add_jobs(connection, run, [Planned(each, portal.clock()) for each in targets])

    path = f"schedules/nightly/runs/{run.id}"
    assert sorted(each["account"] for each in viewer.get(path).json()["items"]) == [ONE, TWO]
    assert [each["account"] for each in scoped.get(path).json()["items"]] == [TWO]
    assert "there is no kind 'tapes'" in viewer.get("schedules/nightly").json()["error"]
    assert viewer.get("schedules/nightly/preview").status_code == 409


def test_who_did_what_is_in_the_audit_log(portal, author, admin, trees):
    author.post("schedules/trees/pause")
    author.change("PUT", "schedules/trees", BODY, author.get("schedules/trees").headers["etag"])
    author.change("DELETE", "schedules/trees", match=author.get("schedules/trees").headers["etag"])
    with portal.ledger.read() as connection:
        assert get_schedule(connection, "trees") is None
    told = [row["action"] for row in admin.get("audit").json()["items"] if row["action"].startswith("schedule")]

    assert sorted(told) == ["schedule change", "schedule create", "schedule delete", "schedule pause"]
