"""A small identity provider on the loopback: code flow with PKCE, RS256."""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


@dataclass
class Provider:
    """Says what it is told to of whoever comes; overrides go into the id token."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "k1"}))
    signing: RSAKey | None = None
    header: dict = field(default_factory=lambda: {"alg": "RS256", "kid": "k1"})
    claims: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    now: float = field(default_factory=time.time)

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._send(provider.got(urlsplit(self.path).path))

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                self._send(provider.exchanged({name: values[0] for name, values in form.items()}))

            def _send(self, answer):
                status, body = answer
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_): ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def got(self, path):
        if path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return 200, {"issuer": self.url} | {name: self.url + place for name, place in places.items()}
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        return 404, {}

    def authorize(self, location, subject="s1", **claims):
        """What a browser that signs in there is sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = (asked, {"sub": subject, **claims})
        return asked["state"], code

    def exchanged(self, form):
        asked, claims = self.codes.pop(form.get("code"), (None, None))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or challenge.decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        said = {"iss": self.url, "aud": asked["client_id"], "iat": int(self.now), "exp": int(self.now) + 300}
        said |= {"nonce": asked["nonce"], **claims, **self.claims}
        if self.header["alg"] == "none":  # the library makes no such token
            parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in (self.header, said))
            token = ".".join(part.rstrip("=") for part in parts) + "."
        else:
            token = jwt.encode(self.header, said, self.signing or self.key, algorithms=["RS256", "HS256"])
        return 200, {"id_token": token, "access_token": "a", "token_type": "Bearer"}
