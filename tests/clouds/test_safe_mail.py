import ssl
from dataclasses import replace
from email.message import EmailMessage

import pytest
from tests.clouds.loopback import certificate, serving

from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_mail import MailServer
from nephoscope.model.errors import AddressRefused, ConfigError, DeliveryError

HERE = Network(allow_private=True, deadline_s=10)


def smtp(answers, got):
    """Talks SMTP; answers: by command, instead of yes. got: every line that was sent."""

    def talk(connection):
        lines = connection.makefile("rb")
        connection.sendall(answers.get("CONNECT", b"220 ready\r\n"))
        is_data = False
        for line in lines:
            got.append(line.decode())
            command = line.split(b" ")[0].strip().upper().decode("latin-1")
            if is_data:
                if line == b".\r\n":
                    is_data = False
                    connection.sendall(answers.get("MESSAGE", b"250 taken\r\n"))
                continue
            who = line.decode().strip().rpartition(":")[2].strip("<>")
            connection.sendall(answers.get(who) or answers.get(command) or b"250 yes\r\n")
            is_data = command == "DATA" and b"DATA" not in answers
        lines.close()

    return talk


def message():
    mail = EmailMessage()
    mail["Subject"] = "one"
    mail["From"] = "a@example.com"
    mail["To"] = "b@example.com"
    mail.set_content("body\n.\nmore")
    return mail


def sent(answers=None, to=("b@example.com",), security="none", **more):
    got = []
    with serving(smtp({"DATA": b"354 go on\r\n"} | (answers or {}), got)) as port:
        refused = MailServer("127.0.0.1", port, security).send(message(), "a@example.com", list(to), HERE, **more)
    return refused, "".join(got)


def test_a_message_is_handed_over():
    refused, got = sent()

    assert refused == ""
    assert "Subject: one" in got
    assert "rcpt TO:<b@example.com>" in got
    assert "\n..\r\n" in got


def test_who_of_several_is_refused_is_said_and_the_others_have_it():
    refused, _ = sent({"c@example.com": b"550 nobody\r\n"}, to=("b@example.com", "c@example.com"))

    assert refused == "c@example.com (550 nobody)"


def test_while_one_of_several_is_refused_for_now_nobody_gets_it():
    busy = {"c@example.com": b"450 later\r\n", "d@example.com": b"550 nobody\r\n"}
    to = ("b@example.com", "c@example.com", "d@example.com")

    with pytest.raises(DeliveryError, match=r"c@example\.com \(450 later\)") as failed:
        sent(busy, to, waits=lambda: True)
    assert not failed.value.is_final
    refused, got = sent(busy, to)
    assert refused == "c@example.com (450 later); d@example.com (550 nobody)"
    assert got.count("Subject: one") == 1
    assert sent({"d@example.com": b"550 nobody\r\n"}, to, waits=lambda: True)[0] == "d@example.com (550 nobody)"


@pytest.mark.parametrize(
    ("answers", "is_final"),
    [
        ({"MESSAGE": b"552 too large\r\n"}, True),
        ({"MESSAGE": b"451 later\r\n"}, False),
        ({"b@example.com": b"550 nobody\r\n"}, True),
        ({"b@example.com": b"450 later\r\n"}, False),
        ({"CONNECT": b"554 go away\r\n"}, True),
        ({"CONNECT": b"421 busy\r\n"}, False),
    ],
)
def test_a_refusal_is_final_as_the_server_says(answers, is_final):
    with pytest.raises(DeliveryError) as refused:
        sent(answers)
    assert refused.value.is_final is is_final


def test_a_server_that_does_not_end_its_answer_is_left():
    with pytest.raises(DeliveryError, match="more than 65536|Server|closed"):
        sent({"CONNECT": b"220-more\r\n" * 100_000})


def test_with_starttls_the_server_is_verified_before_mail_or_password_is_sent(tmp_path):
    key, made = certificate("mail.example")
    (tmp_path / "pem").write_bytes(key + made)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(tmp_path / "pem")
    got = []

    def talk(connection):
        connection.sendall(b"220 ready\r\n")
        connection.recv(1000)
        connection.sendall(b"250-here\r\n250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go on\r\n")
        with ours.wrap_socket(connection, server_side=True) as secured, secured.makefile("rb") as lines:
            for line in lines:
                got.append(line.decode())
                secured.sendall(
                    b"250-here\r\n250 AUTH PLAIN\r\n" if line.upper().startswith(b"EHLO") else b"235 yes\r\n"
                )

    network = replace(HERE, resolve=lambda host, port: ["127.0.0.1"])
    trusting = replace(network, trust=lambda: ssl.create_default_context(cadata=made.decode()))
    for there in (trusting, network):
        with serving(talk) as port:
            server = MailServer("mail.example", port, "starttls", "user", "hunter2")
            with pytest.raises(DeliveryError):
                server.send(message(), "a@example.com", ["b@example.com"], there)
    assert [line.split()[0].upper() for line in got[:3]] == ["EHLO", "AUTH", "MAIL"]
    assert len([line for line in got if line.upper().startswith("AUTH")]) == 1


def test_a_server_that_offers_no_tls_gets_no_mail():
    with pytest.raises(DeliveryError, match="STARTTLS"):
        sent({"EHLO": b"250 SIZE 1000\r\n"}, security="starttls")


@pytest.mark.parametrize(
    ("server", "network"),
    [
        (MailServer("mail.example", 25, "none"), Network()),
        (MailServer("mail.example", 25, "none", "user", "secret"), HERE),
        (MailServer("mail.example", 25, "ssl"), HERE),
    ],
)
def test_settings_that_would_show_mail_or_password_are_refused(server, network):
    with pytest.raises(ConfigError) as refused:
        server.send(message(), "a@example.com", ["b@example.com"], network)
    assert "secret" not in str(refused.value)


def test_a_server_on_a_private_network_has_to_be_allowed():
    with pytest.raises(AddressRefused):
        MailServer("127.0.0.1", 25, "tls").send(message(), "a@example.com", ["b@example.com"], Network())
