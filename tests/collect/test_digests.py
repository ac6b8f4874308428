import json

import pytest

pytest.importorskip("cryptography")

from tests.collect.trail import ACCOUNT, BUCKET, HOUR, REGION, START, Chain, keys_as_listed, public_keys

from nephoscope.collect.digests import flawed, is_signed, judged
from nephoscope.model.coverage import HourState


@pytest.fixture
def chain():
    """A trail of three hours."""
    return Chain().run(3)


def judge(chain, number=1, keys=None, **changed):
    key = chain.digests[number]
    body, metadata, _ = chain.objects[key]
    body = json.dumps(json.loads(body) | changed).encode() if changed else body
    return judged(f"s3://{BUCKET}/{key}", body, metadata, public_keys() if keys is None else keys)


def test_a_digest_as_signed_has_no_flaw_and_names_its_files_and_its_predecessor(chain):
    digest = judge(chain)
    assert digest.flaw is None
    assert digest.chain == (ACCOUNT, REGION, f"main_{REGION}", False)
    assert (digest.start_at, digest.end_at) == (START + HOUR, START + 2 * HOUR)
    assert digest.previous_uri == f"s3://{BUCKET}/{chain.digests[0]}"
    assert digest.previous_sha256 == judge(chain, 0).sha256
    assert len(digest.logs) == 2


def test_the_first_digest_of_a_chain_is_signed_over_null(chain):
    first = judge(chain, 0)
    assert (first.flaw, first.previous_uri) == (None, "")


def test_keys_are_taken_as_bytes_and_as_the_base64_that_json_shows(chain):
    assert judge(chain, keys=keys_as_listed()).flaw is None


@pytest.mark.parametrize(
    "changed",
    [{"logFiles": []}, {"digestEndTime": "2024-05-06T05:00:00Z"}, {"previousDigestSignature": None}, {"more": 1}],
)
def test_a_changed_digest_is_told(chain, changed):
    state, reason = judge(chain, **changed).flaw
    assert state is HourState.TAMPERED
    assert chain.digests[1] in reason


def test_a_digest_under_another_name_is_told(chain):
    body, metadata, _ = chain.objects[chain.digests[0]]
    state, reason = judged(f"s3://{BUCKET}/{chain.digests[1]}", body, metadata, public_keys()).flaw
    assert state is HourState.TAMPERED
    assert "moved" in reason


def test_a_digest_whose_key_is_not_known_proves_nothing(chain):
    assert judge(chain, keys={}).flaw[0] is HourState.UNREADABLE


@pytest.mark.parametrize("metadata", [{}, {"signature": "zz"}, {"signature": ""}, {"signature": "00" * 256}])
def test_a_digest_without_its_signature_is_told(chain, metadata):
    key = chain.digests[1]
    assert judged(f"s3://{BUCKET}/{key}", chain.objects[key][0], metadata, public_keys()).flaw[0] is HourState.TAMPERED


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"digestStartTime": 1}', b"[" * 100_000])
def test_what_is_no_digest_is_told_and_never_a_crash(chain, body):
    digest = judged(f"s3://{BUCKET}/{chain.digests[1]}", body, {}, public_keys())
    assert digest.flaw[0] is HourState.TAMPERED


def test_a_digest_that_cannot_be_had_still_covers_the_hour_in_its_name(chain):
    digest = flawed(f"s3://{BUCKET}/{chain.digests[1]}", HourState.UNREADABLE, "denied")
    assert (digest.start_at, digest.end_at) == (START + HOUR, START + 2 * HOUR)


def test_a_key_that_is_none_verifies_nothing():
    assert not is_signed(b"text", "00", b"not a key")
