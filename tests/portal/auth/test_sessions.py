"""A session's cookie is the browser's alone, changes with each proof, and ends when it should."""

from tests.portal.serving import PASSWORD, Browser

COOKIE = "__Host-nephoscope"


def test_the_cookie_is_for_this_host_only_and_no_script_reads_it(portal, admin):
    answer = Browser(admin.app).post("auth/password", {"name": "Ada Admin", "password": PASSWORD})
    said = answer.headers["set-cookie"]

    assert said.startswith(f"{COOKIE}=")
    assert all(part in said for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Domain" not in said
    secret = answer.cookies[COOKIE]
    with portal.ledger.read() as connection:
        kept = [dict(row._mapping) for row in connection.exec_driver_sql("SELECT * FROM portal_sessions")]
    assert secret not in str(kept)


def test_a_stolen_cookie_is_worth_nothing_once_it_is_signed_out_or_revoked(admin):
    thief = Browser(admin.app, cookies={COOKIE: admin.cookies[COOKIE]})
    assert thief.get("me").status_code == 200
    admin.post("auth/sign-out")
    assert thief.get("me").status_code == 401

    admin.sign_in("Ada Admin")
    thief = Browser(admin.app, cookies={COOKIE: admin.cookies[COOKIE]})
    admin.sign_in("Ada Admin")
    [row] = [row for row in admin.get("sessions").json()["items"] if row["is_current"]]
    tag = admin.get(f"sessions/{row['id']}").headers["etag"]
    assert thief.get("me").status_code == 401
    assert admin.change("DELETE", f"sessions/{row['id']}", match=tag).status_code == 200
    assert admin.get("me").status_code == 401


def test_a_proof_gives_the_session_a_new_secret(admin):
    before = admin.cookies[COOKIE]
    admin.post("auth/step-up", {"password": PASSWORD})

    assert admin.cookies[COOKIE] != before
    assert Browser(admin.app, cookies={COOKIE: before}).get("me").status_code == 401


def test_a_session_ends_after_half_an_hour_of_nothing_and_after_twelve_hours_of_anything(admin, clock):
    clock.pass_(minutes=29)
    assert admin.get("me").status_code == 200
    clock.pass_(minutes=31)
    assert admin.get("me").status_code == 401

    admin.sign_in("Ada Admin")
    for _ in range(25):
        clock.pass_(minutes=29)
        last = admin.get("me").status_code
    assert last == 401
