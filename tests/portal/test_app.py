"""Every route says what it asks of its caller, the contract is current, errors have one shape."""

from pathlib import Path

import pytest
from tests.portal.serving import Browser

from nephoscope.portal import contract
from nephoscope.portal.app import make_app, permissions, pointer
from nephoscope.portal.bare import bare_portal
from nephoscope.portal.permissions import Permission

REPOSITORY = Path(__file__).resolve().parents[2]
OPEN = {
    "/healthz", "/readyz", "/metrics", "/{path:path}", "/api/v1/openapi.json", "/api/v1/reports",
    "/api/v1/problems/{kind}", "/api/v1/auth/ways", "/api/v1/auth/setup", "/api/v1/auth/password",
    "/api/v1/auth/recovery", "/api/v1/auth/passkey/begin", "/api/v1/auth/passkey", "/api/v1/auth/oidc/begin",
    "/api/v1/auth/oidc/callback",
}  # fmt: skip
SIGNED = {"/fleet/v1/enrol", "/fleet/v1/policy", "/fleet/v1/upload", "/fleet/v1/renew", "/fleet/v1/leave"}


def test_every_route_declares_its_permission_and_only_these_are_open():
    found = list(permissions(make_app(bare_portal())))

    assert len(found) > 100
    assert all(needs is not None for _, _, needs in found)
    assert {path for path, _, needs in found if needs.permission is Permission.PUBLIC} == OPEN
    assert {path for path, _, needs in found if needs.permission is Permission.AGENT} == SIGNED
    assert {path for path, _, _ in found if path.startswith("/fleet/")} == SIGNED


def test_a_route_that_declares_nothing_does_not_start(monkeypatch):
    from nephoscope.portal.routes import overview

    @overview.router.get("/forgotten")
    def forgotten(): ...

    try:
        with pytest.raises(AssertionError, match="/api/v1/forgotten declares no permission"):
            make_app(bare_portal())
    finally:
        overview.router.routes.pop()


def test_the_contract_is_current():
    kept = (REPOSITORY / "docs" / "openapi.json").read_text()

    assert contract.text_of(make_app(bare_portal())) == kept, "python -m nephoscope.portal.contract docs/openapi.json"


def test_operation_ids_are_there_and_each_once():
    document = contract.of(make_app(bare_portal()))
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]

    assert len(ids) == len(set(ids))
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("place", "said"),
    [(("body", "a/b", 0), "#/a~1b/0"), (("query", "limit"), "#/query/limit"), ((), "#"), (("body",), "#")],
)
def test_faults_are_pointed_at(place, said):
    assert pointer(place) == said


def test_what_is_not_there_is_a_problem_with_a_trace(viewer):
    answer = viewer.get("nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["trace_id"] == answer.headers["x-trace-id"]
    assert viewer.get(answer.json()["type"]).json()["status"] == 404


def test_a_wrong_method_and_a_wrong_value_are_problems(viewer):
    assert viewer.request("DELETE", "/api/v1/findings").status_code == 405
    answer = viewer.get("findings", limit="many")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/query/limit"
    assert viewer.get("findings", unknown="1").status_code == 422


def test_a_fault_of_ours_says_nothing_of_itself(portal, app):
    from dataclasses import replace

    app.state.portal = replace(portal, ledger=None)
    answer = Browser(app, headers={"Cookie": "__Host-nephoscope=x"}).get("me")

    assert answer.status_code == 500
    assert answer.json()["type"].endswith("/fault")
    assert "NoneType" not in answer.text
