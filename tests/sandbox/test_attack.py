import http.server
import threading

import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox import flow_logs
from nephoscope.sandbox.attack import Attack
from nephoscope.sandbox.company.reach import Keys

DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


@pytest.fixture
def server():
    """A server that tells what it was asked, and refuses what has `denied` in its path."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(403 if "denied" in self.path or self.command == "POST" else 200)
            self.end_headers()
            self.wfile.write(DENIED if self.command == "POST" else b"found")

        do_POST = do_GET

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_an_attack_stays_on_this_machine():
    with pytest.raises(ConfigError, match="loopback"):
        Attack("http://198.51.100.7")


def test_what_is_public_is_read_without_credentials(server):
    url, asked = server
    attack = Attack(url)
    assert attack.read_publicly("bucket", "a b", "203.0.113.9", "Wget/1.25.0") == "found"
    assert attack.read_publicly("bucket", "denied", "203.0.113.9", "Wget/1.25.0") == ""
    path, headers = asked[0]
    assert path == "/bucket/a%20b"
    assert headers["X-Forwarded-For"] == "203.0.113.9"
    assert headers["User-Agent"] == "Wget/1.25.0"
    assert attack.done == ["GET bucket/a b", "GET bucket/denied 403"]


def test_a_refused_call_is_noted_and_the_attack_goes_on(server):
    url, asked = server
    told = []
    attack = Attack(url, tell=told.append)
    attack.use(Keys("AKIAEXAMPLE"), "203.0.113.9", "aws-cli/2.31")
    assert attack.call("sts", "get_caller_identity") is None
    assert told == attack.done == ["sts:get_caller_identity AccessDenied"]
    assert asked[0][1]["User-Agent"] == "aws-cli/2.31"


def test_a_call_needs_credentials():
    with pytest.raises(ValueError, match="credentials first"):
        Attack("http://127.0.0.1:9").call("sts", "get_caller_identity")


def test_an_endpoint_without_flow_logs_leaves_traffic_out():
    attack = Attack("http://127.0.0.1:9")
    attack.traffic(flow_logs.mining("eni-1", "203.0.113.1", 3333))
    assert attack.done == ["no flow logs here"]
