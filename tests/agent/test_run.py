import json
import random
import subprocess
import sys
import threading
import time

import pytest

from nephoscope.agent import enrol, own_log
from nephoscope.agent.canonical import digest_of, ordered
from nephoscope.agent.identity import Folder
from nephoscope.agent.run import RENEW_S, Agent, Stopped, resident_kb
from nephoscope.agent.spool import SpoolError
from tests.agent.gateway import TOKEN, a_policy, enveloped, problem


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path / "state"))


@pytest.fixture
def agent(folder, host, gateway):
    """An agent that is enrolled, and whatever it becomes when started again."""
    enrol.enrol(folder, host, gateway.url, TOKEN, int(time.time()), None)
    made = Agent(folder, host)
    yield made
    made.spool.close()


def steps(agent, count=4):
    """Let time pass, so that everything becomes due."""
    for _ in range(count):
        agent.step(max(agent._due.values(), default=time.monotonic()) + 10_000)


def test_an_agent_takes_its_policy_and_does_what_it_says(agent, gateway, tree):
    gateway.wanted = {"tables": {"users": 60, "nothing": 60}, "checks": {"names": ["uids_are_unique"], "seconds": 60}}
    tree({"/var/log/app.log": "old\n"})
    gateway.wanted["logs"] = [{"path": "/var/log/app.log", "kind": "lines"}]
    steps(agent, 2)
    tree({"/var/log/app.log": "old\nnew\n"})
    steps(agent, 3)

    assert agent.policy.version == 1
    beat = gateway.of("heartbeat")[-1]
    assert (beat["policy_version"], beat["uptime_s"], beat["agent_version"]) == (1, 1000, "0.1.0")
    assert [record["lines"] for record in gateway.of("log")] == [["new"]]
    assert {(each["name"], each["result"]) for each in gateway.of("check")} == {("uids_are_unique", "pass")}
    tables = gateway.of("table")
    [users] = [each for each in tables if each["name"] == "users" and "rows" in each]
    assert [row["name"] for row in users["rows"]] == ["ana", "root"]
    assert {each["cause"] for each in tables if each["name"] == "nothing"} == {"nothing: there is no such table"}
    assert own_log.verify(agent.folder.place("agent.log"))[1] == ""


def test_a_table_is_sent_whole_once_and_then_as_its_difference(agent, gateway, tree):
    gateway.wanted = {"tables": {"groups": 60}}
    steps(agent, 2)
    tree({"/etc/group": "root:x:0:\nana:x:1000:\nnew:x:7:\n"})
    steps(agent, 1)
    first, *_, last = gateway.of("table")

    assert first["digest"] == digest_of(ordered(first["rows"]))
    assert last["base"] == first["digest"]
    assert [row["name"] for row in last["added"]] == ["new"]
    assert sorted(row["name"] for row in last["removed"]) == ["shadow"]
    rows = [row for row in first["rows"] if row not in last["removed"]] + last["added"]
    assert digest_of(ordered(rows)) == last["digest"]


def test_a_gateway_that_lost_the_base_gets_the_table_whole(agent, gateway):
    gateway.wanted = {"tables": {"groups": 60}}
    steps(agent, 2)
    gateway.resend = ["groups", "unasked", 7]
    steps(agent, 2)

    assert ["rows" in each for each in gateway.of("table")].count(True) == 2


def test_what_cannot_be_sent_waits_and_is_sent_once(agent, gateway):
    gateway.answers["/fleet/v1/upload"] = [problem(503, "busy", {"Retry-After": "1"})] * 2
    steps(agent, 6)

    sequences = [header["sequence"] for header in gateway.headers]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(gateway.of("heartbeat")) >= 5


def test_a_host_that_waits_for_approval_asks_less_and_less_often(agent, gateway):
    gateway.answers["/fleet/v1/policy"] = [problem(403, "waiting")] * 3
    waits = []
    for _ in range(3):
        agent._due["policy"] = 0
        agent.step(time.monotonic())
        waits.append(agent._due["policy"] - time.monotonic())
    agent._due["policy"] = 0
    agent.step(time.monotonic())

    assert all(low < wait <= high for wait, low, high in zip(waits, (29, 59, 119), (60, 120, 240), strict=True))
    assert waits[2] > waits[0]
    assert agent.policy is not None


def test_a_wait_that_is_asked_for_is_kept_although_a_heartbeat_is_due(agent, gateway):
    gateway.answers["/fleet/v1/upload"] = [problem(429, "slow", {"Retry-After": "1000"})]
    agent.step(time.monotonic())
    agent._due["heartbeat"] = 0
    agent.step(time.monotonic())

    assert agent._due["upload"] - time.monotonic() > 990
    assert gateway.headers == []


def test_a_clone_stops_the_agent_until_it_is_enrolled_anew(agent, gateway, folder, host):
    gateway.answers["/fleet/v1/upload"] = [problem(409, "clone")]
    with pytest.raises(Stopped, match="two hosts use one key"):
        steps(agent)
    with pytest.raises(Stopped, match="two hosts use one key"):
        Agent(folder, host)
    enrol.enrol(folder, host, gateway.url, TOKEN, int(time.time()), None)
    again = Agent(folder, host)
    steps(again)

    assert again.identity.agent != agent.identity.agent
    assert gateway.headers[-1]["agent"] == again.identity.agent
    again.spool.close()


def test_a_copied_state_folder_does_not_run_elsewhere(agent, folder, host, tree):
    tree({"/etc/machine-id": "f" * 32})
    with pytest.raises(Stopped, match="not the one that enrolled"):
        Agent(folder, host)


def test_a_policy_that_is_not_to_be_trusted_changes_nothing(agent, gateway):
    steps(agent)
    held = agent.policy
    gateway.policies[agent.identity.agent] = enveloped(a_policy(agent.identity.agent, version=2, run="id"))
    steps(agent)

    assert agent.policy == held
    log = [json.loads(line) for line in agent.folder.read("agent.log").splitlines()]
    assert [each["cause"] for each in log if each["event"] == "failed"] == ["PolicyError: policy knows no key run"]


def test_a_policy_goes_only_forward_and_survives_a_restart(agent, gateway, folder, host):
    gateway.wanted = {"version": 5}
    steps(agent)
    again = Agent(folder, host)
    assert again.policy.version == 5
    gateway.policies[agent.identity.agent] = enveloped(a_policy(agent.identity.agent, version=4))
    steps(again)

    assert again.policy.version == 5
    again.spool.close()


def test_a_kept_policy_that_was_tampered_with_is_asked_for_anew(agent, gateway, folder, host):
    steps(agent)
    folder.write("policy.json", folder.read("policy.json").replace(b"e", b"f", 3))
    again = Agent(folder, host)
    assert again.policy is None
    steps(again)

    assert again.policy.version == 1
    again.spool.close()


def test_a_key_is_renewed_in_time_and_batches_go_on(agent, gateway):
    steps(agent)
    before = agent.identity
    agent.identity = before._replace(renewed=before.renewed - RENEW_S - 1)
    steps(agent)

    assert agent.identity.agent != before.agent
    assert gateway.headers[-1]["agent"] == agent.identity.agent
    sequences = [header["sequence"] for header in gateway.headers]
    assert sequences == list(range(1, len(sequences) + 1))


def test_a_renewal_that_was_cut_off_is_taken_up(agent, gateway, folder):
    steps(agent)
    key = b"n" * 32
    folder.write(enrol.RENEWING, key)
    gateway.renewed = gateway.answer(
        "POST", "/fleet/v1/renew", *signed(agent, "/fleet/v1/renew", {"key": "bm5u" * 10 + "bm4="})
    )
    steps(agent)

    assert agent.identity.key == key
    assert gateway.headers[-1]["agent"] == agent.identity.agent


def signed(agent, path, told):
    from nephoscope.agent.identity import authorization

    body = json.dumps(told).encode()
    header = authorization(agent.identity.key, "POST", path, body, int(time.time()), "0" * 32)
    return {"Authorization": header}, body


def test_a_clock_that_is_off_is_a_gap(folder, host, gateway):
    enrol.enrol(folder, host, gateway.url, TOKEN, int(time.time()), None)
    agent = Agent(folder, host, clock=lambda: time.time() - 9000)
    steps(agent)
    agent.spool.close()

    [told] = [each for each in gateway.of("gap") if each["what"] == "clock"]
    assert "-9000 s off" in told["cause"] or "-8999 s off" in told["cause"]


def test_a_log_that_cannot_be_read_is_a_gap_told_once(agent, gateway, tree):
    tree({"/var/log/x": "a file where a folder belongs"})
    gateway.wanted = {"logs": [{"path": "/var/" + "n" * 300, "kind": "lines"}]}
    steps(agent, 5)

    assert len([each for each in gateway.of("gap") if each["what"] == "log"]) == 1


def test_a_full_disk_is_told_when_there_is_room_again(agent, gateway):
    steps(agent)
    pages = agent.spool._one("PRAGMA page_count")
    agent.spool._one(f"PRAGMA max_page_count = {pages}")
    gateway.answers["/fleet/v1/upload"] = [problem(503, "busy")] * 1000

    def fill():
        for number in range(400):
            with agent.spooling():
                agent.spool.add("check", number, json.dumps({"kind": "check", "name": "x" * 500, "at": number}))

    with pytest.raises(SpoolError, match="full"):
        fill()
    agent.spool._one("PRAGMA max_page_count = 1000000")
    gateway.answers.clear()
    agent._due.clear()
    steps(agent, 2)

    assert "the disk was full" in [each["cause"] for each in gateway.of("gap")]


def test_a_batch_that_is_refused_for_good_does_not_stand_in_the_way(agent, gateway):
    gateway.answers["/fleet/v1/upload"] = [problem(400, "bad")]
    steps(agent)

    assert gateway.headers[0]["sequence"] == 2
    assert [each["what"] for each in gateway.of("gap")] == ["spool"]


def test_running_ends_when_it_is_told_to(agent):
    stop = threading.Event()
    thread = threading.Timer(0.3, stop.set)
    thread.start()
    began = time.monotonic()
    made = Agent(agent.folder, agent.host)
    made.run(stop)
    thread.join()

    assert time.monotonic() - began < 5
    assert json.loads(agent.folder.read("agent.log").splitlines()[-1])["event"] == "ended"


def test_our_own_memory_is_known():
    assert resident_kb() > 1000


FAST = """
import sys, threading
from nephoscope.agent import run
from nephoscope.agent.host import Host
from nephoscope.agent.identity import Folder
run.LOGS_S = run.UPLOAD_S = 0.02
run.Agent(Folder(sys.argv[1]), Host(sys.argv[2])).run(threading.Event())
"""


@pytest.mark.slow
def test_an_agent_killed_at_any_point_loses_and_doubles_nothing(agent, gateway, folder, host, tree):
    """The whole agent, killed thirty times: lines, tables, the chain of batches and its own log."""
    gateway.wanted = {"logs": [{"path": "/var/log/app.log", "kind": "lines"}], "tables": {"groups": 10}}
    log = tree({"/var/log/app.log": "old\n"}) / "var/log/app.log"
    steps(agent, 3)
    agent.spool.close()
    chance, written = random.Random(11), 0
    for turn in range(30):
        process = subprocess.Popen([sys.executable, "-c", FAST, folder.path, host.root], stderr=subprocess.PIPE)
        with log.open("a") as file:
            for _ in range(chance.randrange(1, 60)):
                file.write(f"line {written}\n")
                written += 1
        time.sleep(0.25 + chance.random() * 0.3)
        process.kill()
        said = process.communicate()[1]
        assert said == b""
        if turn % 7 == 6:
            log.rename(log.with_name(f"app.log.{turn}"))
            log.write_text("")
    again = Agent(folder, host)
    again._due["upload"] = 0
    steps(again, 3)
    again.spool.close()

    lines = [line for record in gateway.of("log") for line in record["lines"]]
    assert sorted(int(line.split()[1]) for line in lines) == list(range(written))
    assert [header["sequence"] for header in gateway.headers] == list(range(1, len(gateway.headers) + 1))
    assert len(gateway.headers) > 20
    assert gateway.of("gap") == []
    assert own_log.verify(folder.place("agent.log"))[1] == ""
