"""An action is done once, however often it is sent."""

from tests.portal.serving import browser_of


def uid_of(browser):
    return browser.get("findings").json()["items"][0]["uid"]


def test_a_retry_gets_the_first_answer_and_does_nothing(analyst, admin):
    uid = uid_of(analyst)
    first = analyst.post(f"findings/{uid}/notes", {"text": "looked"}, key="k1")
    again = analyst.post(f"findings/{uid}/notes", {"text": "looked"}, key="k1")

    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert [note["text"] for note in analyst.get(f"findings/{uid}").json()["notes"]] == ["looked"]
    assert admin.get("audit", q='action:"finding note"').json()["total"] == 1


def test_a_key_is_of_one_request_and_of_one_user(portal, analyst):
    uid = uid_of(analyst)
    analyst.post(f"findings/{uid}/notes", {"text": "looked"}, key="k1")
    other = browser_of(portal, "Other", "analyst")

    assert analyst.post(f"findings/{uid}/notes", {"text": "else"}, key="k1").status_code == 422
    assert other.post(f"findings/{uid}/notes", {"text": "else"}, key="k1").status_code == 200


def test_without_a_key_nothing_is_done(analyst):
    answer = analyst.post(f"findings/{uid_of(analyst)}/notes", {"text": "looked"}, key=None)

    assert (answer.status_code, answer.json()["type"]) == (428, "/api/v1/problems/no-key")


def test_an_action_that_fails_keeps_no_answer(analyst):
    assert analyst.post("findings/none/notes", {"text": "x"}, key="k2").status_code == 404
    assert analyst.post(f"findings/{uid_of(analyst)}/notes", {"text": "x"}, key="k2").status_code == 200
