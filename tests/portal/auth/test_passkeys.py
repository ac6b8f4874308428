"""Passkeys are made and used by the browser; what is replayed, foreign or unverified signs nobody in."""

import pytest
from tests.portal.auth.authenticator import PRESENT, Authenticator
from tests.portal.serving import Browser

from nephoscope.store.users import drop_passkey


def register(browser, passkey, label="laptop"):
    begun = browser.post("me/passkeys/begin", key=None).json()
    credential = passkey.create(begun["options"])
    body = {"challenge": begun["challenge"], "credential": credential, "label": label}
    return browser.post("me/passkeys", body, key=None)


def sign_in(browser, passkey):
    begun = browser.post("auth/passkey/begin", key=None).json()
    body = {"challenge": begun["challenge"], "credential": passkey.get(begun["options"])}
    return browser.post("auth/passkey", body, key=None), body


def test_several_passkeys_of_a_user_sign_in_and_a_forgotten_one_does_not(admin):
    first, second = Authenticator(), Authenticator()
    assert register(admin, first).status_code == 201
    assert register(admin, second, "phone").status_code == 201
    assert sorted(row["label"] for row in admin.get("me/passkeys").json()["items"]) == ["laptop", "phone"]

    other = Browser(admin.app)
    assert sign_in(other, second)[0].json()["name"] == "Ada Admin"
    assert other.get("me").json()["is_fresh"]

    from nephoscope.portal.versions import etag

    [phone] = [row["id"] for row in admin.get("me/passkeys").json()["items"] if row["label"] == "phone"]
    assert admin.change("DELETE", f"me/passkeys/{phone}", match=etag(phone)).status_code == 200
    assert sign_in(Browser(admin.app), second)[0].status_code == 401
    assert sign_in(Browser(admin.app), first)[0].status_code == 200


def test_an_answer_is_good_once(admin):
    passkey = Authenticator()
    register(admin, passkey)
    answer, body = sign_in(Browser(admin.app), passkey)

    assert answer.status_code == 200
    assert Browser(admin.app).post("auth/passkey", body, key=None).status_code == 401


@pytest.mark.parametrize(
    "changed", [{"origin": "https://evil.example"}, {"party": "evil.example"}, {"flags": PRESENT}, {"count": -5}]
)
def test_what_is_foreign_or_unverified_or_cloned_signs_nobody_in(admin, changed):
    passkey = Authenticator()
    register(admin, passkey)
    for _ in range(2):
        assert sign_in(Browser(admin.app), passkey)[0].status_code == 200
    for name, value in changed.items():
        setattr(passkey, name, value if name != "count" else 0)

    assert sign_in(Browser(admin.app), passkey)[0].status_code == 401


def test_another_key_under_the_same_id_signs_nobody_in(admin):
    passkey = Authenticator()
    register(admin, passkey)
    forged = Authenticator(id=passkey.id, count=10)

    assert sign_in(Browser(admin.app), forged)[0].status_code == 401


def test_a_passkey_of_another_is_no_proof_for_oneself(admin, viewer):
    passkey = Authenticator()
    register(admin, passkey)

    assert sign_in(viewer, passkey)[0].status_code == 401
    assert viewer.get("me").json()["name"] == "Vic Viewer"


@pytest.mark.parametrize("credential", [{}, {"id": 1}, {"id": "x", "response": "y"}])
def test_nonsense_is_refused(admin, credential):
    begun = admin.post("me/passkeys/begin", key=None).json()
    made = admin.post("me/passkeys", {"challenge": begun["challenge"], "credential": credential}, key=None)
    begun = admin.post("auth/passkey/begin", key=None).json()
    signed = Browser(admin.app).post("auth/passkey", {"challenge": begun["challenge"], "credential": credential})

    assert made.status_code in (400, 422)
    assert signed.status_code in (400, 401)


def test_a_passkey_that_is_forgotten_meanwhile_signs_nobody_in_and_stays_forgotten(admin, portal, monkeypatch):
    import webauthn

    passkey = Authenticator()
    id_ = register(admin, passkey).json()["id"]
    verify = webauthn.verify_authentication_response

    def verified_late(**asked):
        with portal.ledger.write() as connection:
            drop_passkey(connection, admin.get("me").json()["id"], id_)
        return verify(**asked)

    monkeypatch.setattr(webauthn, "verify_authentication_response", verified_late)
    assert sign_in(Browser(admin.app), passkey)[0].status_code == 401
    assert admin.get("me/passkeys").json()["items"] == []


def test_an_address_that_tries_passkeys_has_to_wait(admin, clock):
    other = Browser(admin.app, address="192.0.2.7")
    body = {"challenge": "none", "credential": {"id": "x"}}
    answers = [other.post("auth/passkey", body, key=None).status_code for _ in range(22)]

    assert (set(answers[:20]), answers[21]) == ({401}, 429)
    assert sign_in(Browser(admin.app), Authenticator())[0].status_code == 401
