"""Sign-in through an identity provider: what it signs counts, for whom and when it was asked, and nothing else."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from tests.portal.auth.authenticator import Authenticator
from tests.portal.auth.provider import Provider
from tests.portal.auth.test_passkeys import register, sign_in
from tests.portal.serving import Browser

from nephoscope.config import Oidc
from nephoscope.portal.app import make_app
from nephoscope.portal.auth.oidc import granted, is_safe, local_path

ROLES = {"security": "admin", "staff": "viewer", "typo": "amdin"}
ACCOUNTS = {"security": ("*",), "staff": ("111111111111",)}


@pytest.fixture
def provider(clock):
    with Provider(now=clock().timestamp()) as started:
        yield started


@pytest.fixture
def browser(portal, provider):
    """A browser of a portal that signs in through the provider."""
    oidc = Oidc(provider.url, "nephoscope", name="the house", roles=ROLES, accounts=ACCOUNTS)
    settings = replace(portal.config.portal, oidc=oidc)
    return Browser(make_app(replace(portal, config=replace(portal.config, portal=settings))))


def come_back(browser, provider, subject="s1", then="/findings", **claims):
    begun = browser.get("auth/oidc/begin", then=then)
    state, code = provider.authorize(begun.headers["location"], subject, **({"groups": ["staff"]} | claims))
    return browser.get("auth/oidc/callback", state=state, code=code)


def test_a_member_of_a_group_gets_its_role_and_its_accounts(browser, provider):
    answer = come_back(browser, provider, preferred_username="eve")
    me = browser.get("me").json()

    assert (answer.status_code, answer.headers["location"]) == (302, "/findings")
    assert (me["name"], me["roles"], me["accounts"], me["is_local"]) == ("eve", ["viewer"], ["111111111111"], False)
    assert browser.get("auth/ways").json()["oidc"] == "the house"


def test_rights_follow_the_groups_at_each_sign_in_and_the_subject_not_the_name(browser, provider):
    come_back(browser, provider, preferred_username="eve")
    first = browser.get("me").json()["id"]
    come_back(browser, provider, preferred_username="renamed", groups=["security"])
    again = browser.get("me").json()
    come_back(browser, provider, "s2", preferred_username="eve")
    other = browser.get("me").json()

    assert (again["id"], again["roles"]) == (first, ["admin"])
    assert other["id"] != first
    assert other["name"].startswith("eve (")


@pytest.mark.parametrize("groups", [[], ["guests"], ["typo"], "guests", [1], None])
def test_who_is_in_no_group_that_may_is_refused(browser, provider, groups):
    assert come_back(browser, provider, groups=groups).status_code == 401
    assert browser.get("me").status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"nonce": "x"},
        {"exp": 1},
        {"sub": ""},
        {"aud": ["nephoscope", "b"]},
    ],
)
def test_a_token_for_somebody_else_or_from_before_is_refused(browser, provider, claims):
    provider.claims = claims

    assert come_back(browser, provider).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_have_signed_is_refused(browser, provider, algorithm):
    provider.header = {"alg": algorithm}
    provider.signing = OctKey.generate_key(256)

    assert come_back(browser, provider).status_code == 401


def test_a_proof_is_as_old_as_the_provider_says(browser, provider, clock):
    now = int(clock().timestamp())
    for auth_time, is_fresh in ((now - 30, True), (now - 3_600, False), (now + 9_999, True), (None, True)):
        come_back(browser, provider, **({"auth_time": auth_time} if auth_time is not None else {}))
        assert browser.get("me").json()["is_fresh"] is is_fresh, auth_time
    for nonsense in ("yesterday", True, -1, 1 << 60):
        assert come_back(Browser(browser.app), provider, auth_time=nonsense).status_code == 401


def test_who_signs_in_elsewhere_proves_it_there_again(browser, provider, clock):
    now = int(clock().timestamp())

    def prove(subject="s1", **claims):
        begun = browser.get("auth/oidc/begin", then="/runs", prove=True)
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        state, code = provider.authorize(begun.headers["location"], subject, groups=["staff"], **claims)
        return browser.get("auth/oidc/callback", state=state, code=code)

    come_back(browser, provider, auth_time=now - 3_600)
    assert not browser.get("me").json()["is_fresh"]
    assert prove(auth_time=now - 3_600).status_code == 401
    assert prove("s2", auth_time=now).status_code == 401
    assert not browser.get("me").json()["is_fresh"]
    assert prove(auth_time=now).headers["location"] == "/runs"
    assert browser.get("me").json()["is_fresh"]


def test_a_passkey_proves_it_again_but_does_not_sign_in_past_the_provider(browser, provider, clock):
    passkey = Authenticator()
    come_back(browser, provider)
    assert register(browser, passkey).status_code == 201
    clock.pass_(minutes=20)
    assert not browser.get("me").json()["is_fresh"]
    assert sign_in(browser, passkey)[0].json()["is_fresh"]
    assert sign_in(Browser(browser.app), passkey)[0].status_code == 401

    for _ in range(35):
        clock.pass_(minutes=20)
        sign_in(browser, passkey)
    assert browser.get("me").status_code == 401  # twelve hours after the provider let them in


def test_a_token_that_another_signed_is_refused(browser, provider):
    provider.signing = RSAKey.generate_key(2048, parameters={"kid": "k1"})

    assert come_back(browser, provider).status_code == 401


def test_a_state_is_good_once_and_in_the_browser_that_began(browser, provider):
    begun = browser.get("auth/oidc/begin")
    state, code = provider.authorize(begun.headers["location"], groups=["staff"])

    assert Browser(browser.app).get("auth/oidc/callback", state=state, code=code).status_code == 401
    assert browser.get("auth/oidc/callback", state=state, code=code).status_code == 401
    assert browser.get("auth/oidc/callback", state="none", code="x").status_code == 401


def test_a_provider_that_refuses_or_is_away_is_said(browser, provider):
    begun = browser.get("auth/oidc/begin")
    state, _ = provider.authorize(begun.headers["location"])
    assert "access_denied" in browser.get("auth/oidc/callback", state=state, error="access_denied").json()["detail"]
    begun = browser.get("auth/oidc/begin")
    state, _ = provider.authorize(begun.headers["location"])
    assert browser.get("auth/oidc/callback", state=state, code="wrong").status_code == 503


def test_without_a_provider_there_is_nothing(admin):
    assert Browser(admin.app).get("auth/oidc/begin").status_code == 404


@pytest.mark.parametrize(
    ("then", "where"),
    [
        ("/findings?q=a#b", "/findings?q=a#b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_one_comes_back_to_the_portal_only(then, where):
    assert local_path(then) == where


def test_addresses_are_https_or_of_this_machine():
    assert is_safe("https://id.example")
    assert is_safe("http://127.0.0.1:9")
    assert not is_safe("http://id.example")
    assert not is_safe("file:///etc/passwd")
    assert granted(Oidc(roles=ROLES), {"groups": ["staff"]}) == (("viewer",), ())
