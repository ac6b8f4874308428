import http.server
import ssl
import threading
import time

import pytest

from nephoscope.agent.client import BackOff, Client, Refused, Unreachable, checked, proxy_for, wait_of
from nephoscope.agent.identity import agent_id
from tests.agent.gateway import problem

KEY = bytes(range(32))


@pytest.fixture
def client(gateway):
    gateway.keys[agent_id(KEY)] = KEY
    return Client(gateway.url, KEY, "1")


def test_a_signed_request_is_answered(client, gateway):
    answer = client.get("/policy")

    assert answer.status == 200
    assert client.get("/policy", answer.etag).status == 304


def test_a_wrong_key_is_refused(gateway):
    gateway.keys[agent_id(KEY)] = KEY[::-1]
    with pytest.raises(Refused) as found:
        Client(gateway.url, KEY, "1").get("/policy")

    assert (found.value.status, found.value.problem) == (401, "signature")


def test_a_clock_that_is_off_is_corrected_once(gateway):
    gateway.keys[agent_id(KEY)] = KEY
    client = Client(gateway.url, KEY, "1", clock=lambda: time.time() - 5000)

    assert client.get("/policy").status == 200
    assert 4990 < client.offset_s < 5010


def test_a_gateway_whose_clock_answer_helps_nothing_is_asked_twice_only(client, gateway):
    gateway.answers["/fleet/v1/policy"] = [problem(401, "clock", time=1)] * 3
    with pytest.raises(Refused):
        client.get("/policy")

    assert len(gateway.answers["/fleet/v1/policy"]) == 1


def test_waiting_that_is_asked_for_is_told(client, gateway):
    gateway.answers["/fleet/v1/upload"] = [problem(429, "slow", {"Retry-After": "17"})]
    with pytest.raises(Refused) as found:
        client.post("/upload", b"x")

    assert (found.value.status, found.value.wait_s) == (429, 17)


def test_a_redirect_is_not_followed(client, gateway):
    gateway.answers["/fleet/v1/policy"] = [(302, {}, {"Location": gateway.url + "/elsewhere"})]
    with pytest.raises(Refused) as found:
        client.get("/policy")

    assert found.value.status == 302


@pytest.mark.parametrize("told", [[1], "text", {"a": "b" * (5 << 20)}])
def test_an_answer_that_is_none_is_not_trusted(client, gateway, told):
    gateway.answers["/fleet/v1/policy"] = [(200, told, {})]
    with pytest.raises(Unreachable):
        client.get("/policy")


def test_a_gateway_that_is_not_there_is_unreachable(gateway):
    client = Client(gateway.url, KEY, "1")
    gateway.close()
    gateway.close = lambda: None
    with pytest.raises(Unreachable, match="refused"):
        client.get("/policy")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        with pytest.raises(Unreachable, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
            Client(f"https://localhost:{server.server_port}", KEY, "1").get("/policy")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder):
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem", folder / "key.pem"


def test_https_goes_through_the_environments_proxy(monkeypatch):
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    try:
        with pytest.raises(Unreachable, match="403"):
            Client("https://gateway.invalid", KEY, "1").get("/policy")
        monkeypatch.setenv("NO_PROXY", "gateway.invalid")
        with pytest.raises(Unreachable):
            Client("https://gateway.invalid", KEY, "1").get("/policy")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert asked == ["gateway.invalid:443"]


@pytest.mark.parametrize(
    "address",
    ["http://gateway.example", "http://127.0.0.1.example", "ftp://x", "https://", "https://u:p@x", "https://x?y", "x"],
)
def test_addresses_that_are_not_to_be_used_are_refused(address):
    with pytest.raises(ValueError, match=r"no address of a gateway|loopback"):
        checked(address)


def test_addresses_that_are_to_be_used_are_taken():
    assert checked("https://gateway:8443/base/") == "https://gateway:8443/base"
    assert checked("http://[::1]:1") == "http://[::1]:1"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("17", 17),
        ("99999999999999999999", 3600),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 50),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header, seconds):
    assert wait_of(header, 10) == seconds


def test_waits_double_up_to_a_longest_and_are_shortened_by_chance():
    back_off = BackOff(5, 60, chance=lambda: 1.0)
    assert [back_off.failed() for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    back_off.worked()
    assert BackOff(5, 60, chance=lambda: 0.0).failed() == 2.5
    assert back_off.failed(asked_s=100) >= 100


@pytest.mark.parametrize(
    ("without", "host", "goes"),
    [
        ("", "gateway.example.com", True),
        ("example.com", "gateway.example.com", False),
        (".example.com, other", "gateway.example.com", False),
        ("ample.com", "gateway.example.com", True),
        ("*", "gateway.example.com", False),
        ("", "127.0.0.1", False),
        ("", "localhost", False),
    ],
)
def test_no_proxy_names_hosts_and_domains(without, host, goes):
    found = proxy_for(host, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": without})
    assert found == ("http://proxy:3128" if goes else "")


def test_a_proxy_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://proxy")
    with pytest.raises(Unreachable, match="HTTPS_PROXY is no http:// address"):
        Client("https://gateway.invalid", KEY, "1").get("/policy")
