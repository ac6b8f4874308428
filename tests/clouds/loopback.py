"""Servers on the loopback for what reaches the outside: each serves one connection after the other."""

import socket
import threading
from contextlib import contextmanager


@contextmanager
def serving(talk, connections=1):
    """A TCP server; talk: is called with each connection. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        failed = []

        def serve():
            for _ in range(connections):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    try:
                        talk(connection)
                    except OSError:
                        pass  # the client had enough
                    except Exception as error:  # noqa: BLE001  the test tells of it
                        failed.append(error)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert not failed, failed


def request_of(connection):
    """The head and body of one HTTP request."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head.decode(), body


def answering(text, asked=None):
    """Talks HTTP: takes a request, gives this answer."""

    def talk(connection):
        taken = request_of(connection)
        if asked is not None:
            asked.append(taken)
        connection.sendall(text if isinstance(text, bytes) else text.encode())

    return talk


def certificate(host):
    """A key and a self-signed certificate for a host, as PEM."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)
