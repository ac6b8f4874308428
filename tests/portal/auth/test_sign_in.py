"""First use by a one-time link, then passwords and codes; guessing gets slower and slower."""

from datetime import timedelta

import pytest
from tests.portal.serving import PASSWORD, Browser, add_user

from nephoscope.portal.app import make_app
from nephoscope.store.users import make_link


def link(portal, purpose="setup", user="", lasts=timedelta(minutes=15)):
    with portal.ledger.write() as connection:
        return make_link(connection, purpose, user, portal.clock(), lasts)[0]


@pytest.fixture
def setup(browser):
    """Tries to use a link."""
    return lambda token, name="Root": browser.post("auth/setup", {"token": token, "name": name, "password": PASSWORD})


def test_the_first_link_makes_an_administrator_and_is_then_used_up(portal, browser, setup):
    assert browser.get("auth/ways").json()["needs_setup"]
    token = link(portal)
    made = setup(token)

    assert made.status_code == 201
    assert made.json()["roles"] == ["admin"]
    assert browser.get("me").json()["name"] == "Root"
    assert not browser.get("auth/ways").json()["needs_setup"]
    assert setup(token).status_code == 401
    assert "password" not in made.text.replace("auth/password", "")


def test_a_link_is_good_for_its_time_and_a_new_one_voids_it(portal, clock, setup):
    first = link(portal)
    second = link(portal)
    assert setup(first).status_code == 401
    clock.pass_(minutes=16)
    assert setup(second).status_code == 401


def test_an_invited_user_chooses_a_password_under_their_own_name_only(admin, setup, browser):
    asked = {"name": "Ivy Invited", "roles": ["viewer"], "accounts": ["111111111111"]}
    invited = admin.post("users", asked).json()
    token = invited["link"].partition("#")[2]

    assert setup(token, "Somebody Else").status_code == 401
    assert setup(token, "ivy  INVITED").json()["accounts"] == ["111111111111"]
    assert admin.post("users", asked).status_code == 409


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(portal, browser):
    add_user(portal, "Vic", "viewer")
    wrong = browser.post("auth/password", {"name": "Vic", "password": "wrong"}).json()
    nobody = browser.post("auth/password", {"name": "Nobody", "password": "wrong"}).json()

    assert {**wrong, "trace_id": ""} == {**nobody, "trace_id": ""}
    assert browser.sign_in(" vic ").get("me").status_code == 200


def test_guessing_has_to_wait_longer_and_longer_and_the_right_one_ends_it(portal, clock, browser):
    add_user(portal, "Vic", "viewer")

    def guess(password="wrong"):
        return browser.post("auth/password", {"name": "Vic", "password": password})

    answers = [guess().status_code for _ in range(6)]
    assert answers == [401, 401, 401, 429, 429, 429]
    clock.pass_(seconds=2)
    assert guess().status_code == 401
    refused = guess(PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 2
    clock.pass_(minutes=16)
    assert guess(PASSWORD).status_code == 200
    clock.pass_(seconds=1)
    assert guess().status_code == 401


def test_an_address_that_guesses_many_names_has_to_wait_too(browser):
    answers = [browser.post("auth/recovery", {"name": f"n{number}", "code": "x"}).status_code for number in range(22)]

    assert answers[:20] == [401] * 20
    assert answers[21] == 429


def test_a_recovery_code_is_good_once(portal, admin):
    codes = admin.post("me/recovery-codes").json()["codes"]
    other = Browser(admin.app)

    def use(code):
        return other.post("auth/recovery", {"name": "Ada Admin", "code": code}).status_code

    assert len(set(codes)) == 10
    assert use(codes[0].upper()) == 200
    assert use(codes[0]) == 401
    assert use(codes[1]) == 200


def test_a_disabled_user_is_out_at_once_and_stays_out(portal, admin):
    add_user(portal, "Vic", "viewer")
    browser = Browser(make_app(portal)).sign_in("Vic")
    user = next(row for row in admin.get("users").json()["items"] if row["name"] == "Vic")
    admin.change(
        "PATCH", f"users/{user['id']}", {"is_disabled": True}, admin.get(f"users/{user['id']}").headers["etag"]
    )

    assert browser.get("me").status_code == 401
    assert browser.post("auth/password", {"name": "Vic", "password": PASSWORD}).status_code == 401


def test_a_short_password_is_refused(portal, browser):
    body = {"token": link(portal), "name": "Root", "password": "short"}

    assert browser.post("auth/setup", body).json()["errors"][0]["pointer"] == "#/password"
