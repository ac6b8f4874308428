from dataclasses import replace
from datetime import timedelta
from email import policy
from email.parser import BytesParser

import pytest
from tests.clouds.loopback import serving
from tests.clouds.test_safe_mail import smtp
from tests.export.samples import digest, hostile, naughty, notice

from nephoscope.export.exporters.email_smtp import EmailSmtp
from nephoscope.export.message import message_of
from nephoscope.model.errors import ConfigError, DeliveryError

MAIL = EmailSmtp(
    host="127.0.0.1",
    sender="nephoscope@example.com",
    to=("soc@example.com", "oncall@example.com"),
    security="none",
    allow_private=True,
    link="https://portal.example/findings/",
)


def made(told, outside):
    sent = MAIL.mail(message_of(told), outside).as_bytes()
    return sent, BytesParser(policy=policy.default).parsebytes(sent)


def test_a_notice_is_sent_plain_and_as_html(outside):
    got = []
    with serving(smtp({"DATA": b"354 go on\r\n"}, got)) as port:
        from dataclasses import replace

        assert replace(MAIL, port=port).send([notice()], outside) == {}
    text = "".join(got)
    assert "rcpt TO:<soc@example.com>" in text
    assert "rcpt TO:<oncall@example.com>" in text
    assert "Subject: HIGH opened: CloudTrail logging stopped" in text
    assert "text/plain" in text
    assert "text/html" in text


def test_mail_about_one_finding_is_one_thread_and_each_has_an_id_of_its_own(outside):
    _, opened = made(notice(), outside)
    _, over = made(notice("resolved", number=2), outside)

    assert opened["Message-ID"] == f"<{1:032x}@example.com>"
    assert over["Message-ID"] != opened["Message-ID"]
    assert over["References"] == opened["References"]
    assert opened["Auto-Submitted"] == "auto-generated"
    assert opened["Date"].datetime == outside.now()


def test_no_text_can_begin_a_line_of_the_head_or_become_markup(outside):
    for text in naughty():
        sent, mail = made(hostile(text), outside)
        head = sent.partition(b"\n\n")[0]
        assert {line.partition(b":")[0] for line in head.splitlines() if line[:1] not in b" \t"} == {
            b"Subject",
            b"From",
            b"To",
            b"Date",
            b"Message-ID",
            b"References",
            b"Auto-Submitted",
            b"MIME-Version",
            b"Content-Type",
        }
        assert mail["To"] == "soc@example.com, oncall@example.com"
        assert mail["Bcc"] is None
        html = mail.get_body(("html",)).get_content()
        assert "<script" not in html.lower()
        assert "<img" not in html.lower()
        assert html.count("<h2 ") == 1


def test_a_digest_is_one_mail_with_every_finding(outside):
    _, mail = made(digest(205), outside)

    assert mail["Subject"] == "205 findings to look at, 0 resolved"
    assert mail.get_body(("html",)).get_content().count("<h2 ") == 200
    assert "and 5 more" in mail.get_body(("plain",)).get_content()


def test_a_finding_leads_to_its_page(outside):
    told = notice()
    _, mail = made(told, outside)

    assert f'href="https://portal.example/findings/{told.uid}"' in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("address", ["a@b\r\nBcc: c@d", "nobody", "a b@c", "<a@b>", ""])
def test_an_address_that_is_none_is_refused(outside, address):
    with pytest.raises(ConfigError, match="no e-mail address"):
        EmailSmtp(host="127.0.0.1", sender="a@b.example", to=(address,)).send([notice()], outside)


def test_a_receiver_that_is_refused_is_named_and_the_others_have_it(outside):
    answers = {"DATA": b"354 go on\r\n", "oncall@example.com": b"550 nobody\r\n"}
    told, got = notice(), []
    with serving(smtp(answers, got)) as port:
        failed = replace(MAIL, port=port).send([told], outside)

    assert failed[told.id].is_partial
    assert "oncall@example.com (550 nobody)" in str(failed[told.id])
    assert any(line.startswith("Subject:") for line in got)


def test_a_receiver_that_is_refused_for_now_is_waited_for_a_while(outside):
    now = [outside.now()]
    late = replace(outside, now=lambda: now[0])
    busy = {"DATA": b"354 go on\r\n", "oncall@example.com": b"450 greylisted\r\n"}
    told, got = notice(), []
    with serving(smtp(busy, got), connections=4) as port:
        mail = replace(MAIL, port=port)
        for minutes in (0, 5, 9):
            now[0] += timedelta(minutes=minutes)
            with pytest.raises(DeliveryError, match="greylisted"):
                mail.send([told], late)
        assert not any(line.startswith("Subject:") for line in got)
        now[0] += timedelta(minutes=1)
        assert mail.send([told], late)[told.id].is_partial
        assert mail.refused_at == {}
    assert sum(line.startswith("Subject:") for line in got) == 1


def test_a_server_that_is_down_is_a_failure_that_may_pass(outside):
    with serving(lambda connection: None) as port:
        pass
    with pytest.raises(DeliveryError) as failed:
        replace(MAIL, port=port).send([notice()], outside)
    assert not failed.value.is_final
