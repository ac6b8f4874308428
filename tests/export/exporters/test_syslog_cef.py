import re
import socket
import ssl
import threading
from dataclasses import replace

import pytest
from tests.clouds.loopback import certificate, serving
from tests.export.samples import hostile, naughty, notice

from nephoscope.export.exporters.syslog_cef import SyslogCef, cef, extension, header, one_word
from nephoscope.model.errors import ConfigError, DeliveryError

SYSLOG = SyslogCef(host="127.0.0.1", protocol="tcp", hostname="watch 1", allow_private=True)
NAMES = {"rt", "externalId", "act", "outcome", "cat", "cnt", "start", "end", "suser", "src", "msg"}
NAMES |= {"cs1Label", "cs1", "cs2Label", "cs2", "cs3Label", "cs3"}
LINE = re.compile(
    rb"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]+) nephoscope - ([!-~]{1,32}) - (CEF:0\|.*)",
    re.DOTALL,
)


def framed(stream):
    """The messages of a stream that are framed by their length."""
    while stream:
        length, _, rest = stream.partition(b" ")
        yield rest[: int(length)]
        stream = rest[int(length) :]


def fields_of(text):
    """CEF's head and extension, unescaped, as a receiver reads them."""
    head, start = [], 0
    for found in re.finditer(r"(?<!\\)(?:\\\\)*\|", text):
        if len(head) == 7:
            break
        head.append(text[start : found.end() - 1])
        start = found.end()
    more = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)", text[start:])
    return head, {name: value.replace("\\=", "=").replace("\\\\", "\\") for name, value in more}


def collected(connection, got):
    while piece := connection.recv(65536):
        got.append(piece)


def test_over_tcp_messages_are_framed_by_their_length(outside):
    got = []
    with serving(lambda connection: collected(connection, got)) as port:
        assert replace(SYSLOG, port=port).send([notice(), notice("resolved", number=2)], outside) == {}

    first, second = framed(b"".join(got))
    priority, moment, host, id_, text = LINE.fullmatch(first).groups()
    assert (priority, moment, host) == (b"107", b"2026-05-01T12:05:00.000000Z", b"watch1")
    assert id_.decode() == f"{1:032x}"
    head, fields = fields_of(text.decode())
    assert head[:3] == ["CEF:0", "Nephoscope", "Nephoscope"]
    assert head[4:] == ["cloudtrail_logging_stopped", "opened: CloudTrail logging stopped", "8"]
    assert fields["externalId"] == f"{1:032x}"
    assert fields["suser"] == "arn:aws:iam::111111111111:user/mallory"
    assert fields["cs2"] == "AWS::CloudTrail::Trail main"
    assert fields_of(LINE.fullmatch(second)[5].decode())[1]["outcome"] == "resolved"


def test_over_udp_a_message_is_one_datagram_that_is_not_too_large(outside):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        there = replace(SYSLOG, protocol="udp", port=receiver.getsockname()[1])
        there.send([notice(), hostile("x" * 100_000)], outside)
        assert LINE.fullmatch(receiver.recv(65536))
        assert len(receiver.recv(65536)) <= 2048


def test_over_tls_the_receiver_is_verified(tmp_path, outside):
    key, made = certificate("syslog.example")
    (tmp_path / "pem").write_bytes(key + made)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(tmp_path / "pem")
    got = []

    def talk(connection):
        with ours.wrap_socket(connection, server_side=True) as secured:
            collected(secured, got)

    trust = ssl.create_default_context(cadata=made.decode())
    network = replace(outside.network, resolve=lambda host, port: ["127.0.0.1"])
    with serving(talk) as port:
        there = replace(SYSLOG, host="syslog.example", protocol="tls", port=port)
        there.send([notice()], replace(outside, network=replace(network, trust=lambda: trust)))
    with serving(talk) as port, pytest.raises(DeliveryError, match="not trusted"):
        replace(there, port=port).send([notice()], replace(outside, network=network))
    assert len(list(framed(b"".join(got)))) == 1


def test_no_text_ends_a_line_a_field_or_the_head():
    for text in naughty():
        line = SYSLOG.line(hostile(text), 100_000)
        assert LINE.fullmatch(line)
        assert b"\n" not in line
        assert b"\r" not in line
        assert b"\0" not in line
        head, fields = fields_of(line.decode().partition(" - CEF:")[2])
        assert len(head) == 7
        assert set(fields) <= NAMES


def test_bars_backslashes_and_equals_are_escaped_where_cef_asks_for_it():
    assert header("a|b\\c=d\ne") == "a\\|b\\\\c=d e"
    assert extension("a|b\\c=d\ne") == "a|b\\\\c\\=d e"
    assert one_word("a b\u00e9\n", 10) == "ab"
    assert one_word("", 10) == "-"
    assert "|8|" in cef(notice())


def test_a_receiver_that_is_down_is_a_failure_that_may_pass(outside):
    with serving(lambda connection: None) as port:
        pass
    with pytest.raises(DeliveryError) as failed:
        replace(SYSLOG, port=port).send([notice()], outside)
    assert not failed.value.is_final
    with pytest.raises(ConfigError, match="protocol"):
        replace(SYSLOG, protocol="relp").send([notice()], outside)
    assert threading.active_count() < 50
