"""Lists: pages that miss and repeat nothing, facets, exports of exactly the same, and never out of scope."""

import csv
import io
import json
from types import SimpleNamespace

import pytest
from fastapi import Response
from tests.portal.conftest import ONE, TWO

from nephoscope.model.query import And
from nephoscope.portal import listing
from nephoscope.portal.auth.resolve import COOKIE, resolve
from nephoscope.portal.catalogue import SOURCES
from nephoscope.portal.listing import cell
from nephoscope.portal.lists import findings
from nephoscope.portal.problems import ProblemError
from nephoscope.store.sessions import end_sessions_of

PLACES = {"gaps": "coverage/gaps", "hours": "coverage/hours"}
PLACES |= {name: name.replace("_", "-") for name in ("join_tokens", "file_changes", "file_baselines")}
ADDRESSES = {name: PLACES.get(name, name) for name in SOURCES}
OF_ACCOUNTS = ("findings", "items", "changes", "events", "gaps", "hours", "accounts")


def all_pages(browser, address, **asked):
    rows, cursor = [], None
    while True:
        answer = browser.get(address, limit=1, **asked, **({"cursor": cursor} if cursor else {})).json()
        rows += answer["items"]
        cursor = answer["next"]
        if not cursor:
            return rows


@pytest.mark.parametrize("name", SOURCES)
def test_every_list_pages_by_every_order_without_missing_or_repeating(admin, name):
    source, address = SOURCES[name], ADDRESSES[name]
    whole = admin.get(address, limit=200).json()
    names = [field.name for field in source.fields.values() if field.is_sortable]
    for sort in [*names, *(f"-{field}" for field in names)]:
        if whole["total"] > 30:
            break
        rows = all_pages(admin, address, sort=sort)
        assert sorted(map(json.dumps, rows)) == sorted(map(json.dumps, whole["items"])), sort


@pytest.mark.parametrize("name", SOURCES)
def test_every_list_has_facets_and_exports_what_it_lists(admin, name):
    address = ADDRESSES[name]
    listed = admin.get(address, limit=200).json()
    facets = admin.get(f"{address}/facets").json()
    lines = admin.get(f"{address}/export", format="ndjson").text.splitlines()
    table = list(csv.reader(io.StringIO(admin.get(f"{address}/export").text)))

    if name != "audit":  # an export is noted there
        assert facets["total"] == listed["total"] == len(lines) == len(table) - 1
    own = [field.name for field in SOURCES[name].fields.values() if field.is_facet]
    assert [facet["field"] for facet in facets["facets"]] == own
    assert all(value["count"] > 0 for facet in facets["facets"] for value in facet["values"])


@pytest.mark.parametrize("name", OF_ACCOUNTS)
def test_no_list_facet_or_export_leads_out_of_scope(scoped, name):
    address = ADDRESSES[name]
    column = {"events": "cloud.account.uid", "accounts": "id"}.get(name, "account")
    rows = scoped.get(address, limit=200).json()
    said = scoped.get(f"{address}/export", format="ndjson").text + scoped.get(f"{address}/facets").text

    assert rows["total"] == len(rows["items"]) > 0
    assert {row[column] for row in rows["items"]} == {TWO}
    assert ONE not in said
    assert scoped.get(address, q=f"{column}:{ONE} or {column}:*").json()["total"] == rows["total"]


@pytest.mark.parametrize("name", SOURCES)
def test_every_field_of_every_list_can_be_asked(admin, name):
    for field in SOURCES[name].fields.values():
        texts = {"time": "2026-05-01", "number": "1", "bool": "true", "severity": "high"}
        text = field.values[0] if field.values else texts.get(field.type, "x*")
        for query in (f"{field.name}:{text}", f"-{field.name}:{text}", f"{field.name}:*", f"{field.name}:* or word"):
            answer = admin.get(ADDRESSES[name], q=query, limit=1)
            assert answer.status_code == 200, (query, answer.text)
        both = [admin.get(ADDRESSES[name], q=f"{sign}{field.name}:{text}").json()["total"] for sign in ("", "-")]
        if name != "audit":
            assert sum(both) == admin.get(ADDRESSES[name]).json()["total"], field.name


def test_a_facet_counts_under_what_the_query_asks_of_the_others(viewer):
    def counts(q):
        found = viewer.get("findings/facets", q=q, fields="severity,kind").json()["facets"]
        return {facet["field"]: {each["value"]: each["count"] for each in facet["values"]} for facet in found}

    everything = counts("")
    chosen = counts("severity:high")
    assert chosen["severity"] == everything["severity"] == {"high": 1, "medium": 1, "low": 1, "critical": 1}
    assert chosen["kind"] == {"detection": 1}
    assert counts("mallory severity:high")["severity"] == {"high": 1}
    assert counts("severity:high or kind:compliance")["kind"] == {"compliance": 2, "detection": 1}


def test_a_cursor_is_of_one_query_and_order(viewer):
    cursor = viewer.get("findings", limit=1).json()["next"]

    assert viewer.get("findings", limit=1, cursor=cursor).status_code == 200
    for changed in ({"q": "status:open"}, {"sort": "severity"}):
        assert viewer.get("findings", limit=1, cursor=cursor, **changed).json()["type"].endswith("bad-cursor")
    assert viewer.get("items", limit=1, cursor=cursor).status_code == 400


def test_the_next_page_is_linked(viewer):
    answer = viewer.get("findings", limit=2, q="status:open")
    link = answer.headers["link"]

    assert link.endswith('>; rel="next"')
    assert len(viewer.get(link[1:].partition(">")[0]).json()["items"]) == 2


@pytest.mark.parametrize("sort", ["nothing", "severity,severity", "status", "severity,title,account,rule"])
def test_an_order_that_there_is_not_is_refused(viewer, sort):
    answer = viewer.get("findings", sort=sort)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/query/sort")


def test_a_wrong_query_points_at_its_fault(viewer):
    fault = viewer.get("findings", q="status:open sevrity:high").json()["errors"][0]

    assert (fault["position"], fault["nearest"]) == (12, "severity")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("@x", "'@x"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        (-3, "-3"),
        ("-3", "'-3"),
        (None, ""),
        (["a", "=b"], "a =b"),
    ],
)
def test_no_cell_is_a_formula(value, text):
    assert cell(value) == text


def test_an_export_has_the_columns_that_were_asked_for_and_is_noted(admin):
    answer = admin.get("findings/export", columns="uid,severity", q="severity:critical")
    [noted] = admin.get("audit", q='action:"export findings"').json()["items"]

    assert answer.text.splitlines()[0] == "uid,severity"
    assert answer.headers["content-disposition"].startswith('attachment; filename="nephoscope-findings-')
    assert noted["object"] == "severity:critical"
    assert admin.get("findings/export", columns="password").status_code == 422


def test_an_export_ends_broken_off_when_its_reader_may_no_more(portal, admin):
    [user] = admin.get("users").json()["items"]
    request = SimpleNamespace(headers={}, cookies={COOKIE: admin.cookies[COOKIE]}, client=None, scope={})
    me = resolve(portal, request, Response())
    pages = listing.all_pages(me, findings.SOURCE, And(), (("last_seen_at", True),), 2)

    assert len(next(pages).shapes) == 2
    with portal.ledger.write() as connection:
        end_sessions_of(connection, user["id"])
    with pytest.raises(ProblemError, match="rest is not given"):
        next(pages)
