import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from nephoscope.agent import aws


@pytest.fixture
def metadata():
    """An instance's metadata service as IMDSv2 is: nothing without a token."""
    answers = {aws.DOCUMENT: '{"instanceId": "i-1"}', aws.SIGNATURE: "AAAA\nBBBB\n"}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.reply(200 if self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") else 400, "token-1")

        def do_GET(self):
            allowed = self.headers.get("X-aws-ec2-metadata-token") == "token-1"
            self.reply((200 if self.path in answers else 404) if allowed else 401, answers.get(self.path, ""))

        def reply(self, status, text):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_document_comes_with_its_signature(metadata):
    assert aws.proof(metadata[0]) == {"provider": "aws", "document": '{"instanceId": "i-1"}', "signature": "AAAABBBB"}


def test_a_missing_signature_is_no_proof(metadata):
    del metadata[1][aws.SIGNATURE]
    with pytest.raises(aws.NoInstance, match="rsa2048 of the metadata service: 404"):
        aws.proof(metadata[0])


def test_nobody_there_is_no_instance(metadata):
    with pytest.raises(aws.NoInstance):
        aws.proof("127.0.0.1:1", 0.2)


def test_only_the_link_local_address_is_asked():
    assert aws.ADDRESS == "169.254.169.254:80"
