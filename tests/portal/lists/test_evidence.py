"""Evidence is listed beside its run, shown, checked and handed out, within the scope of the run's account."""

import io
import zipfile

import pytest
from tests.portal.conftest import ONE, TWO
from tests.portal.serving import browser_of

from nephoscope.model.response import Run
from nephoscope.respond.evidence.vault import opened_vault
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


@pytest.fixture
def case(portal, clock):
    """A sealed run in the first account."""
    vault = opened_vault(portal.config, portal.ledger)
    with portal.ledger.write() as connection:
        add_run(connection, Run("r1", "capture_evidence", {"account": ONE}, "", ()), clock())
    box = vault.box("r1", case="i-0abc")
    box.add("facts.json", b"{}", media_type="application/json", source="ec2:DescribeInstances", captured_at=clock())
    box.seal()
    return vault


@pytest.fixture
def rea(portal):
    return browser_of(portal, "Rea Responder", "responder")


def test_a_case_is_shown_with_its_manifest_and_who_held_it(case, viewer, rea, scoped):
    one = viewer.get("evidence/r1").json()

    assert [file["name"] for file in one["files"]] == ["facts.json"]
    assert (one["manifest"]["number"], one["manifest"]["previous"]) == (1, "")
    assert one["manifest"]["public_key"] == case.signer.public
    assert [entry["what"] for entry in one["custody"]] == ["created", "sealed"]
    assert (one["can"], rea.get("evidence/r1").json()["can"]) == ([], ["verify", "download"])
    assert [scoped.get(f"evidence/r1{more}").status_code for more in ("", "/archive")] == [404, 404]
    assert rea.get("evidence/none").status_code == 404


def test_checking_says_what_is_as_sealed_and_what_is_not(case, viewer, rea):
    report = rea.post("evidence/r1/verify").json()
    assert (report["is_proven"], report["files"], report["by"], report["flaws"]) == (True, 1, "Rea Responder", [])
    assert viewer.post("evidence/r1/verify").status_code == 403

    path = next((case.storage.root / "cases" / "r1" / "captures").iterdir())
    path.chmod(0o600)
    path.write_bytes(b"[]")
    report = rea.post("evidence/r1/verify").json()
    assert (report["is_proven"], report["is_altered"]) == (False, True)
    assert [flaw["kind"] for flaw in report["flaws"]] == ["altered"]
    assert [entry["what"] for entry in rea.get("evidence/r1").json()["custody"]][2:] == ["verified", "verified"]
    assert rea.get("evidence/r1/archive").status_code == 409


def test_an_archive_holds_all_of_it_and_leaves_nothing_behind(case, rea, portal):
    answer = rea.get("evidence/r1/archive")

    assert answer.headers["content-disposition"] == 'attachment; filename="r1.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"manifest.dsse.json", "custody.json", "README.txt"} <= set(archive.namelist())
    assert not list(portal.config.data.glob("evidence-*"))
    last = rea.get("evidence/r1").json()["custody"][-1]
    assert (last["what"], last["who"]) == ("exported", "Rea Responder")


def test_what_is_not_sealed_is_neither_checked_nor_handed_out(case, rea, portal, clock):
    with portal.ledger.write() as connection:
        add_run(connection, Run("r2", "capture_evidence", {"account": ONE}, "", ()), clock())
    case.box("r2")

    one = rea.get("evidence/r2").json()
    assert (one["manifest"], one["can"]) == (None, [])
    assert rea.post("evidence/r2/verify").status_code == 409
    assert rea.get("evidence/r2/archive").status_code == 409
