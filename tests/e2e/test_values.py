"""Every value, in a list or on the page of one thing, can be asked for, asked away, copied and taken elsewhere."""

import re

import pytest

from tests.e2e.test_every_page import settled
from tests.portal.conftest import ONE

pytestmark = pytest.mark.slow
MENU = "What to do with this value"


def menu_of(page, label):
    """Open the menu of a fact, by keys."""
    fact = page.locator(f"dt:text-is('{label}') + dd").first
    fact.get_by_role("button", name=MENU).focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("group", name=MENU)
    menu.wait_for()
    return menu


def detection(visitor):
    return visitor.ask("findings?q=kind:detection actor:*mallory*&limit=1")["items"][0]


def test_a_fact_of_a_finding_narrows_the_list_of_findings(visit):
    visitor = visit()
    page = settled(visitor.go(f"/findings/{detection(visitor)['uid']}"))
    menu_of(page, "Region").get_by_role("button", name="Without this value").click()
    page.wait_for_url(re.compile("/findings\\?q=status%3Aopen%20-region%3Aeu-west-1"))
    page.go_back()
    page.get_by_role("heading", name="Evidence").wait_for()


def test_a_fact_of_an_actor_leads_to_what_else_they_did(visit):
    visitor = visit()
    page = settled(visitor.go(f"/findings/{detection(visitor)['uid']}"))
    menu_of(page, "Actor").get_by_role("link", name="Changes with it").click()
    page.wait_for_url(re.compile("/changes\\?q=actor%3A"))
    page.locator("tbody tr").first.wait_for()


def test_beside_the_list_a_fact_narrows_what_is_shown(visit):
    page = settled(visit().go("/events"))
    page.locator("tbody tr").first.locator("td").nth(2).click()
    page.get_by_role("complementary", name="Details").wait_for()
    menu_of(page, "Log").get_by_role("button", name="Only this value").click()
    page.wait_for_url(re.compile("/events\\?q=metadata.log_name%3A"))
    page.get_by_role("complementary", name="Details").wait_for(state="detached")


def test_a_value_within_a_configuration_is_looked_for_by_its_words(visit):
    visitor = visit()
    item = next(each for each in visitor.ask("items?q=name:theirs")["items"])
    page = settled(visitor.go(f"/items/{item['key']}"))
    page.locator(".leaf").first.get_by_role("button", name=MENU).focus()
    page.keyboard.press("Enter")
    page.get_by_role("group", name=MENU).get_by_role("link", name="Events with it").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("group", name=MENU).wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className").startswith("more")


def test_each_of_several_values_is_asked_for_by_itself(visit):
    page = settled(visit("Zoe Zonal", ("viewer",)).go("/checks"))
    cell = page.locator("tbody tr").first.locator("td.tags").first
    cell.focus()
    page.keyboard.press(".")
    menu = page.get_by_role("group", name=MENU)
    asked = menu.locator(".menu-title").first.inner_text()
    menu.get_by_role("button", name="Only this value").first.click()
    page.wait_for_url(re.compile("q=types%3A"))
    page.locator("tbody tr").first.wait_for()
    assert asked in page.locator("tbody tr").first.inner_text()


def test_a_value_of_an_administrators_list_leads_to_that_list(visit):
    page = settled(visit().go("/admin/users"))
    page.get_by_role("gridcell", name="Ada Admin").first.focus()
    page.keyboard.press(".")
    page.get_by_role("group", name=MENU).get_by_role("link", name=re.compile("alone|Only", re.IGNORECASE)).click()
    page.wait_for_url(re.compile("/admin/users\\?q=name%3A"))
    page.get_by_role("gridcell", name="Ada Admin").first.wait_for()


def test_a_view_of_any_list_is_kept(visit):
    page = settled(visit().go("/coverage/hours?q=state%3Averified"))
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save what is shown").fill("Proven hours")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Proven hours").click()
    page.wait_for_url(re.compile("/coverage/hours\\?q=state%3Averified.*view="))


def test_names_are_written_as_they_are(visit):
    page = settled(visit().go("/playbooks"))
    page.get_by_role("gridcell", name="close_public_bucket").wait_for()
    page = settled(visit().go("/events?q=metadata.log_name%3Aaws_cloudtrail"))
    page.locator(".facets").get_by_text("aws_cloudtrail", exact=True).wait_for()


def test_rows_within_a_page_are_reached_by_keys(visit):
    visitor = visit()
    finding = visitor.ask(f"findings?q=account:{ONE} kind:compliance&limit=1")["items"][0]
    page = settled(visitor.go(f"/checks/{finding['rule']}"))
    links = page.locator("table.plain td a")
    assert links.count()
    assert links.first.get_attribute("tabindex") is None
