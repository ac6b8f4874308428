"""A gateway on loopback that speaks the agents' protocol: signatures, policy, batches, sequences and hashes."""

import base64
import gzip
import hashlib
import hmac
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from nephoscope.agent.identity import agent_id, signature

POLICY_KEY = rsa.generate_private_key(public_exponent=65537, key_size=3072)
PEM = POLICY_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
DER = POLICY_KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
FINGERPRINT = hashlib.sha256(DER).hexdigest()
TOKEN = f"njt_0123456789ab_{'s' * 43}_{FINGERPRINT[:32]}"
HEADER = re.compile(r"Nephoscope-HMAC agent=(\w+), time=(\d+), nonce=(\w{32}), signature=(\w{64})")


def a_policy(agent, **changes):
    """A policy that asks for little."""
    return {
        "version": 1,
        "agent": agent,
        "expires": int(time.time()) + 86400,
        "heartbeat_s": 60,
        "logs": [],
        "tables": {},
        "files": [],
        "checks": {"names": [], "seconds": 3600},
        "limits": {"spool_mb": 16, "kb_per_s": 1024},
    } | changes


def enveloped(policy, key=POLICY_KEY):
    """A policy as the gateway sends it."""
    data = json.dumps(policy, sort_keys=True, separators=(",", ":")).encode()
    signed = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return {"policy": base64.b64encode(data).decode(), "signature": base64.b64encode(signed).decode()}


class Gateway:
    """What came, and what is to be answered. answers: {path: [(status, body, headers), …]}, used up before all else."""

    def __init__(self):
        self.keys = {}
        self.policies = {}
        self.last = {}
        self.records = []
        self.headers = []
        self.enrolments = []
        self.left = []
        self.answers = {}
        self.resend = []
        self.wanted = {}
        self.clock = time.time
        self.nonces = set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer(b"")

            def do_POST(self):
                self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def _answer(self, body):
                status, told, headers = gateway.answer(self.command, self.path, self.headers, body)
                data = b"" if status == 304 else json.dumps(told).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, method, path, headers, body):
        if self.answers.get(path):
            return self.answers[path].pop(0)
        if path == "/fleet/v1/enrol":
            return self.enrol(json.loads(body))
        agent, refusal = self.signed(method, path, headers, body)
        if refusal:
            return refusal
        if path == "/fleet/v1/policy":
            return self.policy(agent, headers)
        if path == "/fleet/v1/upload":
            return self.upload(agent, gzip.decompress(body), hashlib.sha256(body).hexdigest())
        if path == "/fleet/v1/renew":
            key = base64.b64decode(json.loads(body)["key"])
            del self.keys[agent]
            self.keys[agent_id(key)] = key
            self.last[agent_id(key)] = self.last.pop(agent, (0, ""))
            return 200, {"agent": agent_id(key)}, {}
        self.left.append(agent)
        return 200, {}, {}

    def enrol(self, told):
        if told["token"] != TOKEN:
            return problem(403, "token")
        key = base64.b64decode(told["key"])
        self.keys[agent_id(key)] = key
        self.enrolments.append(told)
        found = {"agent": agent_id(key), "policy_key": PEM.decode(), "time": int(self.clock()), "state": "enrolled"}
        return 200, found, {}

    def signed(self, method, path, headers, body):
        agent, at, nonce, signed = HEADER.fullmatch(headers["Authorization"]).groups()
        if agent not in self.keys:
            return agent, problem(401, "unknown-agent")
        if abs(int(at) - self.clock()) > 300:
            return agent, problem(401, "clock", time=int(self.clock()))
        if not hmac.compare_digest(signed, signature(self.keys[agent], method, path, body, int(at), nonce)):
            return agent, problem(401, "signature")
        if nonce in self.nonces:
            return agent, problem(401, "replay")
        self.nonces.add(nonce)
        return agent, None

    def policy(self, agent, headers):
        if agent not in self.policies:
            self.policies[agent] = enveloped(a_policy(agent, **self.wanted))
        etag = hashlib.sha256(base64.b64decode(self.policies[agent]["policy"])).hexdigest()
        if headers.get("If-None-Match", "").strip('"') == etag:
            return 304, {}, {}
        return 200, self.policies[agent], {"ETag": f'"{etag}"'}

    def upload(self, agent, text, digest):
        first, *lines = text.decode().splitlines()
        header = json.loads(first)
        sequence, previous = self.last.get(agent, (0, ""))
        taken = {"acknowledged": header["sequence"], "time": int(self.clock()), "policy": None}
        if header["sequence"] == sequence:
            same = digest == previous
            return (200, taken | {"resend": []}, {}) if same else problem(409, "clone")
        if header["sequence"] < sequence or (header["sequence"] == sequence + 1 and header["previous"] != previous):
            return problem(409, "clone")
        self.last[agent] = (header["sequence"], digest)
        self.headers.append(header)
        self.records.extend(json.loads(line) for line in lines)
        resend, self.resend = self.resend, []
        return 200, taken | {"resend": resend}, {}

    def of(self, kind):
        """The records of a kind that came."""
        return [record for record in self.records if record["kind"] == kind]


def problem(status, name, headers=None, **told):
    return status, {"type": f"https://nephoscope.invalid/problems/{name}", "title": name} | told, headers or {}
