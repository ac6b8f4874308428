"""An agent as the protocol has it, for tests of the gateway."""

import base64
import gzip
import hashlib
import json

from nephoscope.fleet.requests import agent_id, signature_of
from nephoscope.pipeline.fleet import Asked

BOOT = "b0" * 16


class Agent:
    """A key, what its batches were so far, and a clock. number: makes its key."""

    def __init__(self, number, clock, base="/fleet/v1"):
        self.key = hashlib.sha256(str(number).encode()).digest()
        self.clock, self.base = clock, base
        self.sequence, self.previous, self.nonces = 0, "", 0

    @property
    def id(self):
        return agent_id(self.key)

    def enrolment(self, token, **others):
        told = {"token": token, "key": base64.b64encode(self.key).decode(), "hostname": "web-1", "machine_id": ""}
        told |= {"agent_version": "1.0", "python": "3.11", "os": {"id": "debian"}, "cloud": None, "image": None}
        return json.dumps(told | others).encode()

    def asked(self, method, path, body=b"", **others):
        self.nonces += 1
        time = others.get("time", int(self.clock().timestamp()))
        nonce = others.get("nonce", f"{self.nonces:x}{id(self):x}".zfill(32)[-32:])
        path = self.base + path
        signature = signature_of(self.key, method, path, body, time, nonce)
        header = f"Nephoscope-HMAC agent={self.id}, time={time}, nonce={nonce}, signature={signature}"
        return Asked(method, path, header, body)

    def batch(self, *records, **header):
        """The next batch's bytes."""
        self.sequence += 1
        first = {"agent": self.id, "boot": BOOT, "sequence": self.sequence, "previous": self.previous, "sent_at": ""}
        lines = [first | {"monotonic_s": 1} | header, *records]
        body = gzip.compress("\n".join(map(json.dumps, lines)).encode(), mtime=0)
        self.previous = hashlib.sha256(body).hexdigest()
        return body

    def upload(self, *records, **header):
        return self.asked("POST", "/upload", self.batch(*records, **header))


def cloud(instance="i-0123456789abcdef0", account="111122223333"):
    document = {"instanceId": instance, "accountId": account, "region": "eu-west-1", "imageId": "ami-1"}
    return {"provider": "aws", "document": json.dumps(document), "signature": "", "caller": None}
