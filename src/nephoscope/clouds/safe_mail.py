"""Mail handed to a server over a guarded network: TLS verified for its name, 64 kB of its words, one deadline."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.policy import SMTP
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    import socket
    from email.message import EmailMessage

    from nephoscope.clouds.safe_address import Network

SAID_BYTES = 64 << 10
Waits = Callable[[], bool]
SECURITY = ("tls", "starttls", "none")


@dataclass(frozen=True)
class MailServer:
    """A server that takes mail. security: tls from the start, starttls, or none (on private networks only)."""

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(
        self, message: EmailMessage, sender: str, receivers: list[str], network: Network, *, waits: Waits = bool
    ) -> str:
        """Hand a message over; returns who of several receivers was refused, and why, or nothing.

        waits: asked where some are refused for now (4xx): whether nobody gets it then. Raises DeliveryError, final for
        answers of 5xx; ConfigError for settings that would show a password.
        """
        if self.security not in SECURITY:
            raise ConfigError(f"{self.host}: security is {self.security}, none of {', '.join(SECURITY)}")
        if self.security == "none" and (self.password or not network.allow_private):
            raise ConfigError(f"{self.host}: without TLS mail is sent on private networks only, and no password is")
        with network.connected(self.host, self.port, tls=self.security == "tls") as connection:
            smtp = _Smtp(self.host, connection)
            try:
                self._greet(smtp, network)
                refused = _named(smtp, sender, receivers, waits)
                return _handed_over(smtp, message, refused)
            except smtplib.SMTPException as error:
                raise _translated(self.host, error) from error
            finally:
                smtp.close()

    def _greet(self, smtp: _Smtp, network: Network) -> None:
        code, said = smtp.connect(self.host, self.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if self.security == "starttls":
            smtp.starttls(context=network.trust())
        if self.user:
            smtp.login(self.user, self.password)
        smtp.ehlo_or_helo_if_needed()


def _named(smtp: _Smtp, sender: str, receivers: list[str], waits: Waits) -> dict[str, tuple[int, bytes]]:
    """Say from whom and to whom a message is; returns whom the server refuses."""
    code, said = smtp.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    answers = {who: smtp.rcpt(who) for who in receivers}
    refused = {who: (code, said) for who, (code, said) in answers.items() if code not in (250, 251)}
    later = {who: (code, said) for who, (code, said) in refused.items() if code // 100 == 4}
    if len(refused) == len(answers):
        raise smtplib.SMTPRecipientsRefused(refused)
    if later and waits():
        raise smtplib.SMTPRecipientsRefused(later)
    return refused


def _handed_over(smtp: _Smtp, message: EmailMessage, refused: dict[str, tuple[int, bytes]]) -> str:
    """Send the message to those who were named, and say goodbye; returns who was refused, and why."""
    code, said = smtp.data(message.as_bytes(policy=SMTP))
    if code != 250:
        raise smtplib.SMTPDataError(code, said)
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        return _why(refused)  # it has the message; how it says goodbye does not matter
    return _why(refused)


class _Smtp(smtplib.SMTP):
    """A client that uses a connection which is there already, and stops listening at a limit."""

    def __init__(self, host: str, connection: socket.socket) -> None:
        super().__init__(local_hostname="nephoscope.invalid")
        self._connection = connection
        self._host = host  # what starttls verifies the certificate for

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connection

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Limited(self.sock.makefile("rb"))
        return super().getreply()


class _Limited:
    """The first bytes of what a server says; more than that is an error."""

    def __init__(self, said: BinaryIO) -> None:
        self._said = said
        self._left = SAID_BYTES

    def readline(self, limit: int = -1) -> bytes:
        line = self._said.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OSError(f"the server says more than {SAID_BYTES} bytes")
        return line

    def close(self) -> None:
        self._said.close()


def _translated(host: str, error: smtplib.SMTPException) -> DeliveryError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        is_final = all(code // 100 == 5 for code, _ in error.recipients.values())
        return DeliveryError(host, f"takes mail for nobody named: {_why(error.recipients)}", is_final=is_final)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode(errors="replace")
        return DeliveryError(host, f"answered {error.smtp_code}: {said[:300]}", is_final=error.smtp_code // 100 == 5)
    return DeliveryError(host, f"{type(error).__name__}: {str(error)[:300]}")


def _why(refused: dict[str, tuple[int, bytes]]) -> str:
    said = (f"{who} ({code} {text.decode(errors='replace')[:100]})" for who, (code, text) in refused.items())
    return "; ".join(said)
