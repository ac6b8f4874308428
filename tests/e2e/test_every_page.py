"""What holds on every page: nothing breaks, everybody can use it, hostile text stays text, it fits."""

import json
import time

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.hostile import STRINGS
from tests.e2e.pages import pages

pytestmark = pytest.mark.slow
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def settled(page):
    """The page once it has read what it shows."""
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    return page


def violations(page, theme="light"):
    """What axe says; injected beside the page's policy, which it is not subject to."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    asks = TAGS if theme == "light" else {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    run = f"axe.run(document, {{runOnly: {json.dumps(asks)}, resultTypes: ['violations']}})"
    short = (
        ".then(r => r.violations.map(v => `${v.id}: ${v.nodes.slice(0, 4).map(n => n.html.slice(0, 160)"
        " + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`))"
    )
    asked = {"expression": run + short, "awaitPromise": True, "returnByValue": True}
    answer = session.send("Runtime.evaluate", asked)
    session.detach()
    return answer["result"]["value"]


def test_everybody_can_use_every_page_in_both_themes(visit):
    visitor = visit(color_scheme="light", reduced_motion="reduce")
    found = {}
    for name, path in pages(visitor).items():
        page = settled(visitor.go(path) if name != "nothing" else went(visitor, path))
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for said in violations(page, theme):
                found.setdefault(said, []).append(f"{name}, {theme}")
        page.emulate_media(color_scheme="light")
    assert not found, "\n".join(f"{said}\n    {places}" for said, places in found.items())


def went(visitor, path):
    visitor.page.goto(visitor.url + path)
    visitor.page.get_by_text("There is no such page").wait_for()
    return visitor.page


def test_every_page_fits_at_200_percent_in_another_language_and_zone(visit):
    visitor = visit(
        locale="de-DE", timezone_id="Asia/Kolkata", viewport={"width": 640, "height": 400}, device_scale_factor=2
    )
    wide = {}
    for name, path in pages(visitor).items():
        if name == "nothing":
            continue
        page = settled(visitor.go(path))
        over = page.evaluate(
            "Math.max(document.documentElement.scrollWidth - innerWidth,"
            " ...[...document.querySelectorAll('main, .panel-body')].map(each => each.scrollWidth - each.clientWidth))"
        )
        if over > 1:
            wide[name] = over
    assert wide == {}


def test_times_are_in_the_users_zone_and_utc_on_hover(visit):
    visitor = visit(locale="de-DE", timezone_id="Asia/Kolkata")
    page = settled(visitor.go("/changes?q=kind:changed"))
    moment = page.locator("tbody time").first

    assert "18:30:00" in moment.inner_text()
    assert "2026-05-01T13:00:00Z" in moment.get_attribute("title")


def test_hostile_text_stays_text(visit):
    visitor = visit()
    for path in ("/findings?q=", "/items?q=", "/events", "/changes?q="):
        page = settled(visitor.go(path))
        assert page.locator("main").get_by_text(STRINGS[0], exact=False).count() > 0, path
    for kind, key in (("items", "key"), ("findings", "uid"), ("events", "key")):
        rows = visitor.ask(f"{kind}?limit=60")["items"]
        own = [row for row in rows if any(text[:40] in json.dumps(row, ensure_ascii=False) for text in STRINGS[:6])]
        assert len(own) >= 4
        for row in own[:6]:
            settled(visitor.go(f"/{kind}/{row[key]}"))
    assert visitor.page.evaluate("window.pwned") is None
    assert visitor.page.locator("main img, main script, main svg[onload]").count() == 0


def test_hostile_text_can_be_written_into_every_field(visit):
    visitor = visit()
    page = visitor.page
    for text in STRINGS[:8] + STRINGS[12:]:
        settled(visitor.go("/findings"))
        page.get_by_role("combobox", name="Query").fill(text)
        page.keyboard.press("Enter")
        time.sleep(0.15)
    for path in ("/waivers?new=1", "/accounts?add=1", "/admin/users?new=1", "/admin/tokens?new=1", "/me"):
        settled(visitor.go(path))
        write_everywhere(page)
    settled(visitor.go("/playbooks?open=quarantine_instance"))
    page.get_by_role("button", name="Run it").click()
    write_everywhere(page)
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("alert").wait_for()
    page.goto(
        f"{visitor.url}/findings?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E&sort=%3Cscript%3E&open=%2F..%2F"
    )
    page.locator("main h1").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="A page").fill(STRINGS[1])
    time.sleep(0.4)
    assert page.evaluate("window.pwned") is None


def write_everywhere(page):
    """Into every field of a form or dialog."""
    fields = page.locator(
        "dialog[open] input:not([type=date], [type=checkbox]), dialog[open] textarea, main form input:not([readonly])"
    )
    for text in (STRINGS[0], STRINGS[4], STRINGS[10]):
        for number in range(fields.count()):
            if fields.nth(number).is_visible():
                fields.nth(number).fill(text)
