from tests.portal.conftest import CHECK


def test_a_check_counts_unknowns_too_and_names_its_requirements(viewer, scoped):
    check = viewer.get(f"checks/{CHECK}").json()

    assert check["verdicts"] == {"Fail": 1, "Unknown": 1}
    assert check["why"]
    assert check["requirements"]
    assert scoped.get(f"checks/{CHECK}").json()["verdicts"] == {"Unknown": 1}
    assert viewer.get("checks", q="fails:>0").json()["total"] == 1
    assert viewer.get("checks/none").status_code == 404
