from nephoscope.portal.lists.rules import source_of


def test_a_rule_says_its_text_its_examples_and_how_often_it_fired(viewer):
    [row] = viewer.get("rules", q="findings:>0").json()["items"]
    rule = viewer.get(f"rules/{row['id']}").json()

    assert row["open_findings"] == 1
    assert row["last_fired_at"]
    assert "detection:" in rule["source"] or rule["kind"] == "python"
    assert viewer.get("rules/none").status_code == 404


def test_who_sees_some_accounts_sees_how_often_it_fired_there(scoped):
    assert scoped.get("rules", q="findings:>0").json()["total"] == 0


def test_a_file_that_cannot_be_read_has_no_text():
    assert source_of("nowhere.yml:3") == ""
    assert source_of("") == ""
