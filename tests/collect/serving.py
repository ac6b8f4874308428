"""Local servers that speak the protocols of GitHub's and Azure's interfaces."""

import gzip
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.shared_data import shared

from nephoscope.model.event import moment


@contextmanager
def served(answer):
    """A server on a free port; answer(handler, path, query, body) gives (status, headers, body)."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            status, headers, content = answer(self, url.path, query, body)
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": len(content), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class GitHub:
    """An organisation's audit log. Source: GitHub REST, "Get the audit log for an organization"."""

    def __init__(self, events, token="t0ken"):
        self.events = sorted(events, key=lambda event: event["@timestamp"])
        self.token = token
        self.asked = 0
        self.refusals = []  # (status, headers) that come before an answer

    def __call__(self, handler, path, query, body):
        self.asked += 1
        if self.refusals:
            status, headers = self.refusals.pop(0)
            return status, headers, {"message": "API rate limit exceeded"}
        if handler.headers["Authorization"] != f"Bearer {self.token}":
            return 401, {}, {"message": "Bad credentials"}
        if path != "/orgs/acme/audit-log":
            return 404, {}, {"message": "Not Found"}
        since, until = (
            moment(part).timestamp() * 1000 for part in re.fullmatch(r"created:(.+)\.\.(.+)", query["phrase"]).groups()
        )
        found = [event for event in self.events if since <= event["@timestamp"] <= until]
        start, size = int(query.get("after", 0)), int(query["per_page"])
        headers = {}
        if start + size < len(found):
            following = urlencode({**query, "after": start + size})
            headers["Link"] = f'<http://{handler.headers["Host"]}{path}?{following}>; rel="next", <x>; rel="prev"'
        return 200, headers, found[start : start + size]


class Azure:
    """A subscription's activity log, its token endpoint, and a container that it is exported to."""

    def __init__(self, events=(), page=2):
        self.events = list(events)
        self.page = page
        self.blobs = {}  # name → bytes
        self.tokens = 0

    def __call__(self, handler, path, query, body):
        if path.endswith("/oauth2/v2.0/token"):
            return self.sign_in(path, parse_qs(body.decode()))
        if handler.headers["Authorization"] != "Bearer issued":
            return 401, {}, {"error": {"code": "AuthenticationFailed", "message": "no token"}}
        if query.get("comp") == "list":
            return 200, {"Content-Type": "application/xml"}, self.listing(query)
        if path.startswith("/export/"):
            return self.blob(handler, unquote(path.removeprefix("/export/")))
        return self.log(handler, path, query)

    def sign_in(self, path, form):
        self.tokens += 1
        if path.split("/")[1] != "tenant" or form.get("client_secret") != ["s3cret"]:
            return 401, {}, {"error": "invalid_client", "error_description": "wrong secret"}
        return 200, {}, {"token_type": "Bearer", "expires_in": 3599, "access_token": "issued"}

    def log(self, handler, path, query):
        since, until = (moment(at) for at in re.findall(r"eventTimestamp [gl]e '([^']+)'", query["$filter"]))
        found = [event for event in self.events if since <= moment(event["eventTimestamp"]) <= until]
        start = int(query.get("$skipToken", 0))
        page = {"value": found[start : start + self.page]}
        if start + self.page < len(found):
            following = urlencode({**query, "$skipToken": start + self.page})
            page["nextLink"] = f"http://{handler.headers['Host']}{path}?{following}"
        return 200, {}, page

    def listing(self, query):
        names = sorted(self.blobs)
        start = int(query.get("marker") or 0)
        blobs = "".join(
            f"<Blob><Name>{name}</Name><Properties><Last-Modified>Mon, 06 May 2999 07:00:00 GMT</Last-Modified>"
            f"<Content-Length>{len(self.blobs[name])}</Content-Length><BlobType>AppendBlob</BlobType></Properties></Blob>"
            for name in names[start : start + 1]
        )
        marker = start + 1 if start + 1 < len(names) else ""
        return (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{blobs}</Blobs>'
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
        ).encode()

    def blob(self, handler, name):
        start, end = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers["Range"]).groups())
        if name not in self.blobs or start >= len(self.blobs[name]):
            return 416, {}, {"error": "InvalidRange"}
        return 206, {}, self.blobs[name][start : end + 1]


def cloud_events(product):
    """(events, {rule id: lines that must match}) of `sigma_cloud_events`."""
    folder = shared("sigma_cloud_events")
    with gzip.open(folder / f"{product}.jsonl.gz") as lines:
        events = [json.loads(line)["event"] for line in lines]
    expected = json.loads((folder / f"{product}.expected.json").read_text())["expected"]
    return events, {found["rule"]: found["lines"] for found in expected.values()}
