import base64
import hashlib
import hmac
import json

import pytest
from tests.export.samples import LATER, digest, hostile, naughty, notice

from nephoscope.export.exporters.webhook import Webhook, key_of
from nephoscope.model.errors import ConfigError, DeliveryError


@pytest.fixture
def hook(receiver, monkeypatch):
    """A webhook on this machine that shares a secret."""
    monkeypatch.setenv("HOOK_SECRET", "a shared secret")
    return Webhook(url=f"{receiver.url}/hook", secret_env="HOOK_SECRET", allow_private=True)


def is_signed(headers, body, key=b"a shared secret"):
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{expected}"


def test_a_notice_is_json_signed_with_its_time_and_known_by_its_id(hook, receiver, outside):
    hook.send([notice()], outside)

    [(_, path, headers, body)] = receiver.asked
    assert path == "/hook"
    assert headers["Idempotency-Key"] == headers["webhook-id"] == f"{1:032x}"
    assert headers["webhook-timestamp"] == str(int(LATER.timestamp()))
    assert is_signed(headers, body)
    assert not is_signed(headers, body + b" ")
    document = json.loads(body)
    assert (document["what"], document["finding"]["rule"]) == ("opened", "cloudtrail_logging_stopped")


def test_the_same_notice_has_the_same_key_when_it_is_sent_again(hook, receiver, outside):
    hook.send([notice()], outside)
    hook.send([notice()], outside)

    assert len({headers["Idempotency-Key"] for _, _, headers, _ in receiver.asked}) == 1


def test_a_digest_holds_its_notices(hook, receiver, outside):
    hook.send([digest(3)], outside)

    assert len(receiver.documents[0]["notices"]) == 3


def test_hostile_texts_arrive_as_they_are(hook, receiver, outside):
    texts = naughty()
    hook.send([hostile(text) for text in texts], outside)

    assert [document["finding"]["title"] for document in receiver.documents] == texts
    assert all(is_signed(headers, body) for _, _, headers, body in receiver.asked)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/iam/", "http://127.0.0.1:1/"])
def test_a_redirect_is_not_followed(hook, receiver, outside, target):
    receiver.answers = [(307, "", {"Location": target})]

    with pytest.raises(DeliveryError, match="not followed") as refused:
        hook.send([notice()], outside)
    assert refused.value.is_final
    assert len(receiver.asked) == 1


def test_a_secret_may_be_base64():
    assert key_of("whsec_aGVsbG8=") == b"hello"
    assert key_of("hello") == b"hello"
    with pytest.raises(ConfigError):
        key_of("whsec_no base64")


def test_nothing_is_sent_unsigned(receiver, outside):
    with pytest.raises(ConfigError, match="secret_env"):
        Webhook(url=receiver.url, allow_private=True).send([notice()], outside)
    assert receiver.asked == []
