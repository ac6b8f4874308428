"""Each role on each route: who may not is told so, whatever the route would do."""

from uuid import uuid4

import pytest
from tests.portal.conftest import TWO
from tests.portal.serving import Browser, add_user, browser_of

from nephoscope.portal.app import make_app, permissions
from nephoscope.portal.bare import bare_portal
from nephoscope.portal.permissions import ROLES, WHOLE, Permission, Role, permissions_of

ROUTES = [
    (sorted(methods)[0], path, needs)
    for path, methods, needs in permissions(make_app(bare_portal()))
    if needs.permission not in (Permission.PUBLIC, Permission.AGENT) and not path.endswith("/stream")
]


def asked(browser, method, path):
    filled = path.replace("{", "").replace("}", "")
    headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"x"'}
    more = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    return browser.request(method, filled, headers=headers, **more)


@pytest.mark.parametrize("accounts", [("*",), (TWO,)], ids=["of all", "of one account"])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_into_what_it_may_and_no_further(portal, role, accounts):
    browser = browser_of(portal, f"A {role}", role, accounts=accounts)
    held = (ROLES[role] | {Permission.SIGNED_IN}) - (WHOLE if accounts != ("*",) else set())
    for method, path, needs in ROUTES:
        answer = asked(browser, method, path)
        refused = answer.status_code == 403 and answer.json()["type"].endswith(("not-allowed", "step-up"))
        if needs.permission not in held:
            assert refused, (role, method, path, answer.status_code)
        else:
            assert answer.status_code not in (401, 500), (role, method, path, answer.text)
            if browser.get("me").status_code == 401:  # it was the route that signs out
                browser.sign_in(f"A {role}")


def test_no_role_is_a_host(portal, admin):
    """What asks for a host's signature is tested with it in `test_gateway`."""
    assert not any(Permission.AGENT in held for held in ROLES.values())
    for method in ("policy", "renew", "leave"):
        answer = admin.request("GET" if method == "policy" else "POST", f"/fleet/v1/{method}")
        assert answer.status_code == 401


def test_nobody_gets_in_anywhere(browser):
    for method, path, _ in ROUTES:
        assert asked(browser, method, path).status_code == 401, (method, path)


def test_a_role_changed_in_flight_holds_from_the_next_request_on(portal, admin):
    add_user(portal, "Other", "admin")
    other = Browser(admin.app).sign_in("Other")
    assert other.get("users").status_code == 200
    user = next(row for row in admin.get("users").json()["items"] if row["name"] == "Other")
    tag = admin.get(f"users/{user['id']}").headers["etag"]

    assert admin.change("PATCH", f"users/{user['id']}", {"roles": ["viewer"]}, tag).status_code == 200
    assert other.get("users").status_code == 403
    assert other.get("findings").status_code == 200


def test_roles_add_up_and_unknown_ones_hold_nothing():
    assert permissions_of(["viewer", "auditor"]) == {Permission.READ, Permission.AUDIT, Permission.EVIDENCE}
    assert permissions_of(["root"]) == frozenset()
