import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nephoscope.clouds.aws import Aws, AwsAccount

ERROR = "<Response><Errors><Error><Code>{}</Code><Message>no</Message></Error></Errors></Response>"
S3_ERROR = "<Error><Code>{}</Code><Message>no</Message></Error>"


@dataclass
class Server:
    """Answers on loopback with statuses and error codes that the test lays down, the last one for ever."""

    url: str
    answers: list = field(default_factory=list)
    bodies: list = field(default_factory=list)

    def aws(self, answers):
        self.answers[:] = answers
        account = AwsAccount(id="123456789012", access_key_id="a", secret_access_key="b")
        return Aws((account,), endpoint_url=self.url)


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, code = answers.pop(0) if len(answers) > 1 else answers[0]
            form = ERROR if self.command == "POST" else S3_ERROR
            body = bodies[0] if bodies else (form.format(code) if code else "<r/>").encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *_):
            """Say nothing."""

    answers, bodies = [], []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Server(f"http://127.0.0.1:{httpd.server_port}", answers, bodies)
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def denied_s3(server):
    return server.aws([(403, "AccessDenied")])
