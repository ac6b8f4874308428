"""The server speaks HTTP as clients of AWS do, to this machine only."""

import http.client
import signal
import threading
from urllib.parse import urlsplit

import pytest

from nephoscope.sandbox.server import LOOPBACK, signals, wait_until


@pytest.fixture
def connection(sandbox):
    """A kept-alive connection."""
    place = urlsplit(sandbox.endpoint_url)
    assert place.hostname == LOOPBACK
    one = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    yield one
    one.close()


def answer(connection, *request, **given):
    connection.request(*request, **given)
    got = connection.getresponse()
    return got.status, got.read()


def test_a_connection_is_kept_and_chunks_are_read(connection):
    assert answer(connection, "GET", "/_sandbox/health")[0] == 200
    status, _ = answer(connection, "POST", "/_sandbox/deliver", iter([b"{", b"}"]), encode_chunked=True)
    assert status == 200


def test_a_body_beyond_the_limit_is_refused(connection):
    connection.putrequest("PUT", "/bucket/key")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_an_unknown_path_of_the_sandboxs_own_names_those_there_are(connection):
    status, body = answer(connection, "GET", "/_sandbox/nonsense")
    assert status == 404
    assert b"console-login" in body


def test_a_body_that_is_no_json_is_refused(connection):
    assert answer(connection, "POST", "/_sandbox/console-login", b"{")[0] == 400


def test_a_head_has_no_body(connection, clients):
    clients("s3").create_bucket(Bucket="headed")
    clients("s3").put_object(Bucket="headed", Key="k", Body=b"12345")
    assert clients("s3").head_object(Bucket="headed", Key="k")["ContentLength"] == 5


@pytest.fixture
def asked():
    """The signals that come, with the handlers that this process had before put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield signals()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_signals_that_come_together_or_while_somebody_waits_end_it_and_block_nobody(asked):
    stopping = threading.Event()
    with stopping._cond:  # as inside of wait(): a handler that sets the event would wait for itself
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    wait_until(stopping, asked)

    assert stopping.is_set()


def test_it_also_ends_when_a_request_asks_for_it(asked):
    stopping = threading.Event()
    threading.Timer(0.05, stopping.set).start()
    wait_until(stopping, asked)

    assert asked.empty()
