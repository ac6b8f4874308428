import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib

import pytest

from nephoscope.agent.canonical import canonical, sha256
from nephoscope.agent.spool import Spool, SpoolError

HEADER = {"agent": "a" * 32, "boot": "b" * 32, "sent_at": "2026-01-01T00:00:00Z", "monotonic_s": 1}


def record(kind, number):
    return canonical({"kind": kind, "number": number})


def put(spool, kind, *numbers):
    with spool.transaction():
        for number in numbers:
            spool.add(kind, number, record(kind, number))


def lines(batch):
    return [json.loads(line) for line in zlib.decompress(batch.body, 31).splitlines()]


@pytest.fixture
def spool(tmp_path):
    made = Spool(str(tmp_path / "spool.db"))
    yield made
    made.close()


def test_a_batch_is_the_same_bytes_until_it_is_acknowledged(spool, tmp_path):
    put(spool, "log", 1, 2)
    first = spool.next_batch(HEADER, 5)
    put(spool, "log", 3)
    spool.close()
    again = Spool(str(tmp_path / "spool.db")).next_batch(HEADER | {"sent_at": "later"}, 9)

    assert again == first
    assert [line.get("number") for line in lines(first)] == [None, 1, 2]


def test_batches_are_numbered_and_chained(spool):
    put(spool, "log", 1)
    first = spool.next_batch(HEADER, 5)
    spool.acknowledge(first.sequence)
    put(spool, "log", 2)
    second = spool.next_batch(HEADER, 6)

    assert (lines(first)[0]["sequence"], lines(first)[0]["previous"]) == (1, "")
    assert (lines(second)[0]["sequence"], lines(second)[0]["previous"]) == (2, sha256(first.body))
    spool.acknowledge(2)
    assert spool.next_batch(HEADER, 7) is None


def test_a_transaction_that_fails_leaves_nothing(spool):
    def fails():
        with spool.transaction():
            spool.add("log", 1, record("log", 1))
            spool.keep("log:/x", b"offset 9")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()

    assert spool.size() == (0, 0)
    assert spool.get("log:/x") is None


def test_the_least_valuable_is_dropped_first_and_told(tmp_path):
    spool = Spool(str(tmp_path / "spool.db"), limit_bytes=6 * len(record("log", 1)))
    put(spool, "log", 1, 2, 3)
    put(spool, "table", 4)
    put(spool, "drift", 5, 6, 7, 8)
    put(spool, "heartbeat", 9)
    batch = lines(spool.next_batch(HEADER, 20))

    kept = {(line["kind"], line.get("number")) for line in batch[1:]}
    gaps = {line["what"]: line["records"] for line in batch[1:] if line["kind"] == "gap"}
    assert {("drift", 6), ("drift", 7), ("drift", 8), ("heartbeat", 9)} <= kept
    assert gaps["log"] == 3
    assert gaps["log"] + gaps.get("table", 0) + gaps.get("drift", 0) == 9 - len(kept - {("gap", None)})
    spool.close()


def test_a_record_less_valuable_than_all_that_waits_is_dropped_itself(tmp_path):
    spool = Spool(str(tmp_path / "spool.db"), limit_bytes=2 * len(record("drift", 1)))
    put(spool, "drift", 1, 2)
    put(spool, "log", 3)
    batch = lines(spool.next_batch(HEADER, 20))

    assert [(line["kind"], line.get("number")) for line in batch[2:]] == [("drift", 1), ("drift", 2)]
    assert (batch[1]["what"], batch[1]["records"], batch[1]["cause"]) == ("log", 1, "the spool is full")
    spool.close()


def test_a_record_that_can_never_fit_drops_nothing_else(tmp_path):
    spool = Spool(str(tmp_path / "spool.db"), limit_bytes=100)
    put(spool, "log", 1)
    with spool.transaction():
        spool.add("table", 2, record("table", 2) + " " * 200)

    assert spool.size()[0] == 1
    assert lines(spool.next_batch(HEADER, 20))[1]["what"] == "table"
    spool.close()


def test_a_batch_that_is_refused_for_good_is_counted(spool):
    put(spool, "log", 1, 2, 3)
    batch = spool.next_batch(HEADER, 5)
    spool.refuse(batch, "400 bad", 6)
    after = lines(spool.next_batch(HEADER, 7))

    assert after[0]["sequence"] == 2
    assert (after[1]["what"], after[1]["records"]) == ("spool", 3)
    assert "400 bad" in after[1]["cause"]


def test_a_full_disk_takes_nothing_half(spool):
    put(spool, "log", 1)
    pages = spool._one("PRAGMA page_count")
    spool._one(f"PRAGMA max_page_count = {pages + 2}")

    def fills():
        with spool.transaction():
            for number in range(2, 1000):
                spool.add("log", number, record("log", number) + " " * 200)
            spool.keep("log:/x", b"far on")

    with pytest.raises(SpoolError) as found:
        fills()

    assert found.value.full
    assert spool.get("log:/x") is None
    assert spool.size()[0] == 1
    spool._one("PRAGMA max_page_count = 100000")
    put(spool, "log", 2)
    assert len(lines(spool.next_batch(HEADER, 5))) == 3


def test_another_enrolment_begins_a_new_chain(spool):
    spool.follow("first")
    put(spool, "log", 1)
    spool.next_batch(HEADER, 5)
    with spool.transaction():
        spool.keep("table:users", b"rows")
        spool.keep("log:lines:/x", b"offset")
    spool.follow("first")
    assert spool.last()[0] == 1
    spool.follow("second")

    assert spool.last() == (0, "")
    assert spool.get("table:users") is None
    assert spool.get("log:lines:/x") == b"offset"
    assert lines(spool.next_batch(HEADER, 6))[1]["cause"] == "1 batches of the enrolment before were not acknowledged"


def test_the_file_is_ours_alone(spool, tmp_path):
    assert (tmp_path / "spool.db").stat().st_mode & 0o777 == 0o600


def test_a_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "spool.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpoolError):
        Spool(str(tmp_path / "spool.db"))


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "spool.db").write_bytes(b"\0garbage" * 1000)
    with pytest.raises(SpoolError, match=r"spool\.db"):
        Spool(str(tmp_path / "spool.db"))


SENDER = """
import os, sys
from nephoscope.agent import tail
from nephoscope.agent.canonical import canonical
from nephoscope.agent.client import Client
from nephoscope.agent.host import Host
from nephoscope.agent.spool import Spool
import json
root, state, url, key = sys.argv[1:5]
spool, host = Spool(state), Host(root)
client = Client(url, bytes.fromhex(key), "test")
header = {"agent": "x", "boot": "b", "sent_at": "", "monotonic_s": 0}
while True:
    kept = spool.get("log")
    look = tail.poll(host, "/var/log/app.log", json.loads(kept) if kept else None, 1, 20000)
    with spool.transaction():
        for kind, text in look.records:
            spool.add(kind, 1, text)
        spool.keep("log", canonical(look.state).encode())
    batch = spool.next_batch(header, 1, 20000)
    if batch:
        answer = client.post("/upload", batch.body, "application/x-ndjson", "gzip")
        spool.acknowledge(answer.body["acknowledged"])
"""


@pytest.mark.slow
def test_killed_at_any_point_nothing_is_lost_and_nothing_doubled(tmp_path, gateway):
    """Real kills of a real sender while lines are written and the file is rotated."""
    key = bytes(range(32))
    from nephoscope.agent.identity import agent_id

    gateway.keys[agent_id(key)] = key
    log = tmp_path / "var/log/app.log"
    log.parent.mkdir(parents=True)
    log.write_text("before the first look\n")
    command = [sys.executable, "-c", SENDER, str(tmp_path), str(tmp_path / "spool.db"), gateway.url, key.hex()]
    chance = random.Random(7)
    written = 0

    def start():
        return subprocess.Popen(command, stderr=subprocess.PIPE)

    sender = start()
    wait_for(lambda: (tmp_path / "spool.db").exists() and spool_knows(tmp_path))
    for turn in range(25):
        with log.open("a") as file:
            for _ in range(chance.randrange(1, 400)):
                file.write(f"line {written} {'x' * chance.randrange(100)}\n")
                written += 1
        time.sleep(chance.random() * 0.12)
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        sender.stderr.close()
        if turn % 4 == 3:
            log.rename(log.with_name(f"app.log.{turn}"))
            log.write_text("")
        sender = start()
    try:
        wait_for(lambda: len(numbers(gateway)) >= written, 30)
    finally:
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        sender.stderr.close()

    assert numbers(gateway) == list(range(written))
    assert gateway.of("gap") == []


def spool_knows(folder):
    spool = Spool(str(folder / "spool.db"))
    try:
        return spool.get("log") is not None
    finally:
        spool.close()


def numbers(gateway):
    return sorted(int(line.split()[1]) for record in gateway.of("log") for line in record["lines"])


def wait_for(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)
