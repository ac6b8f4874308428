import socket
import ssl
import threading
import time

import pytest
from tests.clouds.loopback import certificate, serving

from nephoscope.clouds.safe_address import Network, why_not
from nephoscope.model.errors import AddressRefused, DeliveryError

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "8.8.8.8"])
def test_public_addresses_are_reached(address):
    assert why_not(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "::1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "fd12:3456::1",
        "fec0::1",
        "198.18.0.1",
        "192.0.2.1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:0a00:0001::1",
        "::127.0.0.1",
    ],
)
def test_private_addresses_are_reached_only_where_that_is_said(address):
    assert why_not(address)
    assert why_not(address, allow_private=True) == ""


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.1.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fe80::1",
        "fe80::1%eth0",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "240.0.0.1",
        "not an address",
    ],
)
def test_some_addresses_are_reached_by_no_setting(address):
    assert why_not(address)
    assert why_not(address, allow_private=True)


def test_one_private_address_among_public_ones_refuses_the_name_and_says_which():
    network = Network(resolve=lambda host, port: [PUBLIC, "10.0.0.7"])

    with pytest.raises(
        AddressRefused, match=r"hooks\.example: its address 10\.0\.0\.7 is not reached: a private network"
    ):
        network.addresses("hooks.example", 443)


def test_a_name_is_asked_for_once_and_the_checked_address_is_the_one_connected_to():
    answers = iter([[PUBLIC], ["169.254.169.254"]])
    dialled = []

    def dial(address, port, within_s):
        dialled.append(address)
        return socket.create_connection(("127.0.0.1", local))

    with serving(lambda connection: connection.sendall(b"hello")) as local:
        network = Network(resolve=lambda host, port: next(answers), dial=dial)
        with network.connected("rebinding.example", 80) as connection:
            assert connection.recv(5) == b"hello"

    assert dialled == [PUBLIC]
    with pytest.raises(AddressRefused, match="metadata"), network.connected("rebinding.example", 80):
        pass


def test_the_next_address_is_tried_when_the_first_does_not_answer():
    def dial(address, port, within_s):
        if address == "1.1.1.1":
            raise ConnectionRefusedError("refused")
        return socket.create_connection(("127.0.0.1", local))

    with serving(lambda connection: None) as local:
        network = Network(resolve=lambda host, port: ["1.1.1.1", "1.0.0.1"], dial=dial)
        with network.connected("two.example", 80):
            pass


@pytest.mark.parametrize("resolve", [lambda host, port: [], lambda host, port: socket.getaddrinfo("\udcff", 1)])
def test_a_name_that_stands_for_nothing_is_no_refusal(resolve):
    with pytest.raises(DeliveryError) as failed:
        Network(resolve=resolve).addresses("nowhere.example", 443)

    assert not failed.value.is_final


def read_to_the_end(network, port):
    with network.connected("127.0.0.1", port) as connection:
        while connection.recv(10):
            pass
        raise EOFError


def test_a_receiver_that_trickles_is_cut_off_at_the_deadline():
    ended = threading.Event()

    def trickle(connection):
        while not ended.wait(0.05):
            connection.sendall(b"x")

    with serving(trickle) as port:
        network = Network(allow_private=True, deadline_s=0.4)
        began = time.monotonic()
        with pytest.raises(DeliveryError, match=r"within 0\.4 s"):
            read_to_the_end(network, port)
        assert time.monotonic() - began < 5
        ended.set()


@pytest.mark.parametrize(("named", "is_trusted"), [("receiver.example", True), ("other.example", False)])
def test_tls_is_verified_for_the_name_though_an_address_is_connected_to(tmp_path, named, is_trusted):
    key, made = certificate("receiver.example")
    (tmp_path / "pem").write_bytes(key + made)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(tmp_path / "pem")

    def talk(connection):
        with ours.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(b"hello")

    with serving(talk) as port:
        network = Network(
            resolve=lambda host, port: [PUBLIC],
            dial=lambda address, _, within_s: socket.create_connection(("127.0.0.1", port), timeout=within_s),
            trust=lambda: ssl.create_default_context(cadata=made.decode()),
        )
        if is_trusted:
            with network.connected(named, 443, tls=True) as connection:
                assert connection.recv(5) == b"hello"
        else:
            with pytest.raises(DeliveryError, match="not trusted"), network.connected(named, 443, tls=True):
                pass


def test_a_datagram_goes_to_a_checked_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        port = receiver.getsockname()[1]
        Network(allow_private=True).datagram("127.0.0.1", port, b"line")
        assert receiver.recv(100) == b"line"
    with pytest.raises(AddressRefused):
        Network().datagram("127.0.0.1", port, b"line")
