"""Lines of hosts: into the queue with their upload, out of it once in the lake, each once whatever a kill hits."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.folder_source import listener
from tests.pipeline.agents import Agent, cloud

from nephoscope.clouds import Clouds
from nephoscope.detect.loading import load_rules
from nephoscope.fleet.policy import opened_policy_key
from nephoscope.fleet.tokens import make_token
from nephoscope.keep import Stores
from nephoscope.model.errors import HostRefused, SourceError
from nephoscope.pipeline import Logs, host_logs
from nephoscope.pipeline.fleet import Fleet, add_token
from nephoscope.pipeline.host_logs import NAME, HostLogs
from nephoscope.pipeline.uploads import upload
from nephoscope.store.events import count_events, events_between
from nephoscope.store.fleet import get_host
from nephoscope.store.gaps import list_gaps
from nephoscope.store.host_logs import list_host_logs
from nephoscope.store.ledger import open_ledger

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
HEAD = "2026-05-02T11:59:{:02}+00:00 web-1 sshd[812]: "
FAILED = [f"{HEAD.format(number)}Failed password for root from 203.0.113.9 port 4 ssh2" for number in range(5)]
IN = f"{HEAD.format(30)}Accepted password for root from 203.0.113.9 port 5 ssh2"


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return opened_policy_key(tmp_path_factory.mktemp("data") / "policy.key")


@pytest.fixture
def fleet(tmp_path, key, lake):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Fleet(Stores(lake, ledger, listener()), key, clock=lambda: NOW)


@pytest.fixture
def agent(fleet):
    text, made = make_token(fleet.key.fingerprint, 9, NOW, NOW + timedelta(hours=1), {}, "ada")
    with fleet.stores.ledger.write() as connection:
        add_token(connection, made)
    agent = Agent(1, fleet.clock)
    fleet.enrol(agent.enrolment(text, cloud=cloud()))
    return agent


@pytest.fixture
def logs(fleet):
    return lambda: Logs(NAME, HostLogs(ledger=fleet.stores.ledger), Clouds(), fleet.stores, load_rules())


def log(*lines, source="journald", **others):
    return {"kind": "log", "source": source, "at": AT, "lines": lines, "first_offset": 0, "file": "x", **others}


def syslog(*lines):
    return log(*lines, source="/var/log/audit/audit.log")


def queue(fleet):
    with fleet.stores.ledger.read() as connection:
        return [each.uri for each in list_host_logs(connection)]


def rules_of(fleet):
    return {each.title for each in fleet.stores.listener.findings}


def test_lines_become_events_and_findings_of_their_instance(fleet, agent, logs):
    upload(fleet, agent.upload(syslog(*FAILED), syslog(IN)))
    assert len(queue(fleet)) == 1
    logs().collect()

    assert queue(fleet) == []
    events = events_between(fleet.stores.lake, NOW - timedelta(hours=1), NOW)
    assert len(events) == 6
    assert {event["src_endpoint.ip"] for event in events} == {"203.0.113.9"}
    assert {event["class_uid"] for event in events} == {3002}
    found = {each.title: each for each in fleet.stores.listener.findings}
    assert found.keys() == {"SSH sign-in succeeded after repeated failures", "Root signed in by SSH with a password"}
    with fleet.stores.ledger.read() as connection:
        host = get_host(connection, agent.id)
    by_password = found["Root signed in by SSH with a password"]
    assert by_password.resource.id == host.instance
    assert by_password.resource.account == host.account
    assert by_password.actor.ip == "203.0.113.9"


def test_lines_are_kept_once_wherever_a_kill_hits(fleet, agent, logs, monkeypatch):
    upload(fleet, agent.upload(syslog(*FAILED)))

    def dies(*_):
        raise Killed

    with monkeypatch.context() as broken:  # in the lake, and not in the ledger yet
        broken.setattr("nephoscope.keep.finish_batch", dies)
        with pytest.raises(Killed):
            logs().collect()
    with monkeypatch.context() as broken:  # done, and still in the queue
        broken.setattr(HostLogs, "acknowledge", dies)
        with pytest.raises(Killed):
            logs().collect()
    assert len(queue(fleet)) == 1
    logs().collect()
    assert queue(fleet) == []
    assert count_events(fleet.stores.lake) == 5


def test_an_upload_that_comes_again_queues_nothing(fleet, agent):
    body = agent.batch(syslog(IN))
    for _ in range(2):
        upload(fleet, agent.asked("POST", "/upload", body))
    assert len(queue(fleet)) == 1


def test_lines_of_a_log_that_no_policy_asks_for_are_a_gap(fleet, agent):
    upload(fleet, agent.upload(log(IN, source="/home/ada/diary")))
    with fleet.stores.ledger.read() as connection:
        [gap] = list_gaps(connection, area="host")
    assert "no policy asks for" in gap.gap.cause
    assert queue(fleet) == []


def test_hosts_keep_their_lines_while_too_many_wait(fleet, agent, monkeypatch):
    monkeypatch.setattr(host_logs, "MOST_WAITING", 10)
    upload(fleet, agent.upload(syslog(IN)))
    body = agent.batch(syslog(IN))
    with pytest.raises(HostRefused, match="faster"):
        upload(fleet, agent.asked("POST", "/upload", body))
    with fleet.stores.ledger.read() as connection:
        assert get_host(connection, agent.id).sequence == 1
    monkeypatch.undo()
    assert upload(fleet, agent.asked("POST", "/upload", body))["acknowledged"] == 2


def test_what_left_the_queue_is_named(fleet, agent, logs):
    upload(fleet, agent.upload(syslog(IN)))
    source = HostLogs(ledger=fleet.stores.ledger)
    [one] = source.objects(Clouds(), ())
    source.acknowledge(Clouds(), [one])
    with pytest.raises(SourceError, match="not in the queue"):
        source.open(Clouds(), one)
    assert list(source.objects(Clouds(), ())) == []
