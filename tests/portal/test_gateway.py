"""Host agents call without a user, and get nowhere without a token or a signature."""

import gzip
import json
from datetime import timedelta

import pytest
from tests.pipeline.agents import Agent, cloud
from tests.portal.serving import Browser

from nephoscope.fleet.pace import Pace
from nephoscope.fleet.policy import opened_policy_key
from nephoscope.fleet.tokens import make_token
from nephoscope.pipeline.fleet import add_token, policy_key
from nephoscope.portal.app import make_app
from nephoscope.store.fleet import get_host

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def key_content(tmp_path_factory):
    """A policy key: making one takes a while."""
    file = tmp_path_factory.mktemp("key") / "policy.key"
    opened_policy_key(file)
    return file.read_bytes()


@pytest.fixture
def wire(portal, key_content):
    """What sends an agent's requests to the gateway."""
    file = portal.config.data / "fleet" / "policy.key"
    file.parent.mkdir()
    file.touch(0o600)
    file.write_bytes(key_content)
    return Wire(portal)


class Wire:
    def __init__(self, portal):
        self.portal, self.browser = portal, Browser(make_app(portal), headers={})

    def token(self, uses=9):
        now = self.portal.clock()
        fingerprint = policy_key(self.portal.config).fingerprint
        text, made = make_token(fingerprint, uses, now, now + timedelta(hours=1), {}, "ada")
        with self.portal.ledger.write() as connection:
            add_token(connection, made)
        return text

    def enrol(self, agent, **others):
        body = agent.enrolment(others.pop("token", None) or self.token(), **others)
        return self.browser.request("POST", "/fleet/v1/enrol", content=body, headers=JSON)

    def send(self, asked, **headers):
        sent = {**(LINES if asked.path.endswith("upload") else JSON), "Authorization": asked.authorization, **headers}
        return self.browser.request(asked.method, asked.path, content=asked.body, headers=sent)


@pytest.fixture
def agent(wire):
    agent = Agent(1, wire.portal.clock)
    assert wire.enrol(agent).status_code == 200
    return agent


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_a_host_joins_and_gets_its_policy_once(wire, agent):
    answer = wire.send(agent.asked("GET", "/policy"))

    assert answer.status_code == 200
    assert set(answer.json()) == {"policy", "signature"}
    again = wire.send(agent.asked("GET", "/policy"), **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_upload_is_acknowledged_and_names_the_policy(wire, agent):
    beat = {"kind": "heartbeat", "at": 5, "uptime_s": 1}
    answer = wire.send(agent.upload(beat))

    assert (answer.status_code, answer.json()["acknowledged"], answer.json()["resend"]) == (200, 1, [])
    etag = wire.send(agent.asked("GET", "/policy")).headers["etag"]
    assert etag == f'"{answer.json()["policy"]}"'


def test_a_second_of_the_same_instance_waits(wire):
    first, second = Agent(1, wire.portal.clock), Agent(2, wire.portal.clock)
    assert wire.enrol(first, cloud=cloud()).json()["state"] == "enrolled"
    answer = wire.enrol(second, cloud=cloud())

    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert problem(wire.send(second.asked("GET", "/policy"))) == (403, "waiting")
    assert problem(wire.send(second.upload())) == (403, "waiting")


def test_without_a_right_token_nobody_joins(wire):
    agent = Agent(1, wire.portal.clock)

    assert problem(wire.enrol(agent, token="njt_" + "0" * 90)) == (403, "token")
    assert problem(wire.browser.request("POST", "/fleet/v1/enrol", content=b"{", headers=JSON)) == (400, "unreadable")
    assert problem(wire.browser.request("POST", "/fleet/v1/enrol", content=b"{}")) == (415, "bad-media")
    big = json.dumps({"token": "x" * 300_000}).encode()
    assert problem(wire.browser.request("POST", "/fleet/v1/enrol", content=big, headers=JSON)) == (413, "too-large")


def test_an_address_that_tries_tokens_is_told_to_wait(wire):
    wire.browser.app.state.gateway.joining = Pace(2, 1e6)  # so slow that no machine is slower
    agent = Agent(1, wire.portal.clock)
    answers = [wire.enrol(agent, token="njt_" + "0" * 90) for _ in range(3)]

    assert [problem(each) for each in answers[:2]] == [(403, "token")] * 2
    assert problem(answers[-1]) == (429, "too-many")
    assert int(answers[-1].headers["retry-after"]) >= 1
    wire.browser.address = "192.0.2.7"
    assert problem(wire.enrol(agent, token="njt_" + "0" * 90)) == (403, "token")


@pytest.mark.parametrize("path", ["/policy", "/upload", "/renew", "/leave"])
def test_without_a_signature_nothing_answers_not_even_to_an_administrator(wire, admin, path):
    method = "GET" if path == "/policy" else "POST"
    media = LINES if path == "/upload" else JSON
    for sender in (wire.browser, admin):
        answer = sender.request(method, f"/fleet/v1{path}", content=b"{}", headers=media)
        assert problem(answer) == (401, "unknown-agent")


def test_a_request_comes_once_and_in_time(wire, agent):
    asked = agent.asked("GET", "/policy")
    wire.send(asked)
    assert problem(wire.send(asked)) == (401, "replay")

    now = int(wire.portal.clock().timestamp())
    late = wire.send(agent.asked("GET", "/policy", time=now - 400))
    assert problem(late) == (401, "clock")
    assert late.json()["time"] == now


def test_a_signature_is_of_the_path_as_it_came_with_its_query(wire, agent):
    assert wire.send(agent.asked("GET", "/policy?a=%2F&b")).status_code == 200
    asked = agent.asked("GET", "/policy?a=1")
    moved = wire.browser.request("GET", "/fleet/v1/policy?a=2", headers={"Authorization": asked.authorization})
    assert problem(moved) == (401, "unknown-agent")


def test_a_clone_stops(wire, agent):
    wire.send(agent.upload())
    clone = Agent(1, wire.portal.clock)
    clone.sequence, clone.previous = 1, "0" * 64

    assert problem(wire.send(clone.upload())) == (409, "clone")
    assert problem(wire.send(agent.upload())) == (409, "clone")


def test_what_is_too_large_or_no_gzip_is_refused(wire, agent):
    bomb = agent.asked("POST", "/upload", gzip.compress(bytes(65 << 20)))
    assert problem(wire.send(bomb)) == (413, "too-large")
    assert problem(wire.send(agent.asked("POST", "/upload", b"x" * ((4 << 20) + 1)))) == (413, "too-large")
    assert problem(wire.send(agent.asked("POST", "/upload", b"x"))) == (400, "unreadable")
    assert problem(wire.send(agent.upload(), **{"Content-Encoding": "br"})) == (400, "unreadable")
    assert problem(wire.send(agent.upload(), **{"Content-Type": "application/json"})) == (415, "bad-media")
    big = agent.asked("POST", "/upload", gzip.compress(bytes(range(256)) * 8, 0).ljust(3 << 20, b"x"))
    assert problem(wire.send(big)) == (400, "unreadable")


def test_a_host_renews_its_key_and_leaves(wire, agent):
    import base64

    new = Agent("new", wire.portal.clock)
    body = json.dumps({"key": base64.b64encode(new.key).decode()}).encode()
    assert wire.send(agent.asked("POST", "/renew", body)).json()["agent"] == new.id
    assert wire.send(new.asked("POST", "/leave", b"{}")).status_code == 200
    assert problem(wire.send(new.asked("GET", "/policy"))) == (401, "unknown-agent")
    with wire.portal.ledger.read() as connection:
        assert get_host(connection, agent.id).state == "left"
