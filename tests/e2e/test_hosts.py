"""Hosts, the changes of their files, and the tokens by which they join, in the browser."""

import re

import pytest

from tests.e2e.hostile import STRINGS
from tests.e2e.pages import HOST
from tests.e2e.test_every_page import settled

pytestmark = pytest.mark.slow


def test_a_host_tells_what_happened_to_it(visit):
    page = settled(visit().go(f"/hosts/{HOST}"))
    told = page.locator("table.plain tbody")
    told.get_by_text("Joined", exact=True).wait_for()
    told.get_by_text(f"/usr/bin/{STRINGS[1]}", exact=True).wait_for()
    told.get_by_role("link", name="File changed").first.click()
    page.wait_for_url(re.compile("/integrity\\?q=host%3Aa+%20path%3A"))
    page.locator("tbody tr").first.wait_for()


def test_a_table_of_a_host_is_shown_and_back_leads_to_the_tables(visit):
    page = settled(visit().go(f"/hosts/{HOST}?tab=tables"))
    page.get_by_text(f"denied: {STRINGS[0]}").wait_for()
    page.get_by_role("link", name="users", exact=True).click()
    page.get_by_text(STRINGS[1], exact=True).first.wait_for()
    page.go_back()
    page.get_by_role("link", name="users", exact=True).wait_for()


def test_a_waiting_host_is_let_in(visit):
    page = settled(visit().go("/hosts?q=state%3Awaiting"))
    page.get_by_role("gridcell", name="web-2").click()
    panel = page.get_by_role("complementary", name="Details")
    panel.get_by_role("button", name="Let it in").click()
    page.get_by_text("It is let in").wait_for()
    panel.locator(".chip", has_text="Enrolled").wait_for()


def test_changes_of_files_are_approved_at_once_and_that_withdrawn(visit):
    page = settled(visit("Rita Responder", ("responder",)).go("/integrity?q=state%3Aunexplained"))
    page.get_by_text("4 rows", exact=True).wait_for()
    page.get_by_role("checkbox", name="Select every row shown").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(re.compile("^4 paths")).wait_for()
    dialog.get_by_label("Reason").fill("the night's release")
    dialog.get_by_role("button", name="Approve").click()
    page.get_by_text("Every watched file is as it was").or_(page.get_by_text("Nothing matches this query")).wait_for()
    page.goto(page.url.split("?")[0] + "?q=trust%3A*")
    page.locator("tbody tr").first.locator("td").nth(4).click()
    page.get_by_role("button", name="Withdraw the approval").click()
    page.get_by_text("Withdrawn; what it explained").wait_for()


def test_who_may_not_approve_is_not_asked_to(visit):
    page = settled(visit("Vic Viewer", ("viewer",)).go("/integrity"))
    page.get_by_role("checkbox", name="Select every row shown").check()
    page.get_by_role("region", name="Selection").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0


def test_a_join_token_is_shown_once(visit):
    page = settled(visit().go("/join-tokens?new=1"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How many hosts").fill("5")
    dialog.get_by_label("Tags that they get").fill("team=web, stage=prod")
    dialog.get_by_role("button", name="Make a token").click()
    secret = dialog.locator("code.secret").inner_text()
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_role("gridcell", name=re.compile("^5 ")).wait_for()
    assert secret
    assert page.get_by_text(secret).count() == 0


def test_vulnerabilities_are_listed_by_what_an_upgrade_ends(visit):
    page = settled(visit().go("/packages"))
    page.get_by_role("gridcell", name=STRINGS[0]).first.click()
    page.get_by_role("complementary", name="Details").get_by_text(STRINGS[4]).first.wait_for()
