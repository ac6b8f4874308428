import socket
import threading

import pytest

from nephoscope.clouds.tunnel import proxy_at, tunnel
from nephoscope.model.errors import ConfigError, DeliveryError


def asked(answer, host="feeds.example"):
    """What a proxy that gives an answer was asked, and what is left to read after it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        thread = threading.Thread(target=lambda: (theirs.sendall(answer), theirs.shutdown(socket.SHUT_WR)))
        thread.start()
        try:
            tunnel(ours, host, 443)
        finally:
            thread.join(5)
        return theirs.recv(4096), ours.recv(4096)


def test_a_proxy_that_leads_on_leaves_what_the_host_says():
    request, left = asked(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nhello")

    assert request == b"CONNECT feeds.example:443 HTTP/1.1\r\nHost: feeds.example:443\r\n\r\n"
    assert left == b"hello"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407"),
        (b"HTTP/1.1 200 OK\r\n", "gives no answer"),
        (b"", "gives no answer"),
        (b"x" * 20_000, "gives no answer"),
        (b"SSH-2.0\r\n\r\n", "SSH-2.0"),
    ],
    ids=["refused", "cut", "nothing", "flood", "other"],
)
def test_a_proxy_that_does_not_is_named_with_what_it_said(answer, cause):
    with pytest.raises(DeliveryError, match=cause):
        asked(answer)


def test_a_host_that_would_break_the_line_is_asked_of_nobody():
    with pytest.raises(DeliveryError, match="is no name"):
        asked(b"", host="a\r\nX: y")


def test_a_proxy_has_a_host_and_a_port_and_no_secrets():
    assert proxy_at("http://proxy.example:3128") == ("proxy.example", 3128)
    for text in (
        "https://proxy.example:3128",
        "http://proxy.example",
        "proxy:3128",
        "http://a:b@proxy:1",
        "http://proxy:1/x",
        "http://[x",
        "",
    ):
        with pytest.raises(ConfigError, match="a proxy is given as") as refused:
            proxy_at(text)
        assert "a:b" not in str(refused.value)
