"""An AWS that throttles, fails by half, and answers nonsense: what it still says is read, the rest is a gap."""

import http.client
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

pytest.importorskip("moto.server")

from moto.server import ThreadedMotoServer

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.engine import Inventory, Plan, readers

pytestmark = pytest.mark.slow
ACCOUNT = "123456789012"
REGION = "us-east-1"
SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
TYPES = ("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::IAM::Group")
FAULTS = {
    "throttled": (400, b'{"__type":"ThrottlingException","message":"Rate exceeded"}', 0),
    "slow down": (503, b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>", 0),
    "a page of HTML": (500, b"<!doctype html><html><body><h1>Internal Server Error</h1></body></html>", 0),
    "half an answer": (200, b'<?xml version="1.0"?><ListAllMyBucketsResult><Buckets><Buc', 1000),
    "nonsense": (200, b"\x00\xff<<<{{{", 0),
    "no answer": (None, b"", 0),
}


@dataclass
class Proxy:
    """Stands before an AWS. faulty: the service that fails; every: of its calls each so many; fault: how."""

    target: str
    faulty: str = ""
    fault: tuple = ()
    every: int = 1
    calls: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fails(self, service):
        if service != self.faulty:
            return False
        with self.lock:
            self.calls += 1
            fails = self.calls % self.every == 0
            self.failed += fails
        return fails


class Handler(BaseHTTPRequestHandler):
    """Forwards to the proxy's target, or fails as the proxy says."""

    protocol_version = "HTTP/1.1"
    proxy = None

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = SERVICE.search(self.headers.get("Authorization", ""))
        if self.proxy.fails(said[1] if said else ""):
            self.fail(*self.proxy.fault)
            return
        connection = http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=30)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.finish_with(content, len(content))
        connection.close()

    def fail(self, status, content, missing):
        self.close_connection = True
        if status is not None:
            self.send_response(status)
            self.finish_with(content, len(content) + missing)

    def finish_with(self, content, length):
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = forward

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def moto():
    """A simulated AWS with two of each type."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    aws = reached(url)
    for name in ("one", "two"):
        aws.call("sns", "CreateTopic", Name=name)
        aws.call("sqs", "CreateQueue", QueueName=name)
        aws.call("s3", "CreateBucket", Bucket=f"bucket-{name}")
        aws.call("iam", "CreateGroup", GroupName=name)
        key = {"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        attributes = [{"AttributeName": "a", "AttributeType": "S"}]
        aws.call("dynamodb", "CreateTable", TableName=name, AttributeDefinitions=attributes, **key)
    yield url
    server.stop()


@pytest.fixture
def proxy(moto):
    """A proxy before it that lets everything through until it is told otherwise, and its address."""
    proxy = Proxy(moto)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Before", (Handler,), {"proxy": proxy}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield proxy, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def reached(url):
    account = AwsAccount(ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret")
    return Aws((account,), url, calls_per_s=1000)


def read(url):
    """{type: ids}, and the gaps by type."""
    plan = Plan(tuple(readers()[type_] for type_ in TYPES), {ACCOUNT: (REGION,)})
    listings = list(Inventory(reached(url), plan).run())
    items = {listing.type: {item.id for item in listing.items} for listing in listings}
    return items, {listing.type: listing.unseen for listing in listings if listing.unseen}


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize(("service", "type_"), [("sns", "AWS::SNS::Topic"), ("dynamodb", "AWS::DynamoDB::Table")])
def test_a_service_that_only_fails_is_a_gap_with_its_cause_and_the_others_are_read(proxy, how, service, type_):
    state, url = proxy
    whole, none = read(url)
    state.faulty, state.fault = service, FAULTS[how]
    items, gaps = read(url)

    assert none == {}
    assert state.failed
    assert set(gaps) == {type_}
    assert items[type_] == set()
    assert {key: ids for key, ids in items.items() if key != type_} == {
        key: ids for key, ids in whole.items() if key != type_
    }
    assert all(f"{service}:List" in gap.cause for gap in gaps[type_])


@pytest.mark.parametrize("how", ["throttled", "slow down", "a page of HTML", "no answer"])
def test_what_fails_now_and_then_is_asked_again_and_read_whole(proxy, how):
    state, url = proxy
    whole, _ = read(url)
    state.faulty, state.fault, state.every = "dynamodb", FAULTS[how], 3

    assert read(url) == (whole, {})
    assert state.failed
