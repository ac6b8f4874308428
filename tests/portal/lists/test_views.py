"""Views are one's own; two who change one at once do not undo each other."""

import pytest

BODY = {"page": "findings", "name": "mine", "q": "severity:high", "columns": ["title"], "body": {"width": 3}}


@pytest.fixture
def view(analyst):
    answer = analyst.post("views", BODY)
    return answer.json()["id"], answer.headers["etag"]


def test_the_second_of_two_writers_is_told(analyst, view):
    id_, tag = view
    first = analyst.change("PUT", f"views/{id_}", BODY | {"name": "first"}, tag)
    second = analyst.change("PUT", f"views/{id_}", BODY | {"name": "second"}, tag)

    assert first.status_code == 200
    assert (second.status_code, second.headers["etag"]) == (412, first.headers["etag"])
    assert analyst.get(f"views/{id_}").json()["name"] == "first"
    assert analyst.change("DELETE", f"views/{id_}").status_code == 428
    assert analyst.change("DELETE", f"views/{id_}", match=first.headers["etag"]).status_code == 200
    assert analyst.get(f"views/{id_}").status_code == 404


def test_a_private_view_is_not_there_for_others_and_a_shared_one_is_only_read(analyst, viewer, view):
    id_, tag = view
    assert viewer.get(f"views/{id_}").status_code == 404
    shared = analyst.change("PUT", f"views/{id_}", BODY | {"is_shared": True}, tag)
    assert viewer.get(f"views/{id_}").json()["can"] == []
    assert viewer.change("PUT", f"views/{id_}", BODY, shared.headers["etag"]).status_code == 403
    assert viewer.post("views", BODY | {"is_shared": True}).status_code == 403


def test_one_view_of_a_page_is_the_default(analyst):
    for name in ("a", "b"):
        analyst.post("views", BODY | {"name": name, "is_default": True})

    assert [row["name"] for row in analyst.get("views", q="is_default:true").json()["items"]] == ["b"]
    assert analyst.post("views", BODY | {"body": {"x": "y" * 70_000}}).status_code == 413
