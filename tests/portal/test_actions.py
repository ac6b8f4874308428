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


def test_an_answer_of_a_wider_scope_is_not_given_again(analyst, admin):
    uid = uid_of(analyst)
    assert analyst.post(f"findings/{uid}/notes", {"text": "looked"}, key="k1").status_code == 200
    [user] = admin.get("users", q='name:"Ann Analyst"').json()["items"]
    tag = admin.get(f"users/{user['id']}").headers["etag"]
    assert admin.change("PATCH", f"users/{user['id']}", {"accounts": ["333333333333"]}, tag).status_code == 200

    again = analyst.post(f"findings/{uid}/notes", {"text": "looked"}, key="k1")
    assert (again.status_code, uid in again.json()["detail"]) == (422, False)


def test_without_a_key_nothing_is_done(analyst):
    answer = analyst.post(f"findings/{uid_of(analyst)}/notes", {"text": "looked"}, key=None)

    assert (answer.status_code, answer.json()["type"]) == (428, "/api/v1/problems/no-key")


def test_an_action_that_fails_keeps_no_answer(analyst):
    assert analyst.post("findings/none/notes", {"text": "x"}, key="k2").status_code == 404
    assert analyst.post(f"findings/{uid_of(analyst)}/notes", {"text": "x"}, key="k2").status_code == 200


# A key would keep what these answer, or they change nothing that a retry could change twice.
WITHOUT_A_KEY = {
    "setUp", "signInByPassword", "signInByRecoveryCode", "signInByPasskey", "beginPasskeySignIn", "stepUp", "signOut",
    "beginPasskey", "registerPasskey", "makeRecoveryCodes", "changePassword",  # a secret, or good once by itself
    "makeToken", "makeJoinToken", "inviteUser", "reinviteUser",  # a secret that is shown once
    "previewFindingsBulk", "tryWaiverScope", "runSql", "verifyEvidence", "previewScheduleSource",  # they only look
    "testExporter",  # it tells once each time that it is asked
}  # fmt: skip


def test_every_action_asks_for_its_key_and_takes_none_in_vain(portal):
    both = browser_of(portal, "Both", "admin", "responder")
    document = both.get("openapi.json").json()
    asking = []
    for path, operations in document["paths"].items():
        if (operation := operations.get("post")) is None:
            continue
        names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        assert ("Idempotency-Key" in names) is (operation["operationId"] not in WITHOUT_A_KEY), path
        if "Idempotency-Key" in names:
            asking.append((path, operation))
    for path, operation in asking:
        body = example(document, operation)
        answer = both.post(path.removeprefix("/api/v1/").replace("{", "").replace("}", ""), body, key=None)
        assert answer.json()["type"].endswith("/no-key"), (path, answer.text)
    assert len(asking) > 15


def example(document, operation):
    """A body that an operation can read."""
    if "requestBody" not in operation:
        return {}
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shape = document["components"]["schemas"][name]
    known = {"action": "acknowledge", "expires_at": "2026-06-01T00:00:00Z", "inputs": {}, "changes": ["x" * 32]}
    return {field: known.get(field, "xxxxxxxx") for field in shape.get("required", ())}
