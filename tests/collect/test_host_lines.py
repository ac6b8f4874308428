import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.collect.host_lines import fields_of

AT = datetime(2026, 11, 27, 22, 0, 30, tzinfo=UTC)
AUTH, SYSLOG, AUDIT = "/var/log/auth.log", "/var/log/syslog", "/var/log/audit/audit.log"
FAILED = "Failed password for root from 203.0.113.9 port 40022 ssh2"


def read(line, log=AUTH, at=AT, offset_s=0):
    return fields_of(line, log, at, offset_s)


@pytest.mark.parametrize(
    "head",
    [
        "Nov 27 22:00:01 web-1 ",
        "Nov 27 23:00:01 web-1 ",
        "2026-11-27T22:00:01.000000+00:00 web-1 ",
        "2026-11-27T23:00:01+01:00 web-1 ",
        "<38>Nov 27 22:00:01 web-1 ",
    ],
)
def test_syslog_in_each_of_its_forms_tells_time_host_and_program(head):
    found = read(f"{head}sshd[812]: {FAILED}", offset_s=3600 if head.startswith("Nov 27 23") else 0)
    assert found["event_time"] == "2026-11-27T22:00:01+00:00"
    assert (found["hostname"], found["program"], found["pid"], found["service"]) == ("web-1", "sshd", "812", "sshd")
    assert found["message"] == FAILED
    assert found["line"].startswith(head)


def test_rfc_5424_is_read_with_its_facility():
    line = '<86>1 2026-11-27T22:00:01.5Z web-1 su 99 - [x@1 a="]"] session opened for user root'
    found = read(line, "/var/log/remote.log")
    assert found["event_time"] == "2026-11-27T22:00:01.500000+00:00"
    assert (found["facility"], found["severity"], found["program"], found["service"]) == ("10", "6", "su", "auth")


def test_a_time_without_a_year_is_the_latest_that_is_past():
    new_year = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert read("Dec 31 23:59:59 h su: x", at=new_year)["event_time"] == "2026-12-31T23:59:59+00:00"
    assert read("Jan  1 00:00:01 h su: x", at=new_year)["event_time"] == "2027-01-01T00:00:01+00:00"
    assert read("Feb 29 10:00:00 h su: x", at=new_year)["event_time"] == "2024-02-29T10:00:00+00:00"


@pytest.mark.parametrize(
    "line",
    ["", "no header", "Foo 27 22:00:01 h x: y", "Nov 31 22:00:01 h x: y", "9999-12-31T23:59:59Z h x: y", "\x00\x01"],
)
def test_what_says_no_time_that_can_be_happened_when_it_was_read(line):
    found = read(line)
    assert found["event_time"] == AT.isoformat()
    assert found["line"] == line


def test_a_sign_in_names_user_address_and_outcome():
    found = read(
        "Nov 27 22:00:01 h sshd[1]: Accepted publickey for alice from 192.0.2.7 port 51000 ssh2: ED25519 SHA256:x"
    )
    assert (found["user"], found["src_ip"], found["src_port"]) == ("alice", "192.0.2.7", "51000")
    assert (found["outcome"], found["method"], found["invalid_user"]) == ("success", "publickey", "no")
    found = read("Nov 27 22:00:01 h sshd-session[1]: Failed password for invalid user admin from ::1 port 2 ssh2")
    assert (found["user"], found["src_ip"], found["outcome"], found["invalid_user"]) == (
        "admin",
        "::1",
        "failure",
        "yes",
    )


def test_a_user_name_cannot_forge_the_address():
    name = "x from 192.0.2.1 port 1 ssh2"
    found = read(f"Nov 27 22:00:01 h sshd[1]: Failed password for invalid user {name} from 203.0.113.9 port 40022 ssh2")
    assert (found["user"], found["src_ip"], found["src_port"]) == (name, "203.0.113.9", "40022")


def test_sudo_names_who_ran_what_as_whom():
    said = "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c echo ; USER=nobody"
    found = read(f"Nov 27 22:00:01 h sudo[7]:    {said}")
    assert (found["user"], found["runas"], found["tty"], found["outcome"]) == ("alice", "root", "pts/0", "success")
    assert found["command"] == "/bin/sh -c echo ; USER=nobody"
    refused = "bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"
    found = read(f"Nov 27 22:00:01 h sudo: {refused}")
    assert (found["reason"], found["outcome"], found["service"]) == ("user NOT in sudoers", "failure", "sudo")


def test_the_journal_s_entries_are_read_by_its_own_names():
    entry = {
        "__REALTIME_TIMESTAMP": "1795816801500000",
        "SYSLOG_IDENTIFIER": "sshd",
        "_PID": "812",
        "_HOSTNAME": "web-1",
        "SYSLOG_FACILITY": "4",
        "MESSAGE": FAILED,
    }
    found = read(json.dumps(entry), "journald")
    assert found["event_time"] == "2026-11-27T22:00:01.500000+00:00"
    assert (found["service"], found["src_ip"], found["hostname"]) == ("sshd", "203.0.113.9", "web-1")
    assert read(json.dumps(entry | {"MESSAGE": [72, 105, 255]}), "journald")["message"] == "Hi\ufffd"
    assert read("[1]", "journald")["message"] == "[1]"


def test_audit_records_are_read_as_they_were_before_auditd_wrote_them():
    line = (
        "type=SYSCALL msg=audit(1795816801.243:24287): arch=c000003e syscall=59 success=yes a0=55d1 auid=1000 "
        'comm="sh" exe="/usr/bin/dash" key="exec"\x1dARCH=x86_64 SYSCALL=execve AUID="alice"'
    )
    found = read(line, AUDIT)
    assert found["event_time"] == "2026-11-27T22:00:01.243000+00:00"
    assert (found["service"], found["type"], found["serial"]) == ("auditd", "SYSCALL", "24287")
    assert (found["exe"], found["key"], found["SYSCALL"], found["AUID"]) == ("/usr/bin/dash", "exec", "execve", "alice")
    line = "type=PROCTITLE msg=audit(1795816801.243:24287): proctitle=62617368002D63006964"
    assert read(line, AUDIT)["proctitle"] == "bash -c id"
    line = "type=USER_LOGIN msg=audit(1795816801.243:9): pid=7 msg='op=login acct=\"root\" addr=203.0.113.9 res=failed'"
    found = read(line, AUDIT)
    assert (found["op"], found["acct"], found["addr"], found["res"]) == ("login", "root", "203.0.113.9", "failed")


def test_an_audit_record_cannot_name_its_own_time_or_service():
    line = 'type=EXECVE msg=audit(1795816801.243:1): argc=1 a0="x" service=sshd event_time=1 a0=y type=LOGIN'
    found = read(line, AUDIT)
    assert (found["service"], found["a0"], found["type"]) == ("auditd", "x", "EXECVE")
    assert found["event_time"].startswith("2026-11-27T22:00:01")


@given(st.text(), st.sampled_from([AUTH, SYSLOG, AUDIT, "journald"]))
def test_any_line_is_read(line, log):
    found = fields_of(line, log, AT)
    assert found["line"] == line
    assert found["service"]
    datetime.fromisoformat(found["event_time"])
