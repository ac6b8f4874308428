"""Loading, empty, failing, stale and partial are said, never blank; keys do what pointers do; motion can be less."""

import re

import pytest

from tests.e2e.test_every_page import settled

pytestmark = pytest.mark.slow
BUSY = {"type": "/problems/too-many", "title": "Too many requests", "status": 429, "detail": "Wait a moment"}


def refusing(route):
    route.fulfill(status=429, json=BUSY, content_type="application/problem+json")


def test_what_loads_has_its_shape_and_what_failed_is_tried_again(visit):
    visitor = visit()
    page = visitor.page
    page.route("**/api/v1/items?*", refusing)
    visitor.go("/items")
    alert = page.get_by_role("alert")
    alert.get_by_text("Too many requests").wait_for()
    page.unroute("**/api/v1/items?*")
    waiting = []
    page.route("**/api/v1/items?*", lambda route: waiting.append(route))
    alert.get_by_role("button", name="Try again").click()
    page.locator("[aria-busy=true]").first.wait_for()
    while not waiting:
        page.wait_for_timeout(20)
    for route in waiting:
        route.continue_()
    page.locator("tbody tr").first.wait_for()
    assert page.locator("[role=alert]").count() == 0


def test_what_cannot_be_read_again_stays_and_says_that_it_is_old(visit):
    page = settled(visit().go("/items"))
    page.locator("tbody tr").first.wait_for()
    page.route("**/api/v1/items?*", refusing)
    page.get_by_role("button", name="Region").first.click()
    page.get_by_role("button", name=re.compile("^Name")).first.click()
    page.get_by_role("alert").get_by_text("what is shown is from before").wait_for()
    assert page.locator("tbody tr").count() > 0


def test_a_list_without_rows_says_what_that_means(visit):
    page = settled(visit().go("/coverage"))
    page.get_by_text("No open gaps").or_(page.locator("tbody tr").first).first.wait_for()
    page = settled(visit().go("/findings?q=title%3A%22no%20such%20title%22"))
    page.get_by_text("Nothing matches this query").wait_for()
    page.get_by_role("button", name="Clear the query").first.click()
    page.locator("tbody tr").first.wait_for()


def test_what_the_live_tail_could_not_show_is_said_where_it_is_missing(visit):
    visitor = visit()
    row = visitor.ask("events?limit=1")["items"][0]
    asked = []

    def answer(route):
        number = len(asked)
        asked.append(route.request.url)
        count = 100 if number else 1
        times = [f"2026-05-01T1{number % 10}:00:{59 - each // 2:02}Z" for each in range(count)]
        rows = [row | {"key": f"{number}-{each}", "time": times[each]} for each in range(count)]
        route.fulfill(json={"items": rows, "next": "more", "total": 450, "total_relation": "eq"})

    visitor.page.route("**/api/v1/events?*", answer)
    page = visitor.go("/events?mode=tail")
    page.locator("li.gap", has_text="350").first.wait_for()


def test_keys_move_select_and_search(visit):
    page = settled(visit("Ann Analyst", ("analyst",)).go("/findings"))
    page.locator("tbody tr").nth(2).wait_for()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.get_by_role("region", name="Selection").get_by_text("1", exact=False).first.wait_for()
    assert page.locator("tbody tr").first.get_by_role("checkbox").is_checked()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.hasAttribute('data-search')")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.get_by_role("heading", name="Inventory").wait_for()


def test_a_dialog_begins_in_its_first_field(visit):
    page = settled(visit().go("/waivers?new=1"))
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_nothing_moves_for_who_wants_less_motion(visit):
    page = settled(visit(reduced_motion="reduce").go("/findings"))
    moving = page.evaluate(
        "document.getAnimations().length + [...document.querySelectorAll('*')].filter(each =>"
        " parseFloat(getComputedStyle(each).transitionDuration) > 0.001).length"
    )
    assert moving == 0


def test_the_overview_tells_its_five_things_and_each_leads_to_what_it_counts(visit):
    visitor = visit()
    page = settled(visitor.go("/"))
    told = visitor.ask("overview")
    for name in ("New findings, 24 h", "Changes, 24 h", "Cannot be seen", "Waiting for approval", "Newest event"):
        page.locator("a.tile", has_text=name).wait_for()
    for name in ("Open by severity", "Open by age", "Coverage"):
        page.get_by_role("heading", name=name).wait_for()
    page.locator("a.tile", has_text="New findings").click()
    page.get_by_role("heading", name="Findings").wait_for()
    page.get_by_text(re.compile(f"^{told['findings_new']} rows?$")).wait_for()


def test_a_framework_counts_what_is_unknown_and_leads_to_findings(visit):
    visitor = visit()
    framework = visitor.ask("frameworks?limit=1")["items"][0]
    page = settled(visitor.go(f"/frameworks/{framework['name']}"))
    answers = framework["answers"]
    whole = sum(count for name, count in answers.items() if name != "NotApplicable")
    for name in ("Fail", "Unknown"):
        if answers.get(name):
            page.get_by_text(re.compile(f"^{name}\\s{round(100 * answers[name] / whole)}%")).first.wait_for()
    control = page.locator(".controls details", has_text="open finding").first
    control.locator("summary").click()
    control.get_by_role("link", name="Findings of this requirement").click()
    page.get_by_role("heading", name="Findings").wait_for()
    page.locator("tbody tr").first.wait_for()
