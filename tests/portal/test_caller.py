"""What a caller may do depends on permission, scope, way and how lately they proved who they are."""

from datetime import timedelta

from tests.portal.serving import browser_of


def test_a_proof_of_identity_lasts_five_minutes(portal, clock, admin):
    asked = {"name": "New", "roles": ["viewer"], "accounts": ["*"]}
    assert admin.get("me").json()["is_fresh"]
    clock.pass_(minutes=6)

    refused = admin.post("users", asked)
    assert (refused.status_code, refused.json()["type"]) == (403, "/api/v1/problems/step-up")
    assert admin.post("auth/step-up", {"password": "wrong"}).status_code == 401
    clock.pass_(seconds=5)
    assert admin.post("auth/step-up", {"password": "correct horse battery"}).json()["is_fresh"]
    assert admin.post("users", asked).status_code == 201


def test_permissions_of_the_whole_are_not_held_in_a_part(scoped):
    me = scoped.get("me").json()

    assert me["accounts"] == ["222222222222"]
    assert "sql" not in me["permissions"]
    assert "approve" in me["permissions"]


def test_a_token_does_what_its_scopes_say_and_nothing_to_its_owner(portal, clock, admin):
    expires = (clock() + timedelta(days=1)).isoformat()
    made = admin.post("tokens", {"label": "ci", "scopes": ["read"], "expires_at": expires}).json()
    robot = browser_of(portal, "Ada Admin", "admin")
    robot.cookies.clear()
    robot.headers = {"Authorization": f"Bearer {made['secret']}"}

    assert robot.get("findings").status_code == 200
    assert robot.get("users").status_code == 403
    assert robot.get("me").json()["permissions"] == ["read"]
    assert robot.post("auth/sign-out").status_code == 403
    assert robot.post("tokens", {"label": "more", "scopes": ["read"], "expires_at": expires}).status_code == 403
    assert robot.change("DELETE", f"tokens/{made['token']['id']}", match="*").status_code == 403
