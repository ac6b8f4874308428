"""Notices as signed JSON, to anything that listens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import msgspec

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.record import notice_record
from nephoscope.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

PREFIX = "whsec_"


@dataclass(frozen=True, kw_only=True)
class Webhook(Exporter):
    """A webhook of your own: JSON, signed with HMAC-SHA256 over its id, the time and the body.

    The receiver checks `webhook-signature`, refuses what is older than five minutes, and knows what it has by
    `Idempotency-Key`. A secret that begins with `whsec_` is taken for base64.
    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """

    url: str = ""
    url_env: str = ""
    url_file: str = ""
    secret_env: str = ""
    secret_file: str = ""

    takes_digests: ClassVar[bool] = True

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        url = self.url or secret_of("url", self.url_env, self.url_file)
        key = key_of(secret_of("secret", self.secret_env, self.secret_file))
        for notice in notices:
            body = msgspec.json.encode(notice_record(notice))
            now = outside.now()
            moment = str(int(now.timestamp()))
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": notice.id,
                "webhook-id": notice.id,
                "webhook-timestamp": moment,
                "webhook-signature": signature(key, notice.id, moment, body),
            }
            self.http(outside).post(url, body, headers).accepted(now=now)
        return {}


def key_of(secret: str) -> bytes:
    """The key that a secret stands for. Raises ConfigError."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"the webhook's secret begins with {PREFIX} and is no base64") from error


def signature(key: bytes, id_: str, moment: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC."""
    digest = hmac.new(key, f"{id_}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
