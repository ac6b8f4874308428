"""Who fails has to wait; who shares their address with others, and was right, does not."""

from dataclasses import replace

from tests.portal.serving import PASSWORD, Browser, add_user

from nephoscope.fleet.pace import Pace
from nephoscope.portal.app import make_app


def test_many_who_sign_in_from_one_address_do_not_wait_for_one_another(portal, browser):
    names = [f"User {number}" for number in range(30)]
    for name in names:
        add_user(portal, name, "viewer")
    answers = [Browser(browser.app).post("auth/password", {"name": name, "password": PASSWORD}) for name in names]

    assert {answer.status_code for answer in answers} == {200}


def test_being_right_once_does_not_make_up_for_guessing(portal, browser, clock):
    add_user(portal, "Vic", "viewer")
    for number in range(20):
        assert browser.post("auth/recovery", {"name": f"n{number}", "code": "x"}).status_code == 401
    clock.pass_(seconds=2)
    assert browser.post("auth/password", {"name": "Vic", "password": PASSWORD}).status_code == 200

    assert browser.post("auth/recovery", {"name": "m", "code": "x"}).status_code == 429
    clock.pass_(hours=1)
    assert browser.post("auth/recovery", {"name": "m", "code": "x"}).status_code == 401


def test_reports_of_browsers_and_what_is_begun_are_paced(portal):
    browser = Browser(make_app(replace(portal, pace=Pace(3, 1e6))))

    assert [browser.post("reports", [], key=None).status_code for _ in range(4)] == [204, 204, 204, 429]
    assert browser.post("auth/passkey/begin", key=None).status_code == 429
