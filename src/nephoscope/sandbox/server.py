"""HTTP on the loopback → the sandbox's cloud, and the few paths that steer the sandbox itself.

`python -m nephoscope.sandbox.server --folder F` prints one JSON line with its endpoint when it is ready.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import NephoscopeError
from nephoscope.sandbox.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.sandbox.account import Account
    from nephoscope.sandbox.answer import Answer

MOTO = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
LOOPBACK = "127.0.0.1"
LIMIT_BYTES = 256 * 1024 * 1024
OWN_PATH = "/_sandbox/"
LOOK_S = 0.2


class Handler(BaseHTTPRequestHandler):
    """One connection of one client; HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    account: Account

    def do_GET(self) -> None:
        """Answer any request of AWS's protocols."""
        body = self._body()
        if body is None:
            self.send_error(413)
            return
        path, _, query = self.path.partition("?")
        if path.startswith(OWN_PATH):
            self._send(self.account.steer(path.removeprefix(OWN_PATH), body))
            return
        from nephoscope.sandbox.cloud import Wire

        source = self.headers.get("X-Forwarded-For", "").split(",")[0].strip() or self.client_address[0]
        headers = {name: value for name, value in self.headers.items() if name.lower() != "x-forwarded-for"}
        self._send(self.account.cloud.handle(Wire(self.command, path, query, headers, body, source)))

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 - names of http.server

    def handle_expect_100(self) -> bool:
        """Tell a client that asks first (S3's do) to go on, at once."""
        is_welcome = super().handle_expect_100()
        self.wfile.flush()
        return is_welcome

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by http.server
        """Say nothing on standard error; calls are in the trail."""

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LIMIT_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        parts: list[bytes] = []
        total = 0
        while size := int(self.rfile.readline(64).partition(b";")[0] or b"0", 16):
            total += size
            if total > LIMIT_BYTES:
                self.close_connection = True
                return None
            parts.append(self.rfile.read(size))
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass
        return b"".join(parts)

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        has_length = False
        for name, value in answer.headers:
            lowered = name.lower()
            if lowered in ("connection", "transfer-encoding") or (
                lowered == "content-length" and self.command != "HEAD"
            ):
                continue
            has_length = has_length or lowered == "content-length"
            self.send_header(name, value)
        if not has_length:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class Server(ThreadingHTTPServer):
    """A listener on the loopback, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def serving(account: Account, port: int = 0) -> Iterator[str]:
    """Serve an account on the loopback for as long as the block lasts; gives the endpoint's URL."""
    handler = type("AccountHandler", (Handler,), {"account": account})
    server = Server((LOOPBACK, port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def die_with_parent() -> None:
    """Ask Linux to end this process when the one that started it ends."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


def main(arguments: list[str] | None = None) -> None:
    """Run a sandbox until SIGTERM, SIGINT or `POST /_sandbox/stop`."""
    parser = argparse.ArgumentParser(prog="nephoscope.sandbox.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delivery-s", type=float, default=2.0)
    parser.add_argument("--digest-s", type=float, default=60.0)
    parser.add_argument("--flow-log-s", type=float, default=10.0)
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args(arguments)
    if given.with_parent:
        die_with_parent()
    try:
        run(given.folder, given.port, Pace(given.delivery_s, given.digest_s, given.flow_log_s), print_ready)
    except NephoscopeError as error:
        sys.exit(f"nephoscope: {error}")


def print_ready(endpoint_url: str, replayed: int) -> None:
    """Tell whoever started us where we listen."""
    print(json.dumps({"endpoint_url": endpoint_url, "replayed": replayed}), flush=True)  # noqa: T201


def run(folder: Path, port: int, pace: Pace, ready: Callable[[str, int], None]) -> None:
    """Serve a folder's sandbox in this process until it is told to stop; moto's settings are the process's."""
    os.environ.update(MOTO)
    from nephoscope.sandbox.account import Account

    account = Account(folder, pace)
    replayed = account.start()
    asked = signals()
    try:
        with serving(account, port) as endpoint_url:
            ready(endpoint_url, replayed)
            wait_until(account.stopping, asked)
    finally:
        account.close()


def signals() -> SimpleQueue[int]:
    """The signals that ask this process to end, as they come."""
    asked = SimpleQueue[int]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.put(number))
    return asked


def wait_until(stopping: threading.Event, asked: SimpleQueue[int]) -> None:
    """Wait for a signal, or for a thread that sets the event.

    A handler may only put into a queue: setting an event takes its lock, which whoever the signal interrupts may hold;
    the second of two signals that come together would wait for the first without end.
    """
    while not stopping.is_set():
        with suppress(Empty):
            asked.get(timeout=LOOK_S)
            stopping.set()


if __name__ == "__main__":
    main()
