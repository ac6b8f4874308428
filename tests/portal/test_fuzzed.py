"""Whatever the contract allows, and hostile texts in every field, is answered as it says: never by a fault."""

import csv
import io
import json
import os
import warnings
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.portal.serving import Browser, add_user, browser_of
from tests.shared_data import shared
from tests.store.samples import detection

from nephoscope.model.finding import Actor, ResourceRef
from nephoscope.portal.app import make_app
from nephoscope.portal.auth.resolve import COOKIE
from nephoscope.query import quoted
from nephoscope.store.findings import upsert_findings

pytestmark = pytest.mark.slow
LEFT_OUT = r"/(stream|auth/.*|sessions/\{id\}|users/\{id\}|me/password)$"  # endless, or ends the session that asks
EXAMPLES = int(os.environ.get("NEPHOSCOPE_FUZZ", "3"))


@pytest.fixture
def api(portal):
    """The contract as schemathesis reads it, and what an administrator's browser sends."""
    import schemathesis
    from schemathesis.python import asgi

    reached = replace(portal.config.portal, allowed_hosts=(asgi.HOST.partition(":")[0], "testserver"))
    app = make_app(replace(portal, config=replace(portal.config, portal=reached)))
    add_user(portal, "Ada Admin", "admin", "responder")
    admin = Browser(app).sign_in("Ada Admin")
    headers = {"Cookie": f"{COOKIE}={admin.cookies[COOKIE]}", "Sec-Fetch-Site": "same-origin"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    return schema, headers


def test_every_operation_keeps_its_contract(api):
    schema, headers = api
    assert fuzzed(schema.exclude(path_regex=LEFT_OUT), headers) > 60


def test_signing_in_keeps_its_contract_for_whoever_comes(api):
    schema, _ = api
    assert fuzzed(schema.include(path_regex=r"/auth/|/healthz|/problems/"), {"Sec-Fetch-Site": "same-origin"}) > 10


def fuzzed(schema, headers):
    """Ask every operation what its contract allows; answers how many there are."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    bounded = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:

        def check(case):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                case.call_and_validate(headers=headers, checks=wanted)

        bounded(given(case=operation.as_strategy())(check))()
    return len(operations)


@pytest.fixture
def naughty():
    """The big list of naughty strings; the test is skipped, saying so, where it is not."""
    return json.loads((shared("naughty_strings") / "blns.json").read_text())


def test_hostile_texts_go_through_every_field_as_they_are(portal, lake, naughty):
    analyst = browser_of(portal, "Ann Analyst", "analyst")
    found = [
        detection(
            text,
            portal.clock(),
            title=text,
            reason=text,
            resource=ResourceRef(text or "T", text or "i", "111111111111", text),
            actor=Actor(uid=text, name=text, user_agent=text),
            tags=(text,),
            detail={"why": text, text: text},
        )
        for text in naughty
    ]
    with portal.ledger.write() as connection:
        upsert_findings(connection, found)
    listed = analyst.get("findings/export", format="ndjson", q="kind:detection").text.split("\n")[:-1]
    rows = csv.reader(io.StringIO(analyst.get("findings/export", columns="title,reason,actor").text, newline=""))

    assert {row["title"] for row in map(json.loads, listed)} >= {
        text.replace("\x00", "\N{SYMBOL FOR NULL}") for text in naughty
    }
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for finding in found[:: max(1, len(found) // 40)]:
        answer = analyst.get(f"findings/{finding.uid}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"


def test_hostile_texts_can_be_asked_for_and_said(portal, naughty):
    analyst = browser_of(portal, "Ann Analyst", "analyst")
    uid = analyst.get("findings").json()["items"][0]["uid"]
    for text in naughty[::9]:
        for query in (text, f"title:{quoted(text)}", f"resource_id:{quoted(text)} or {quoted(text)}"):
            assert analyst.get("findings", q=query[:4_000], limit=1).status_code in (200, 400), text
            assert analyst.get("events", q=query[:4_000], limit=1).status_code in (200, 400), text
        said = analyst.post(f"findings/{uid}/notes", {"text": text})
        assert said.status_code == 200
        view = analyst.post("views", {"page": "findings", "name": text[:200] or "x", "q": text, "body": {text: text}})
        assert view.json()["q"] == text.replace("\x00", "\N{SYMBOL FOR NULL}")


@pytest.mark.parametrize(
    "body", [b'{"text": "\\ud800"}', b'{"text": "\xff"}', b"[" * 5_000, b'{"text": 1e999}', b"null"]
)
def test_bodies_that_are_no_bodies_are_refused(portal, body):
    analyst = browser_of(portal, "Ann Analyst", "analyst")
    uid = analyst.get("findings").json()["items"][0]["uid"]
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = analyst.request("POST", f"/api/v1/findings/{uid}/notes", content=body, headers=headers)

    assert answer.status_code in (200, 400, 422), answer.text
