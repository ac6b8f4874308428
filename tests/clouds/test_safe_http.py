import time
from datetime import UTC, datetime

import pytest
from tests.clouds.loopback import answering, request_of, serving

from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import ANSWER_BYTES, Answer, SafeHttp, waits_s
from nephoscope.model.errors import AddressRefused, ConfigError, DeliveryError

HERE = SafeHttp(Network(allow_private=True, deadline_s=10))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def answered(text, **more):
    asked = []
    with serving(answering(text, asked)) as port:
        answer = HERE.post(f"http://127.0.0.1:{port}/hook?a=b", b"{}", {"X-One": "1", **more})
    return answer, asked[0]


def test_a_body_is_sent_once_with_its_headers_and_the_answer_read():
    answer, (head, body) = answered("HTTP/1.1 201 Created\r\nX-Two: 2\r\nContent-Length: 2\r\n\r\nok")

    assert head.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert "X-One: 1" in head
    assert "Host: 127.0.0.1:" in head
    assert body == b"{}"
    assert (answer.status, answer.headers["x-two"], answer.body) == (201, "2", b"ok")
    assert answer.accepted() is answer


def test_of_ten_gigabytes_the_first_64_kb_are_read():
    sent = 0

    def flood(connection):
        nonlocal sent
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x" * 1_000_000)
            sent += 1_000_000

    began = time.monotonic()
    with serving(flood) as port:
        answer = HERE.post(f"http://127.0.0.1:{port}/", b"", {})

    assert (len(answer.body), answer.is_cut) == (ANSWER_BYTES, True)
    assert sent < 100_000_000
    assert time.monotonic() - began < 10
    with pytest.raises(DeliveryError, match="longer than 65536"):
        answer.json()


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "https://elsewhere.example/", "/same"])
def test_a_redirect_is_followed_nowhere(target):
    answer, _ = answered(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(DeliveryError, match="redirect to .*, not followed") as refused:
        answer.accepted()
    assert refused.value.is_final


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://169.254.169.254/latest/meta-data/", AddressRefused),
        ("http://[::ffff:169.254.169.254]/", AddressRefused),
        ("http://0xa9fea9fe/", AddressRefused),
        ("http://2852039166/", AddressRefused),
        ("file:///etc/passwd", ConfigError),
        ("gopher://127.0.0.1/", ConfigError),
        ("https://user:hunter2@example.com/", ConfigError),
        ("https:///nothing", ConfigError),
        ("http://[broken/", ConfigError),
    ],
)
def test_what_is_no_receiver_is_not_spoken_to_though_private_ones_are_allowed(url, error):
    with pytest.raises(error) as refused:
        HERE.post(url, b"", {})
    assert "hunter2" not in str(refused.value)


def test_plain_http_and_private_addresses_need_to_be_allowed():
    outside = SafeHttp(Network(resolve=lambda host, port: ["10.0.0.1"]))

    with pytest.raises(AddressRefused, match="https"):
        outside.post("http://hooks.example/", b"", {})
    with pytest.raises(AddressRefused, match="private network"):
        outside.post("https://hooks.example/", b"", {})


def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    answer, _ = answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    assert answer.status == 200


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\0"])
def test_a_header_cannot_begin_another(value):
    with pytest.raises(ConfigError, match="line break"):
        HERE.post("http://127.0.0.1:9/", b"", {"X-One": value})


@pytest.mark.parametrize(
    "answer", ["nonsense\r\n\r\n", "", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\n" + "A: b\r\n" * 200]
)
def test_an_answer_that_is_no_http_is_a_failure_that_may_pass(answer):
    with pytest.raises(DeliveryError) as failed:
        answered(answer)
    assert not failed.value.is_final


def test_nobody_listening_is_a_failure_that_may_pass():
    with serving(lambda connection: None) as port:
        pass
    with pytest.raises(DeliveryError) as failed:
        HERE.post(f"http://127.0.0.1:{port}/", b"", {})
    assert not failed.value.is_final


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(400, True), (401, True), (404, True), (413, True), (408, False), (429, False), (503, False)],
)
def test_a_refusal_is_final_where_asking_again_cannot_help(status, is_final):
    answer = Answer("x.example", status, {"retry-after": "120"}, b"no\x1b[31m")

    with pytest.raises(DeliveryError, match=rf"x\.example: answered {status}: no \[31m") as refused:
        answer.accepted(now=NOW)
    assert refused.value.is_final is is_final
    assert refused.value.after_s == (0.0 if is_final else 120.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("soon", 0),
        ("30", 30),
        ("9" * 400, 24 * 3600),
        ("Fri, 01 May 2026 12:10:00 GMT", 600),
        ("Fri, 01 May 2020 12:10:00 GMT", 0),
        ("-5", 0),
    ],
)
def test_retry_after_is_understood_in_seconds_and_as_a_date(header, seconds):
    assert waits_s(header, NOW) == seconds


def fetched(text, most=100):
    parts = []
    with serving(answering(text)) as port:
        answer = HERE.fetch(f"http://127.0.0.1:{port}/", {}, parts.append, most)
    return answer, b"".join(parts)


def test_a_body_is_written_as_it_comes_and_what_is_too_long_or_too_short_is_told():
    head = "HTTP/1.1 200 OK\r\nContent-Length: "
    answer, body = fetched(f"{head}4\r\n\r\nbody")
    assert (answer.status, answer.is_cut, body) == (200, False, b"body")
    answer, body = fetched(f"{head}4\r\n\r\nbody", most=3)
    assert (answer.is_cut, body) == (True, b"")
    answer, body = fetched(f"{head}0\r\n\r\n", most=0)
    assert (answer.is_cut, body) == (False, b"")
    with pytest.raises(DeliveryError):
        fetched(f"{head}9\r\n\r\nbody")


def test_what_another_status_says_is_kept_and_not_written():
    answer, body = fetched("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone")
    assert (answer.status, answer.body, body) == (404, b"gone", b"")
