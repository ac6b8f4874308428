"""A registry on the loopback that speaks the distribution API, and lies where a test says so."""

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.scan.images.made import digest_of

USER, PASSWORD, TOKEN = "puller", "s3cret", "a-token-of-this-registry"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Served:
    """What a registry holds and how it behaves.

    lies: {digest: bytes} given in place of what is there. wants: "" for nobody, bearer or basic. realm: of its token
    server, its own if empty. elsewhere: the address that blobs are redirected to. asked: (path, headers) so far.
    """

    files: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    lies: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    wants: str = ""
    realm: str = ""
    elsewhere: str = ""
    redirects_manifests: bool = False
    needs_user: bool = False
    port: int = 0
    asked: list = field(default_factory=list)

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def paths(self, start=""):
        return [path for path, _ in self.asked if path.startswith(start)]

    def put(self, files, tag="1"):
        """An OCI layout's files, under a tag."""
        index = json.loads(files["index.json"])
        self.files |= {path.removeprefix("blobs/").replace("/", ":"): content for path, content in files.items()}
        self.tags[tag] = index["manifests"][0]["digest"]
        return self


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = None

    def do_GET(self):
        one = self.served
        one.asked.append((self.path, dict(self.headers)))
        if self.path.startswith("/token"):
            self._token(one)
            return
        if (
            one.wants
            and self.headers.get("Authorization") != ({"bearer": f"Bearer {TOKEN}", "basic": BASIC}[one.wants])
        ):
            self._send(401, b"{}", {"WWW-Authenticate": self._challenge(one)})
            return
        kind, wanted = self.path.rsplit("/", 2)[1:]
        if one.elsewhere and (kind == "blobs" or one.redirects_manifests):
            self._send(307, b"", {"Location": f"{one.elsewhere}{self.path}"})
            return
        digest = one.tags.get(wanted, wanted)
        content = one.lies.get(digest, one.files.get(digest))
        if content is None:
            self._send(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}', {})
        else:
            own = {"Docker-Content-Digest": digest} if kind == "manifests" else {}
            self._send(200, content, own | one.headers)

    def _challenge(self, one):
        if one.wants == "basic":
            return 'Basic realm="here"'
        return f'Bearer realm="{one.realm or f"http://{one.host}/token"}",service="here",scope="repository:x:pull"'

    def _token(self, one):
        if one.needs_user and self.headers.get("Authorization") != BASIC:
            self._send(401, b"{}", {})
        else:
            self._send(200, json.dumps({"token": TOKEN}).encode(), {})

    def _send(self, status, content, headers):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def registry(**more):
    """A registry, for as long as the block lasts."""
    one = Served(**more)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"served": one}))
    server.daemon_threads = True
    one.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def debian(name="libssl3", version="3.0.11-1"):
    """A layer with one package of Debian."""
    from tests.scan.images.made import tar

    status = f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
    release = b'ID=debian\nVERSION_ID="12"\n'
    return tar(("etc/os-release", release), ("var/lib/dpkg/status", status.encode()))


__all__ = ["BASIC", "PASSWORD", "TOKEN", "USER", "Served", "debian", "digest_of", "registry"]
