"""All of the Big List of Naughty Strings: shown by every list and page as it is, and taken by every field."""

import json
import re

import pytest

from tests.e2e.hostile import seed_hostile
from tests.e2e.test_every_page import settled
from tests.shared_data import shared

pytestmark = pytest.mark.slow
FORMS = (
    "/waivers?new=1",
    "/accounts?add=1",
    "/admin/users?new=1",
    "/admin/tokens?new=1",
    "/me",
    "/findings",
    "/events?mode=sql",
)
FIELDS = (
    "main input:not([type=date], [type=checkbox], [type=radio], [readonly]), main textarea,"
    " dialog[open] input:not([type=date], [type=checkbox]), dialog[open] textarea"
)
WRITE = """(field, texts) => {
    const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set;
    for (const text of texts) {
        set.call(field, text);
        field.dispatchEvent(new Event("input", {bubbles: true}));
        field.dispatchEvent(new Event("change", {bubbles: true}));
    }
}"""


@pytest.fixture(scope="module")
def texts():
    """The list, each text once; the empty one says nothing."""
    return [
        text
        for text in dict.fromkeys(json.loads((shared("naughty_strings") / "blns.json").read_text()))
        if text.strip()
    ]


@pytest.fixture(scope="module")
def naughty(portal, embedded_lake, texts):
    """A portal whose resources, events and findings bear them."""
    seed_hostile(embedded_lake, portal.ledger, texts, "naughty")
    return portal


@pytest.mark.parametrize(
    ("list_", "q", "column"),
    [
        ("findings", "status:open", "actor"),
        ("findings", "status:open", "reason"),
        ("items", "", "id"),
        ("events", "", "http_request.user_agent"),
    ],
)
def test_every_text_is_shown_as_it_is(visit, naughty, texts, list_, q, column):
    visitor = visit()
    page = settled(visitor.go(f"/{list_}?q={q}&columns={column}"))
    while page.get_by_text(re.compile("^That is all")).count() == 0:
        page.locator(".middle .scroll").evaluate("each => { each.scrollTop = each.scrollHeight; }")
        page.wait_for_timeout(50)
    shown = page.evaluate("[...document.querySelectorAll('tbody .cell > span')].map(each => each.textContent)")

    assert len(shown) >= len(texts)
    lost = {text[:200] for text in texts} - {text[:200] for text in shown}
    assert not lost
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script, main iframe").count() == 0


def test_every_text_stays_a_text_on_the_pages_of_what_bears_it(visit, naughty, texts):
    visitor = visit()
    for kind, key in (("items", "key"), ("findings", "uid"), ("events", "key")):
        rows = visitor.ask(f"{kind}?q=&limit=200")["items"]
        for row in rows[::20]:
            settled(visitor.go(f"/{kind}/{row[key]}"))
    assert visitor.page.locator("main img, main script, main iframe").count() == 0


@pytest.mark.parametrize("path", FORMS)
def test_every_text_can_be_written_into_every_field(visit, naughty, texts, path):
    page = settled(visit().go(path))
    fields = page.locator(FIELDS)
    assert fields.count()
    for number in range(fields.count()):
        fields.nth(number).evaluate(WRITE, texts)
    page.wait_for_timeout(500)

    assert page.locator("main h1").count() == 1
    assert page.locator("main img, dialog img, main iframe").count() == 0
