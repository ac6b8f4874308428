from tests.portal.conftest import CHECK


def test_a_requirement_leads_to_its_findings_and_unknown_is_not_passed(viewer, scoped):
    name = viewer.get(f"checks/{CHECK}").json()["requirements"][0]["framework"]
    [control] = [each for each in viewer.get(f"frameworks/{name}").json()["controls"] if CHECK in each["checks"]][:1]
    [theirs] = [each for each in scoped.get(f"frameworks/{name}").json()["controls"] if CHECK in each["checks"]][:1]

    assert (control["verdict"], control["verdicts"]) == ("Fail", {"Fail": 1, "Unknown": 1})
    assert viewer.get("findings", q=control["q"]).json()["total"] == control["open_findings"] == 2
    assert theirs["verdict"] == "Unknown"
    row = next(each for each in viewer.get("frameworks").json()["items"] if each["name"] == name)
    assert sum(row["answers"].values()) == row["requirements"]
    assert viewer.get("frameworks/none").status_code == 404
