"""Notices by e-mail: plain text and HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from nephoscope.clouds.safe_mail import MailServer
from nephoscope.export.exporter import Messenger, secret_of
from nephoscope.export.text import one_line
from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from nephoscope.export.exporter import Outside
    from nephoscope.export.message import Message, Part

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
SUBJECT = 180
WAITS = timedelta(minutes=15)
COLOURS = {"critical": "#8b0000", "high": "#b3261e", "medium": "#8a5300", "low": "#2b5c8a", "informational": "#555555"}


@dataclass(frozen=True, kw_only=True)
class EmailSmtp(Messenger):
    """E-mail by SMTP: each message plain and as HTML, those about one finding in one thread.

    While the server refuses one of several receivers for now, nobody gets the message; after a quarter of an hour the
    others do, and a gap names who does not, as it does for those who are refused for good.
    Limits: a server that takes a message and fails to say so is given it again; its Message-ID is the same.
    """

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_env: str = ""
    password_file: str = ""
    refused_at: dict[str, datetime] = field(
        default_factory=dict[str, "datetime"], init=False, repr=False, compare=False
    )

    def tell(self, message: Message, outside: Outside) -> DeliveryError | None:
        for address in (self.sender, *self.to):
            if not ADDRESS.fullmatch(address):
                raise ConfigError(f"{one_line(address, 80)!r} is no e-mail address")
        password = secret_of("password", self.password_env, self.password_file) if self.user else ""
        server = MailServer(self.host, self.port, self.security, self.user, password)
        now = outside.now()
        mail, network = self.mail(message, outside), self.network(outside)
        refused = server.send(mail, self.sender, list(self.to), network, waits=lambda: self._waits(message.id, now))
        self.refused_at.pop(message.id, None)
        return DeliveryError(self.host, f"took no mail for {one_line(refused)}", is_partial=True) if refused else None

    def _waits(self, id_: str, now: datetime) -> bool:
        return now - self.refused_at.setdefault(id_, now) < WAITS

    def mail(self, message: Message, outside: Outside) -> EmailMessage:
        """The message as it is sent; nothing from outside can begin a line of its head."""
        domain = self.sender.rpartition("@")[2]
        mail = EmailMessage()
        mail["Subject"] = one_line(message.title, SUBJECT)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.to)
        mail["Date"] = format_datetime(outside.now())
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        mail["References"] = f"<{message.thread}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        more = f"and {message.left} more" if message.left else ""
        told = [*(self._plain(part) for part in message.parts), more]
        mail.set_content("\n\n".join(filter(None, told)), cte="quoted-printable")
        html = "".join(self._html(part) for part in message.parts)
        page = f'<!doctype html><html lang="en"><body style="font-family:sans-serif">{html}<p>{more}</p></body></html>'
        mail.add_alternative(page, subtype="html", cte="quoted-printable")
        return mail

    def _plain(self, part: Part) -> str:
        link = self.linked(part.uid)
        facts = [f"{label}: {text}" for label, text in part.facts]
        return "\n".join([part.title, *facts, *([link] if link else [])])

    def _html(self, part: Part) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left;vertical-align:top;padding:2px 12px 2px 0">{escape(label)}</th>'
            f'<td style="padding:2px 0">{escape(text)}</td></tr>'
            for label, text in part.facts
        )
        link = self.linked(part.uid)
        more = f'<p><a href="{escape(link)}">Open in Nephoscope</a></p>' if link else ""
        colour = COLOURS.get(part.severity, COLOURS["informational"])
        return f'<h2 style="font-size:16px;color:{colour}">{escape(part.title)}</h2><table>{rows}</table>{more}'
