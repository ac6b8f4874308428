"""What every request passes: host, site, media, size; and what every answer carries."""

import pytest
from tests.portal.serving import Browser

from nephoscope.config import PortalSettings
from nephoscope.portal.guard import CSP, allowed_hosts, host_of


def test_every_answer_carries_the_strictest_headers(viewer, browser):
    for answer in (viewer.get("findings"), browser.get("me"), browser.get("/"), browser.get("/healthz")):
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert answer.headers["x-trace-id"]
    assert "unsafe" not in CSP


def test_the_policy_allows_nothing_but_our_own(browser):
    said = browser.get("/").headers["content-security-policy"].split("; ")

    assert said == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html",
        "report-to csp",
    ]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "localhost:x"])
def test_a_host_that_is_not_named_is_not_served(browser, host):
    answer = browser.request("GET", "/healthz", headers={"Host": host or " "})

    assert (answer.status_code, answer.json()["type"]) == (421, "/api/v1/problems/bad-host")


def test_hosts_are_loopback_the_public_one_and_those_that_are_named():
    settings = PortalSettings(public_url="https://scope.example:8443", allowed_hosts=("Inner.example",))

    assert allowed_hosts(settings) == {"localhost", "127.0.0.1", "[::1]", "scope.example", "inner.example"}
    assert host_of("[::1]:8650") == "[::1]"
    assert host_of("LocalHost:1") == "localhost"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "https://localhost"}, 201),
        ({"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "null"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
    ],
)
def test_a_cookie_is_not_taken_from_another_site(analyst, headers, status):
    analyst.headers = {}
    body = {"page": "findings", "name": "mine"}
    answer = analyst.request("POST", "/api/v1/views", json=body, headers=headers | {"Idempotency-Key": "one"})

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"].endswith("cross-site")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_is_not_json(analyst, media):
    answer = analyst.request("POST", "/api/v1/views", content="{}", headers={"Content-Type": media})

    assert answer.status_code == 415


def test_a_body_is_bounded_however_it_is_sent(analyst):
    def parts():
        for _ in range(20):
            yield b" " * 100_000

    async def slowly():
        for part in parts():
            yield part

    json = {"Content-Type": "application/json"}
    assert analyst.request("POST", "/api/v1/views", content=b" " * 2_000_000, headers=json).status_code == 413
    assert analyst.request("POST", "/api/v1/views", content=slowly(), headers=json).status_code == 413
    nonsense = {**json, "Content-Length": "-1"}
    assert analyst.request("POST", "/api/v1/views", content=b"{}", headers=nonsense).status_code == 413


def test_what_was_seen_is_not_sent_again(viewer):
    for path in ("findings", "rules", "query/fields"):
        first = viewer.get(path)
        again = viewer.request("GET", f"/api/v1/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_secrets_are_not_cached_and_nothing_is_shared(viewer, browser: Browser):
    assert viewer.get("me").headers["cache-control"] == "no-store"
    assert "private" in viewer.get("findings").headers["cache-control"]
