import fcntl
import hashlib
import json
import os

import pytest
from tests.clouds.loopback import request_of, serving

from nephoscope.clouds import download
from nephoscope.clouds.download import Download, Version
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.model.errors import AddressRefused, DeliveryError

HERE = SafeHttp(Network(allow_private=True, deadline_s=20))
BODY = bytes(range(256)) * 4000


WHOLE = len(BODY)


def head(status="200 OK", length=WHOLE, **headers):
    said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    length = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 {status}\r\n{length}{said}\r\n".encode()


class Server:
    """Answers requests by turns; each answer is bytes, or a function of the request's headers that makes them."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, connection):
        text, _ = request_of(connection)
        asked = dict(line.split(": ", 1) for line in text.split("\r\n")[1:] if ": " in line)
        self.asked.append(asked)
        answer = self.answers.pop(0)
        connection.sendall(answer(asked) if callable(answer) else answer)


def fetch(tmp_path, *answers, known=None, **settings):
    """(what came of it, the server, the file's place)"""
    server, place = Server(*answers), tmp_path / "fetched" / "all.zip"
    with serving(server, len(answers)) as port:
        url = f"http://127.0.0.1:{port}/all.zip"
        found = Download(HERE, **settings).fetch(url, place, known or Version())
    return found, server, place


def refused(tmp_path, *answers, error=DeliveryError, **settings):
    server, place = Server(*answers), tmp_path / "all.zip"
    with serving(server, len(answers)) as port, pytest.raises(error) as raised:
        Download(HERE, **settings).fetch(f"http://127.0.0.1:{port}/all.zip", place, Version())
    return raised.value, server, place


def rest(asked):
    """What a server that knows ranges answers."""
    start = int(asked["Range"].removeprefix("bytes=").removesuffix("-"))
    span = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    return head("206 Partial Content", len(BODY) - start, Content_Range=span, ETag='"1"') + BODY[start:]


def test_a_file_comes_whole_with_what_tells_its_version(tmp_path):
    found, server, place = fetch(tmp_path, head(ETag='"1"', Last_Modified="Fri, 27 Nov 2026 10:00:00 GMT") + BODY)

    assert place.read_bytes() == BODY
    sha256 = hashlib.sha256(BODY).hexdigest()
    assert found == Version('"1"', "Fri, 27 Nov 2026 10:00:00 GMT", sha256, len(BODY))
    assert server.asked[0]["Accept-Encoding"] == "identity"
    assert [path.name for path in place.parent.iterdir()] == ["all.zip"]


def test_a_file_that_did_not_change_is_not_sent_again(tmp_path):
    known, _, place = fetch(tmp_path, head(ETag='"1"') + BODY)
    found, server, _ = fetch(tmp_path, head("304 Not Modified", 0), known=known)

    assert found == known
    assert server.asked[0]["If-None-Match"] == '"1"'
    assert place.read_bytes() == BODY


def test_a_file_that_is_gone_from_the_disk_is_asked_for_without_conditions(tmp_path):
    found, server, place = fetch(tmp_path, head() + BODY, known=Version('"1"', "", "x", 3))

    assert "If-None-Match" not in server.asked[0]
    assert (place.read_bytes(), found.size) == (BODY, len(BODY))


def test_a_connection_that_breaks_is_gone_on_with_where_it_broke(tmp_path):
    broken = head(ETag='"1"') + BODY[:300_000]
    found, server, place = fetch(tmp_path, broken, rest)

    assert place.read_bytes() == BODY
    assert (server.asked[1]["Range"], server.asked[1]["If-Range"]) == ("bytes=300000-", '"1"')
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()


def test_a_part_of_an_earlier_run_is_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    _, _, place = refused(tmp_path, head(ETag='"1"') + BODY[:300_000])
    assert not place.exists()
    assert place.with_name("all.zip.part").stat().st_size == 300_000
    server = Server(rest)
    with serving(server) as port:
        Download(HERE).fetch(f"http://127.0.0.1:{port}/all.zip", place, Version())

    assert place.read_bytes() == BODY


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path):
    other = b"y" * 1000
    _, _, place = fetch(tmp_path, head(ETag='"1"') + BODY[:9000], head(length=1000, ETag='"2"') + other)

    assert place.read_bytes() == other


def test_without_a_version_a_broken_file_is_fetched_from_its_beginning(tmp_path):
    _, server, place = fetch(tmp_path, head() + BODY[:9000], head() + BODY)

    assert "Range" not in server.asked[1]
    assert place.read_bytes() == BODY


@pytest.mark.parametrize(
    "lie",
    [
        head("206 Partial Content", 10, Content_Range="bytes 5-14/20") + b"x" * 10,
        head("206 Partial Content", 10) + b"x" * 10,
        head("206 Partial Content", 10, Content_Range="bytes 9000-9009/20", ETag='"9"') + b"x" * 10,
        head("416 Range Not Satisfiable", 0),
    ],
    ids=["another part", "no range", "another version", "nothing more"],
)
def test_a_server_that_lies_about_parts_is_asked_for_all(tmp_path, lie):
    _, server, place = fetch(tmp_path, head(ETag='"1"') + BODY[:9000], lie, head(ETag='"1"') + BODY)

    assert place.read_bytes() == BODY
    assert "Range" not in server.asked[2]


def test_a_server_that_never_sends_all_is_given_up(tmp_path):
    error, _, place = refused(tmp_path, *[head() + b"x"] * download.ATTEMPTS)

    assert "the connection broke after 1 bytes" in str(error)
    assert not place.exists()


def test_more_than_was_announced_is_not_read(tmp_path):
    _, _, place = fetch(tmp_path, head(length=10) + BODY)

    assert place.read_bytes() == BODY[:10]


def test_ten_gigabytes_are_refused_before_and_while_they_come(tmp_path):
    error, _, _ = refused(tmp_path, head(length=10_000_000_000), limit_bytes=1_000_000)
    assert "larger than 1000000 bytes" in str(error)

    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    flood = head(length=None, Transfer_Encoding="chunked") + chunk * 20
    error, _, place = refused(tmp_path, flood, limit_bytes=1_000_000)
    assert "larger than 1000000 bytes" in str(error)
    assert list(place.parent.iterdir()) == []


def test_a_file_of_no_length_is_refused(tmp_path):
    error, _, _ = refused(tmp_path, head(length=None) + BODY)

    assert "does not say how long" in str(error)


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/all.zip", "https://127.0.0.1/all.zip", "file:///etc/passwd", ""]
)
def test_a_redirect_elsewhere_is_not_followed(tmp_path, target):
    error, _, place = refused(tmp_path, head("302 Found", 0, Location=target), error=AddressRefused)

    assert "is not followed" in str(error)
    assert not place.exists()


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(tmp_path):
    _, _, place = fetch(tmp_path, head("302 Found", 0, Location="/moved.zip"), head() + BODY)
    assert place.read_bytes() == BODY

    error, _, _ = refused(tmp_path, *[head("302 Found", 0, Location="/again.zip")] * 6)
    assert "leads on more than 5 times" in str(error)


@pytest.mark.parametrize(("status", "attempts"), [("404 Not Found", 1), ("403 Forbidden", 1), ("503 Busy", 5)])
def test_an_error_is_told_and_asked_again_only_where_that_may_help(tmp_path, status, attempts):
    error, server, _ = refused(tmp_path, *[head(status, 0)] * attempts)

    assert f"answered {status[:3]}" in str(error)
    assert len(server.asked) == attempts


def test_a_note_of_a_part_that_is_none_is_passed_over(tmp_path):
    place = tmp_path / "fetched" / "all.zip"
    place.parent.mkdir()
    place.with_name("all.zip.part").write_bytes(b"x")
    for note in ("[]", "{", json.dumps({"etag": 7})):
        place.with_name("all.zip.part.json").write_text(note)
        fetch(tmp_path, head() + BODY)
        assert place.read_bytes() == BODY


def test_a_file_that_another_process_fetches_is_left_to_it(tmp_path):
    place = tmp_path / "fetched" / "all.zip"
    place.parent.mkdir()
    part = place.with_name("all.zip.part")
    part.write_bytes(b"of the other")
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(DeliveryError, match="by another process"):
            Download(HERE).fetch("http://127.0.0.1:9/all.zip", place, Version())
    finally:
        os.close(handle)

    assert part.read_bytes() == b"of the other"
