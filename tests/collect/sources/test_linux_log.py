import gzip
import io
import json
import os

import pytest

from nephoscope.clouds import Clouds
from nephoscope.collect.sources.linux_log import LinuxLog
from nephoscope.model.errors import ConfigError, SourceError
from nephoscope.model.event import LogSource

SIGN_IN = "2026-11-27T22:00:01+00:00 web-1 sshd[812]: Failed password for root from 203.0.113.9 port 40022 ssh2"
SUDO = "2026-11-27T22:00:02+00:00 web-1 sudo:  bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"
AT = 1_795_816_830
WEB = {"id": "h1", "name": "web-1", "instance": "i-1", "account": "111122223333", "region": "eu-west-1"}


def told(*lines, uid="h1:4", log="/var/log/auth.log", **others):
    return json.dumps({"nephoscope_lines": {"lines": lines, "uid": uid, "log": log, "at": AT, "host": WEB, **others}})


def told_compact(*lines, **others):
    return json.dumps(json.loads(told(*lines, **others)), separators=(",", ":")).encode()


def batches(*texts):
    return list(LinuxLog.batches(io.BytesIO(b"\n".join(texts)), "host:h1/4"))


def test_lines_of_a_host_are_events_of_the_services_that_wrote_them():
    found = batches(told_compact(SIGN_IN, SUDO, SIGN_IN))
    assert {each.log_source for each in found} == {LogSource("linux", "sshd"), LogSource("linux", "sudo")}
    [signs] = [each for each in found if each.log_source.service == "sshd"]
    assert [signs.index(row) for row in range(len(signs))] == [0, 2]
    event = signs.ocsf(0)
    assert event["metadata.uid"] == "h1:4:0"
    assert event["time"].isoformat() == "2026-11-27T22:00:01+00:00"
    assert (event["cloud.account.uid"], event["cloud.region"]) == ("111122223333", "eu-west-1")
    assert (event["actor.user.uid"], event["src_endpoint.ip"]) == ("root", "203.0.113.9")
    filled = signs.filled()
    assert list(filled["class_uid"]) == [3002, 3002]
    assert list(filled["status_id"]) == [2, 2]
    assert list(filled["resource_uids"]) == [["i-1"], ["i-1"]]
    assert signs.record(0)["line"] == SIGN_IN


def test_lines_that_cannot_be_read_are_named_and_the_rest_is_read():
    bad = b'{"nephoscope_lines":{"lines":3}}'
    found = batches(bad, told_compact(SIGN_IN))
    assert sum(map(len, found)) == 1
    [(index, reason)] = [each for one in found for each in one.unreadable]
    assert (index, reason[:22]) == (0, "is not as hosts tell l")
    [only] = batches(bad)
    assert (len(only), len(only.unreadable)) == (0, 1)


def test_a_file_of_log_lines_is_read_as_it_stands(tmp_path):
    file = tmp_path / "auth.log"
    file.write_text(f"{SIGN_IN}\n\n{SUDO}\n")
    with file.open("rb") as stream:
        first = list(LinuxLog.batches(stream, str(file)))
    with io.BytesIO(gzip.compress(file.read_bytes() + SIGN_IN.encode())) as stream:
        grown = list(LinuxLog.batches(stream, "auth.log.2.gz"))

    def uids(found):
        return [uid for each in found for uid in each.values("event_uid")]

    assert len(uids(first)) == 2
    assert len(set(uids(grown))) == 3
    assert set(uids(first)) < set(uids(grown))


def test_what_is_no_text_is_still_a_line():
    [found] = batches(b"\xff\xfe \x00 \x1b[31m")
    assert "\\xff" in found.record(0)["line"]


def test_a_folder_gives_the_files_that_are_written_no_more(tmp_path):
    with pytest.raises(ConfigError, match="folder"):
        list(LinuxLog().objects(Clouds(), ()))
    (tmp_path / "web-1").mkdir()
    old, new = tmp_path / "web-1" / "auth.log.1", tmp_path / "web-1" / "auth.log"
    for file in (old, new):
        file.write_text(SIGN_IN)
    os.utime(old, (1_700_000_000, 1_700_000_000))
    (tmp_path / "link").symlink_to(old)
    source = LinuxLog(str(tmp_path))
    [one] = source.objects(Clouds(), ())
    assert one.uri == str(old)
    with source.open(Clouds(), one) as stream:
        assert stream.read() == SIGN_IN.encode()
    assert list(source.objects(Clouds(), {one.key})) == []
    old.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        source.open(Clouds(), one)
