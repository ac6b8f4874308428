"""What people do in the portal, from the first link to the approval."""

import re

import pytest

from nephoscope.store.findings import upsert_findings
from tests.portal.conftest import ONE
from tests.portal.serving import PASSWORD, add_user
from tests.store.samples import detection

pytestmark = pytest.mark.slow


def rows(page):
    return page.locator("tbody tr")


def asked(page, q):
    """A list that shows the answer to a query."""
    box = page.get_by_role("combobox", name="Query")
    box.fill(q)
    box.press("Enter")
    page.wait_for_url(re.compile(r"\?"))
    return page


def authenticator(page):
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_the_first_link_leads_to_a_name_a_password_and_a_passkey(visit, setup_link):
    visitor = visit(name="")
    page = visitor.page
    authenticator(page)
    page.goto(visitor.url + setup_link)
    page.get_by_label("Name").fill("first")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()
    assert "#" not in page.url

    page.get_by_role("button", name="Menu of first").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()


def test_a_link_survives_signing_in(visit, portal):
    add_user(portal, "Ada Admin", "admin")
    visitor = visit(name="")
    page = visitor.page
    page.goto(f"{visitor.url}/findings?q=severity%3Ahigh&sort=title")
    page.get_by_label("Name").fill("Ada Admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Findings").wait_for()

    assert page.url.endswith("/findings?q=severity%3Ahigh&sort=title")


def test_a_wrong_password_is_said_so(visit):
    visitor = visit(name="")
    page = visitor.page
    page.goto(f"{visitor.url}/sign-in")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()

    assert "did not sign you in" in page.get_by_role("alert").inner_text()


def test_findings_are_filtered_by_facets_and_back_undoes_it(visit):
    page = visit().go("/findings")
    rows(page).first.wait_for()
    before = rows(page).count()
    facet = page.get_by_role("complementary", name="Filters").get_by_role("button", name=re.compile("^Compliance"))
    facet.wait_for()
    count = re.findall(r"\d+", facet.inner_text())[-1]
    facet.click()
    page.wait_for_url(re.compile("kind%3Acompliance"))
    page.get_by_text(re.compile(rf"^{count} rows?$")).wait_for()
    page.go_back()
    page.get_by_text(re.compile(rf"^{before} rows$")).wait_for()


def test_a_finding_is_read_in_the_panel_without_losing_the_list(visit):
    page = visit().go("/findings")
    rows(page).first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("o")
    panel = page.get_by_role("complementary", name="Details")
    for part in ("Risk", "Why", "Who", "What next", "Evidence"):
        panel.get_by_role("heading", name=part, exact=True).wait_for()
    first = panel.locator("h2").first.inner_text()
    page.keyboard.press("j")
    page.wait_for_timeout(400)
    assert panel.locator("h2").first.inner_text() != first
    page.keyboard.press("Escape")
    panel.wait_for(state="detached")


def test_a_finding_is_acknowledged_by_a_key_and_that_undone(visit):
    page = asked(visit().go("/findings"), "rule:s3_bucket_blocks_public_access severity:low")
    page.get_by_text("1 row", exact=True).wait_for()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.get_by_text("Acknowledged", exact=True).last.wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Acknowledgement taken back").wait_for()


def test_a_query_completes_and_a_wrong_one_says_where(visit):
    page = visit().go("/findings")
    box = page.get_by_role("combobox", name="Query")
    box.fill("sever")
    page.get_by_role("option", name=re.compile("severity")).first.wait_for()
    box.press("ArrowDown")
    box.press("Enter")
    page.get_by_role("option", name="critical").wait_for()
    box.fill("severty:high")
    box.press("Enter")
    fault = page.get_by_role("alert")
    assert "there is no field severty" in fault.inner_text()
    fault.get_by_role("button", name="Did you mean severity?").click()
    page.wait_for_url(re.compile("q=severity%3Ahigh"))


def test_every_value_can_be_asked_for_asked_away_and_taken_elsewhere(visit):
    page = asked(visit().go("/findings"), "kind:compliance")
    page.get_by_text("2 rows", exact=True).wait_for()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press(".")
    menu = page.get_by_role("group", name="What to do with this value")
    page.keyboard.press("Escape")
    cell = page.get_by_role("gridcell", name=re.compile("^logs")).first
    cell.focus()
    page.keyboard.press(".")
    menu.get_by_role("link", name="In the inventory").wait_for()
    menu.get_by_role("button", name="Without this value").click()
    page.get_by_text("1 row", exact=True).wait_for()
    assert "resource_id%3Alogs" in page.url


def test_what_is_selected_by_a_query_is_acknowledged_at_once(visit):
    page = asked(visit().go("/findings"), "kind:detection")
    page.get_by_role("checkbox", name="Select every row shown").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Acknowledge", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(re.compile("This concerns")).wait_for()
    dialog.get_by_label("Note (kept with each finding)").fill("we know")
    dialog.get_by_role("button", name="Acknowledge", exact=True).click()
    page.get_by_text(re.compile("Done for")).wait_for()


def test_a_view_is_saved_and_found_again(visit):
    page = asked(visit().go("/findings"), "severity:medium")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save what is shown").fill("Only medium")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Only medium").wait_for()
    page.keyboard.press("Escape")
    page.goto(page.url.split("?")[0])
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Only medium").click()
    page.wait_for_url(re.compile("severity%3Amedium"))


def test_what_is_shown_is_what_is_exported(visit):
    page = asked(visit().go("/findings"), "kind:compliance")
    page.get_by_text("2 rows", exact=True).wait_for()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().strip().splitlines()

    assert len(lines) == 3
    assert lines[0].startswith("severity,title,status")


def test_a_finding_appears_without_a_reload(visit, portal):
    visitor = visit()
    page = visitor.go("/findings?q=title%3A%22appeared%20just%20now%22")
    page.get_by_text("Nothing matches this query").wait_for()
    page.get_by_text("Live", exact=True).first.wait_for()
    with portal.ledger.write() as connection:
        upsert_findings(connection, [detection(subject=("new",), title="It appeared just now")])
    rows(page).first.wait_for()


def test_a_resource_tells_who_changed_it(visit):
    visitor = visit()
    item = next(each for each in visitor.ask("items?q=name:logs&limit=50")["items"] if each["name"] == "logs")
    page = visitor.go(f"/items/{item['key']}?tab=timeline")
    newest = page.locator(".change").first
    assert "PutBucketAcl" in newest.inner_text()
    assert f"arn:aws:iam::{ONE}:user/mallory" in newest.inner_text()
    assert "Pass → Fail" in newest.inner_text()
    assert "/PublicAccessBlockConfiguration/BlockPublicAcls" in newest.inner_text()


def test_two_moments_of_a_resource_are_compared(visit):
    visitor = visit()
    item = next(each for each in visitor.ask("items?q=name:logs&limit=50")["items"] if each["name"] == "logs")
    page = visitor.go(f"/items/{item['key']}?tab=timeline")
    page.get_by_text("Compare two moments").click()
    page.locator(".change").last.locator("summary").click()
    page.locator(".change").last.get_by_role("button", name="From").click()
    page.wait_for_url(re.compile("from="))
    card = page.locator("details.compare")
    assert "BlockPublicAcls" in card.locator(".diff").inner_text()


def test_relations_expand_in_place_and_back_takes_it_back(visit):
    visitor = visit()
    item = next(each for each in visitor.ask("items?q=name:theirs")["items"])
    page = visitor.go(f"/items/{item['key']}?tab=graph")
    key = page.get_by_role("button", name=re.compile("^k1"))
    key.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("expand="))
    page.go_back()
    page.wait_for_url(lambda url: "expand=" not in url)
    page.get_by_role("button", name="As a list").click()
    page.get_by_role("link", name="k1").wait_for()


def test_the_palette_finds_a_resource(visit):
    page = visit().go("/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="A page, a resource").fill("theirs")
    page.get_by_role("option", name=re.compile("theirs AWS::S3::Bucket")).click()
    page.get_by_role("heading", name="theirs").wait_for()


def test_the_theme_changes_without_a_reload(visit):
    page = visit(color_scheme="light").go("/")
    page.evaluate("window.same = true")
    before = page.evaluate("getComputedStyle(document.body).color")
    page.get_by_role("button", name="Menu of Ada Admin").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    assert page.evaluate("getComputedStyle(document.body).color") != before
    assert page.evaluate("window.same") is True


def test_a_waiver_is_proposed_by_one_and_approved_by_another(visit, portal):
    one = visit("Ann Analyst", ("analyst",)).go("/waivers?new=1")
    dialog = one.get_by_role("dialog")
    dialog.get_by_label("What it covers").fill("resource_id == 'theirs'")
    dialog.get_by_text(re.compile("It covers 1 of")).wait_for()
    dialog.get_by_label("Reason").fill("a public site")
    dialog.get_by_role("button", name="Propose a waiver").click()
    one.get_by_text("Proposed; somebody else has to approve it").wait_for()

    other = visit("Rita Responder", ("responder",), viewport={"width": 390, "height": 780}).go(
        "/waivers?q=state:proposed"
    )
    other.get_by_text("a public site").first.click()
    other.get_by_role("button", name="Approve", exact=True).click()
    other.get_by_text("Approved; it holds now").wait_for()


def test_a_token_is_shown_once(visit):
    page = visit().go("/admin/tokens?new=1")
    page.get_by_label("What it is for").fill("report")
    page.get_by_role("dialog").get_by_role("button", name="Make a token").click()
    page.locator("code.secret", has_text="nph_").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    assert page.get_by_text("nph_").count() <= rows(page).count()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(visit, portal):
    add_user(portal, "Cleo Changed", "viewer")
    first, second = visit(), visit("Bea Admin", ("admin",))
    for visitor in (first, second):
        page = visitor.go("/admin/users?q=name%3ACleo")
        page.get_by_role("gridcell", name="Cleo Changed").click()
        page.get_by_role("heading", name="Cleo Changed").wait_for()
    second.page.get_by_role("checkbox", name=re.compile("^Analyst")).check()
    second.page.get_by_role("button", name="Save", exact=True).click()
    second.page.get_by_text("Changed", exact=True).last.wait_for()
    first.page.get_by_role("checkbox", name=re.compile("^Auditor")).check()
    first.page.get_by_role("button", name="Save", exact=True).click()
    first.page.get_by_text(re.compile("Somebody else has changed this meanwhile")).wait_for()
    assert first.page.get_by_role("checkbox", name=re.compile("^Analyst")).is_checked()


def test_onboarding_prints_the_role(visit):
    page = visit().go("/accounts?add=1")
    page.get_by_label("Account id in which Nephoscope runs").fill("999999999999")
    page.get_by_text(re.compile(r"It may do \d+ things")).wait_for()
    assert "999999999999" in page.locator("dialog pre").first.inner_text()
    page.get_by_role("button", name="Terraform").click()
    page.locator("dialog pre", has_text="resource").first.wait_for()


def test_live_events_pause(visit):
    page = visit().go("/events?mode=tail")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text(re.compile("Paused")).wait_for()
    page.get_by_role("button", name="Go on").click()


def test_sql_reads_and_does_not_write(visit):
    page = visit().go("/events?mode=sql")
    page.get_by_label("A statement that reads the lake").fill("SELECT count() AS n FROM events")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("region", name="Result").wait_for()
    page.get_by_label("A statement that reads the lake").fill("DROP TABLE events")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("alert").wait_for()


def test_a_viewer_sees_no_action_that_they_may_not_do(visit):
    visitor = visit("Vic Viewer", ("viewer",))
    finding = visitor.ask("findings?q=kind:compliance&limit=1")["items"][0]
    page = visitor.go(f"/findings/{finding['uid']}")
    page.get_by_role("heading", name="Evidence").wait_for()
    for name in ("Acknowledge", "Waive…"):
        assert page.get_by_role("button", name=name).count() == 0


def test_the_tabs_of_a_browser_share_one_stream_and_pass_it_on(visit, portal):
    visitor = visit()
    streams = []
    context = visitor.page.context
    context.on("request", lambda request: streams.append(request.url) if "/api/v1/stream" in request.url else None)
    visitor.go("/findings?q=title%3A%22told%20to%20all%20tabs%22")
    other = context.new_page()
    other.goto(f"{visitor.url}/findings?q=title%3A%22told%20to%20all%20tabs%22")
    for page in (visitor.page, other):
        page.get_by_text("Nothing matches this query").wait_for()
    other.wait_for_timeout(500)
    assert len(streams) == 1
    with portal.ledger.write() as connection:
        upsert_findings(connection, [detection(subject=("tabs",), title="It was told to all tabs")])
    for page in (visitor.page, other):
        rows(page).first.wait_for()
    visitor.page.close()
    other.wait_for_timeout(800)

    assert len(streams) == 2
    assert "after=" in streams[1]


def test_two_selected_findings_are_compared(visit):
    page = visit().go("/findings")
    rows(page).nth(1).wait_for()
    for place in (0, 1):
        rows(page).nth(place).get_by_role("checkbox").check()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="Two findings compared").wait_for()
    page.locator(".diff li").first.wait_for()

    assert page.locator(".two a").count() == 2
