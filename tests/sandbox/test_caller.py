"""Whose key it is, is said as AWS says it."""

from dataclasses import replace
from datetime import timedelta

from nephoscope.sandbox.call import Denial, Principal, Session
from nephoscope.sandbox.caller import Backends, identify, root_access_key_id, utc
from nephoscope.sandbox.recognise import Signature
from tests.sandbox.made import NOW

ROLE = "arn:aws:iam::1:role/r"
SESSION = Session("Role", ROLE, "AROA", "1", "r", NOW, NOW + timedelta(hours=1), token="t")
WORKER = Principal("AssumedRole", "1", "arn:aws:sts::1:assumed-role/r/s", "AROA:s", "ASIA1", "", SESSION)
BACKENDS = Backends({})


def test_a_session_is_known_by_key_and_token():
    sessions = {"ASIA1": WORKER}
    right = Signature("ASIA1", token="t", service="ec2")

    assert identify(right, sessions, BACKENDS, NOW) == WORKER
    assert isinstance(identify(replace(right, token="x"), sessions, BACKENDS, NOW), Denial)


def test_a_session_ends():
    denial = identify(Signature("ASIA1", token="t"), {"ASIA1": WORKER}, BACKENDS, NOW + timedelta(hours=1))
    assert denial.code == "ExpiredToken"


def test_nobody_signs_an_unsigned_call():
    assert identify(Signature(), {}, BACKENDS, NOW).type == "Anonymous"


def test_root_is_known_by_the_accounts_number():
    for key in ("111111111111", root_access_key_id("111111111111")):
        assert identify(Signature(key), {}, BACKENDS, NOW).arn == "arn:aws:iam::111111111111:root"


def test_naive_times_are_taken_for_utc():
    assert utc(NOW.replace(tzinfo=None)) == NOW
