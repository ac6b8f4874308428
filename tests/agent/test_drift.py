import json
import os
import sys
import time

import pytest

from nephoscope.agent.drift import Drift, Moment, Told
from nephoscope.agent.spool import Spool

WATCHED = [{"path": "/etc", "full_s": 1000, "fast_s": 100}]


@pytest.fixture
def spool(tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    made = Spool(str(tmp_path / "state" / "spool.db"))
    yield made
    made.close()


@pytest.fixture
def drift(tmp_path, tree, spool, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    tree({"/etc/app.conf": "a", "/etc/b": "b"})
    made = Drift(str(tmp_path / "state"), str(tmp_path / "root"), spool)
    yield made
    made.close()


def keep(spool, told):
    with spool.transaction():
        for name, value in told.kept.items():
            spool.keep(name, value)
    return [json.loads(text) for _, text in told.records]


def looked(drift, spool, monotonic, boot="b1", now=None):
    """One whole look; answers its records."""
    at = Moment(boot, int(monotonic if now is None else now), monotonic)
    keep(spool, drift.round(WATCHED, 0, at))
    deadline = time.monotonic() + 60
    while drift.process is not None and time.monotonic() < deadline:
        records = keep(spool, drift.round(WATCHED, 0, at))
        if drift.process is None:
            return records
        time.sleep(0.02)
    return []


def kinds(records):
    return [each["kind"] for each in records]


def test_a_change_is_told_once_and_its_end_once(drift, spool, tmp_path):
    conf = tmp_path / "root/etc/app.conf"
    [adopted] = looked(drift, spool, 1000)
    assert (adopted["kind"], adopted["adopted"], adopted["path"]) == ("baseline", True, "/etc")
    conf.write_text("other")
    change, baseline = looked(drift, spool, 1100)
    assert (change["path"], change["class"], change["watched"]) == ("/etc/app.conf", "changed", "/etc")
    assert (change["severity_hint"], baseline["unexplained"]) == ("medium", 1)
    assert kinds(looked(drift, spool, 1200)) == ["baseline"]
    conf.write_text("a")
    end, _ = looked(drift, spool, 1300)
    assert (end["path"], end["class"]) in {("/etc/app.conf", "as-baseline"), ("/etc/app.conf", "touched")}


def test_nothing_is_looked_at_before_it_is_due(drift, spool):
    looked(drift, spool, 1000)
    assert drift.round(WATCHED, 0, Moment("b1", 1050, 1050)) == Told([], {})
    assert drift.process is None


def test_all_is_read_after_a_boot_or_once_a_clock_was_set(drift, spool, tmp_path):
    looked(drift, spool, 1000)
    file = tmp_path / "root/etc/b"
    before = file.stat()
    counted = looked(drift, spool, 1100)[-1]["hashed_bytes"]
    whole = looked(drift, spool, 1200, boot="b2", now=1200)[-1]["hashed_bytes"]
    assert whole == 2
    assert counted <= whole
    assert before.st_size == 1
    assert looked(drift, spool, 1300, boot="b2", now=9000)[-1]["hashed_bytes"] == 2


def test_a_look_that_is_killed_is_told_and_comes_again(drift, spool):
    looked(drift, spool, 1000)
    drift.round(WATCHED, 0, Moment("b1", 1100, 1100))
    drift.process.kill()
    drift.process.wait()
    drift.output.write(b'{"change":{"path":"/etc/x","cl')  # it was ended in the middle of a line
    [record] = keep(spool, drift.round(WATCHED, 0, Moment("b1", 1101, 1101)))
    assert (record["kind"], record["path"], "ended with -9" in record["cause"]) == ("baseline", "/etc", True)
    assert "sha256" not in record
    [record] = looked(drift, spool, 1300)
    assert (record["kind"], record["cause"]) == ("baseline", "")


def test_what_could_not_be_seen_has_not_ended(drift, spool, tmp_path):
    folder = tmp_path / "root/etc/dir"
    folder.mkdir()
    looked(drift, spool, 1000)
    (folder / "new").touch()
    assert "drift" in kinds(looked(drift, spool, 1100))
    (tmp_path / "root/etc/app.conf").unlink()
    told = Told([], {})
    told_of = {"path": "/etc", "unseen": {"dir": "denied"}, "unseen_count": 1, "root": "", "sha256": "", "entries": 1}
    drift._looked(told_of, [], 1200, told)
    assert [json.loads(text)["class"] for kind, text in told.records if kind == "drift"] == []
    [baseline] = [json.loads(text) for kind, text in told.records if kind == "baseline"]
    assert "denied" in baseline["cause"]
