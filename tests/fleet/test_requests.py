import base64
import hashlib
import hmac

import pytest

from nephoscope.fleet.requests import (
    Signed,
    agent_id,
    check_clock,
    check_signature,
    parse_authorization,
    parse_key,
    signature_of,
)
from nephoscope.model.errors import HostRefused

KEY = bytes(range(32))
NONCE = "0f" * 16
NOW = 1_780_000_000
REQUEST = ("POST", "/fleet/v1/upload?a=1", b"body")


def signed(key=KEY, time=NOW, request=REQUEST):
    return Signed(agent_id(key), time, NONCE, signature_of(key, *request, time, NONCE))


def test_an_id_comes_from_its_key():
    assert agent_id(KEY) == hashlib.sha256(b"nephoscope-agent\0" + KEY).hexdigest()[:32]


def test_a_signature_is_the_protocols():
    text = f"POST\n/fleet/v1/upload?a=1\n{hashlib.sha256(b'body').hexdigest()}\n{NOW}\n{NONCE}"

    assert signature_of(KEY, *REQUEST, NOW, NONCE) == hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def test_a_header_says_who_when_and_by_what():
    one = signed()
    header = f"Nephoscope-HMAC agent={one.agent}, time={NOW}, nonce={NONCE}, signature={one.signature}"

    assert parse_authorization(header) == one
    check_signature(one, KEY, *REQUEST)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer nph_x",
        f"Nephoscope-HMAC agent={'A' * 32}, time=1, nonce={NONCE}, signature={'0' * 64}",
        f"Nephoscope-HMAC agent={'a' * 32}, time=-1, nonce={NONCE}, signature={'0' * 64}",
        f"Nephoscope-HMAC agent={'a' * 32}, time={'9' * 400}, nonce={NONCE}, signature={'0' * 64}",
        f"Nephoscope-HMAC agent={'a' * 32}, time=\u0661, nonce={NONCE}, signature={'0' * 64}",
        f"Nephoscope-HMAC agent={'a' * 32}, time=1, nonce={NONCE}, signature={'0' * 64}\n",
    ],
)
def test_what_is_not_signed_is_refused(header):
    with pytest.raises(HostRefused):
        parse_authorization(header)


@pytest.mark.parametrize(
    "other",
    [
        ("GET", REQUEST[1], REQUEST[2]),
        ("POST", "/fleet/v1/upload", REQUEST[2]),
        ("POST", REQUEST[1], b"body "),
    ],
)
def test_a_changed_request_is_refused(other):
    with pytest.raises(HostRefused) as refused:
        check_signature(signed(), KEY, *other)
    assert refused.value.kind == "unknown-agent"


def test_another_key_and_no_key_are_refused_even_where_zeros_signed():
    with pytest.raises(HostRefused):
        check_signature(signed(), bytes(32), *REQUEST)
    with pytest.raises(HostRefused):
        check_signature(signed(bytes(32)), None, *REQUEST)


def test_another_time_or_nonce_than_was_signed_is_refused():
    one = signed()
    for forged in (Signed(one.agent, NOW + 1, NONCE, one.signature), Signed(one.agent, NOW, "1f" * 16, one.signature)):
        with pytest.raises(HostRefused):
            check_signature(forged, KEY, *REQUEST)


def test_a_clock_may_be_off_by_five_minutes_and_no_more():
    for off in (-300, 0, 300):
        check_clock(signed(time=NOW + off), NOW)
    for off in (-301, 301):
        with pytest.raises(HostRefused, match=f"{off} s off") as refused:
            check_clock(signed(time=NOW + off), NOW)
        assert refused.value.kind == "clock"


def test_keys_are_32_bytes_in_base64():
    assert parse_key(base64.b64encode(KEY).decode()) == KEY
    for text in ("", "!!!!", base64.b64encode(KEY[:31]).decode(), base64.b64encode(KEY + b"1").decode(), "é"):
        with pytest.raises(HostRefused) as refused:
            parse_key(text)
        assert refused.value.kind == "unreadable"
