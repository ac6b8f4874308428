"""An outside that is this machine, and a receiver on it."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.export.samples import LATER

from nephoscope.clouds.safe_address import Network
from nephoscope.export.exporter import Outside


@dataclass
class Receiver:
    """Takes whatever is sent; answers what the test lays down, the last for ever: (status, body), or a function."""

    url: str
    answers: list = field(default_factory=lambda: [(200, "ok")])
    asked: list = field(default_factory=list)

    @property
    def documents(self):
        return [json.loads(body) for _, _, _, body in self.asked]

    def __call__(self, method, path, headers, body):
        self.asked.append((method, path, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, said, *more = answer(method, path, body) if callable(answer) else answer
        text = said if isinstance(said, str) else json.dumps(said)
        return status, text.encode(), more[0] if more else {}


@pytest.fixture
def receiver():
    """A receiver on the loopback that speaks HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said, headers = here(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(said))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = do_PUT = answer

        def log_message(self, *_):
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield here
        server.shutdown()
        thread.join()


@pytest.fixture
def said():
    """What an exporter said here."""
    return []


@pytest.fixture
def outside(said):
    """The outside at five past noon, without clouds."""
    return Outside(Network(deadline_s=10), lambda name: None, said.append, lambda: LATER)
