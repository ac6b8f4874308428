"""Who a request is from: cookie or token, and nobody who only says so."""

from datetime import timedelta

import pytest
from tests.portal.serving import Browser


@pytest.fixture
def made(admin, clock):
    """A token that reads, good for an hour."""
    until = (clock() + timedelta(hours=1)).isoformat()
    return admin.post("tokens", {"label": "ci", "scopes": ["read"], "expires_at": until}).json()


@pytest.fixture
def robot(admin, made):
    return Browser(admin.app, headers={"Authorization": f"Bearer {made['secret']}"})


def test_a_token_works_until_it_expires(robot, clock):
    assert robot.get("findings").status_code == 200
    clock.pass_(minutes=61)
    answer = robot.get("findings")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_revoked_token_is_worth_nothing(robot, admin, made):
    tag = admin.get(f"tokens/{made['token']['id']}").headers["etag"]

    assert admin.change("DELETE", f"tokens/{made['token']['id']}", match=tag).json()["state"] == "revoked"
    assert robot.get("findings").status_code == 401


def test_a_tokens_rights_shrink_with_its_owners(robot, admin, portal):
    from dataclasses import replace

    from nephoscope.store.users import find_login, put_user

    with portal.ledger.write() as connection:
        user = find_login(connection, "Ada Admin")
        put_user(connection, replace(user, accounts=("222222222222",)))
    assert {row["account"] for row in robot.get("findings").json()["items"]} == {"222222222222"}


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer nph_", "Basic YTpi", "Bearer nph_" + "a" * 51, "Bearer \xff"])
def test_what_is_no_token_is_refused_even_beside_a_good_cookie(admin, text):
    admin.headers = {"Authorization": text.encode("latin-1") if text else "x"}

    assert admin.get("me").status_code == 401


def test_when_it_was_last_used_is_kept(robot, admin, made):
    robot.get("findings")

    assert admin.get(f"tokens/{made['token']['id']}").json()["last_used_at"]
