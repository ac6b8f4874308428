"""Hosts are listed within scope, let in and shut out by administrators only, and it is audited."""

from dataclasses import replace

import pytest
from tests.portal.conftest import NOW, ONE, TWO

from nephoscope.store.fleet import Host, HostTable, get_host, put_host, put_table

EVIL = "<script>alert(1)</script>"
FIRST = Host(
    "a" * 32, "a" * 32, "c2VjcmV0", "enrolled", NOW, "aws", "i-1", "m-1", "web-1", {"id": "debian", "version_id": "12"},
    ONE, "eu-west-1", "ami-1", {"team": "web"}, last_seen_at=NOW, agent_version="1.0", facts={"uptime_s": 5},
)  # fmt: skip
SECOND = replace(FIRST, id="b" * 32, agent="b" * 32, state="waiting", cause="another holds i-1", hostname=EVIL)
THIRD = replace(FIRST, id="c" * 32, agent="c" * 32, account=TWO, instance="i-3", machine="m-3", hostname="db-1")


@pytest.fixture(autouse=True)
def known(portal):
    """Three hosts in two accounts; the second waits for the place of the first."""
    with portal.ledger.write() as connection:
        for host in (FIRST, SECOND, THIRD):
            put_host(connection, host)
        put_table(connection, HostTable(FIRST.id, "users", "d", [{"name": EVIL}], NOW, "denied since"))


def state(portal, host):
    with portal.ledger.read() as connection:
        return get_host(connection, host.id).state


def test_they_are_listed_without_their_keys_and_within_scope(viewer, scoped):
    found = viewer.get("hosts", sort="hostname").json()

    assert [row["hostname"] for row in found["items"]] == [EVIL, "db-1", "web-1"]
    assert FIRST.secret not in str(found)
    assert (found["items"][2]["os"], found["items"][2]["can"]) == ("debian 12", ["revoke"])
    assert [row["hostname"] for row in scoped.get("hosts").json()["items"]] == ["db-1"]
    assert [row["state"] for row in viewer.get("hosts", q="state:waiting").json()["items"]] == ["waiting"]


def test_one_that_was_not_heard_of_is_silent(viewer, clock):
    clock.pass_(seconds=181)

    assert viewer.get(f"hosts/{FIRST.id}").json()["state"] == "silent"
    assert viewer.get(f"hosts/{SECOND.id}").json()["state"] == "waiting"


def test_a_host_is_shown_with_its_tables(viewer, scoped):
    host = viewer.get(f"hosts/{FIRST.id}").json()

    assert host["tables"] == [{"name": "users", "rows": 1, "at": "2026-05-02T12:00:00Z", "cause": "denied since"}]
    assert host["facts"] == {"uptime_s": 5}
    assert viewer.get(f"hosts/{FIRST.id}/tables/users").json()["items"] == [{"name": EVIL}]
    assert viewer.get(f"hosts/{FIRST.id}/tables/cron").status_code == 404
    for path in (f"hosts/{FIRST.id}", f"hosts/{FIRST.id}/tables/users", "hosts/nobody"):
        assert scoped.get(path).status_code == 404


def test_an_administrator_lets_one_in_in_the_place_of_another(admin, viewer, portal):
    assert viewer.post(f"hosts/{SECOND.id}/approve").status_code == 403
    assert admin.post(f"hosts/{FIRST.id}/approve").status_code == 409
    assert admin.post(f"hosts/{SECOND.id}/approve").json()["state"] == "enrolled"

    assert state(portal, FIRST) == "revoked"
    [entry] = admin.get("audit", q='action:"host approve"').json()["items"]
    assert entry["object"] == SECOND.id


def test_a_host_is_let_in_as_it_was_read_and_once(admin, portal):
    tag = admin.get(f"hosts/{SECOND.id}").headers["etag"]
    assert admin.post(f"hosts/{SECOND.id}/approve", If_Match='"other"').status_code == 412

    first = admin.post(f"hosts/{SECOND.id}/approve", key="k", If_Match=tag)
    again = admin.post(f"hosts/{SECOND.id}/approve", key="k", If_Match=tag)
    assert first.json() == again.json()
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert admin.get(f"hosts/{SECOND.id}").headers["etag"] != tag


def test_an_administrator_shuts_one_out(admin, viewer, portal):
    assert viewer.post(f"hosts/{FIRST.id}/revoke").status_code == 403
    answer = admin.post(f"hosts/{FIRST.id}/revoke").json()

    assert (answer["state"], answer["cause"]) == ("revoked", "revoked by Ada Admin")
    assert admin.post(f"hosts/{FIRST.id}/revoke").status_code == 409
    with portal.ledger.read() as connection:
        assert get_host(connection, FIRST.id).secret == ""


def test_a_token_is_shown_once_and_taken_back(admin, viewer, clock):
    assert viewer.post("join-tokens", {"uses": 2}).status_code == 403
    made = admin.post("join-tokens", {"uses": 2, "hours": 1, "tags": {"team": "web"}})
    assert made.status_code == 201
    id_ = made.json()["token"]["id"]

    assert made.json()["secret"].startswith(f"njt_{id_}_")
    listed = admin.get("join-tokens").json()
    assert made.json()["secret"] not in str(listed)
    assert [(row["uses"], row["state"], row["made_by"]) for row in listed["items"]] == [(2, "valid", "Ada Admin")]
    clock.pass_(hours=1)
    admin.sign_in("Ada Admin")
    assert admin.get("join-tokens").json()["items"][0]["state"] == "expired"
    assert admin.post(f"join-tokens/{id_}/revoke").status_code == 200
    assert admin.post(f"join-tokens/{id_}/revoke").status_code == 404
    for wrong in ({"uses": 0}, {"hours": 0}, {"hours": 10_000}, {"tags": {str(each): "" for each in range(51)}}):
        assert admin.post("join-tokens", wrong).status_code == 422


def test_who_may_not_see_users_sees_no_tokens(viewer):
    assert viewer.get("join-tokens").status_code == 403
