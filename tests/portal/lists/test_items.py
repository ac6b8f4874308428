from tests.portal.conftest import CHECK, ONE, TWO


def key_of(browser, id_):
    [row] = browser.get("items", q=f"id:{id_}").json()["items"]
    return row["key"]


def test_a_row_says_what_is_judged_and_found_of_it(viewer):
    [row] = viewer.get("items", q="id:logs tag:data").json()["items"]

    assert row["verdicts"] == {"Fail": 1}
    assert row["open_findings"] == 1
    assert row["tags"] == {"team": "data"}


def test_a_resource_is_shown_as_it_is_and_as_it_was(viewer):
    key = key_of(viewer, "logs")
    now = viewer.get(f"items/{key}").json()
    then = viewer.get(f"items/{key}", at="2026-05-01T12:30:00Z").json()

    assert now["configuration"]["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": False}
    assert then["configuration"]["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": True}
    assert [(each["check"], each["verdict"]) for each in now["verdict_list"]] == [(CHECK, "Fail")]
    assert now["revisions"] == 2
    assert viewer.get(f"items/{key}", at="2020-01-01T00:00:00Z").status_code == 404


def test_out_of_scope_is_as_if_it_were_not_there(viewer, scoped):
    key = key_of(viewer, "logs")

    for place in ("", "/timeline", "/neighbours", "/compare?from_at=2026-05-01T00:00:00Z&to_at=2026-05-02T00:00:00Z"):
        assert scoped.get(f"items/{key}{place}").status_code == 404, place
        assert viewer.get(f"items/{key}{place}").status_code == 200, place
    assert scoped.get(f"items/{key_of(scoped, 'theirs')}").json()["account"] == TWO
    assert ONE != TWO
