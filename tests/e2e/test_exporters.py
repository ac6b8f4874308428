"""Who is told, how that fares, and what is done where a receiver refuses."""

import pytest

pytestmark = pytest.mark.slow


def test_an_exporter_is_tried_out_and_says_who_leads_to_it(visit):
    page = visit().go("/exporters")
    page.locator("tbody").get_by_text("chat", exact=True).click()
    page.locator(".view section").get_by_text("all", exact=True).wait_for()
    page.get_by_role("button", name="Send a test notice").click()
    page.get_by_text("chat took the test notice").wait_for()

    page.locator("tbody").get_by_text("idle", exact=True).click()
    page.get_by_text("No route leads to it").wait_for()


def test_what_was_refused_is_sent_again(visit):
    page = visit().go("/deliveries?open=parked")
    page.get_by_role("button", name="Send again").click()
    page.get_by_text("It is sent again").wait_for()
    page.get_by_role("button", name="Send again").wait_for(state="detached")
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("It is given up").wait_for()


def test_who_may_not_send_does_not_see_them(visit):
    page = visit("Vera Viewer", ("viewer",)).go("/")

    assert page.get_by_role("link", name="Exporters").count() == 0
