import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.folder_source import listener
from tests.pipeline.agents import Agent, cloud

from nephoscope.fleet.policy import Demands, opened_policy_key
from nephoscope.fleet.tokens import make_token
from nephoscope.keep import Stores
from nephoscope.model.errors import HostRefused
from nephoscope.pipeline.fleet import Fleet, add_token, approve, revoke, state_of
from nephoscope.store.fleet import get_host, get_token, list_hosts
from nephoscope.store.ledger import open_ledger


class Clock:
    def __init__(self):
        self.now = datetime(2026, 5, 2, 12, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return opened_policy_key(tmp_path_factory.mktemp("data") / "policy.key")


@pytest.fixture
def fleet(tmp_path, key):
    """A gateway that knows nobody."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Fleet(Stores(None, ledger, listener()), key, clock=Clock())


def token(fleet, uses=1):
    now = fleet.clock()
    text, made = make_token(fleet.key.fingerprint, uses, now, now + timedelta(hours=1), {"team": "web"}, "ada")
    with fleet.stores.ledger.write() as connection:
        add_token(connection, made)
    return text


def joined(fleet, number=1, **others):
    agent = Agent(number, fleet.clock)
    fleet.enrol(agent.enrolment(token(fleet), **others))
    return agent


def refused(call, *arguments):
    with pytest.raises(HostRefused) as error:
        call(*arguments)
    return error.value.kind


def host(fleet, agent):
    with fleet.stores.ledger.read() as connection:
        return get_host(connection, agent.id)


def test_a_host_joins_by_a_token_under_an_id_that_its_key_makes(fleet):
    agent, text = Agent(1, fleet.clock), token(fleet)
    answer = fleet.enrol(agent.enrolment(text, cloud=cloud()))

    assert answer == {
        "agent": agent.id,
        "policy_key": fleet.key.public,
        "time": int(fleet.clock().timestamp()),
        "state": "enrolled",
    }
    kept = host(fleet, agent)
    assert (kept.instance, kept.tags, kept.image) == ("i-0123456789abcdef0", {"team": "web"}, "ami-1")


def test_the_same_host_may_ask_again_after_a_crash_and_uses_nothing_up(fleet):
    agent, text = Agent(1, fleet.clock), token(fleet)
    fleet.enrol(agent.enrolment(text))

    assert fleet.enrol(agent.enrolment(text))["state"] == "enrolled"
    with fleet.stores.ledger.read() as connection:
        assert get_token(connection, text.split("_")[1]).uses == 0


def test_a_token_that_is_used_up_expired_or_made_up_lets_nobody_in(fleet):
    text = token(fleet)
    joined(fleet)
    fleet.enrol(Agent(2, fleet.clock).enrolment(text))

    assert refused(fleet.enrol, Agent(3, fleet.clock).enrolment(text)) == "token"
    late = token(fleet)
    fleet.clock.now += timedelta(hours=1)
    assert refused(fleet.enrol, Agent(3, fleet.clock).enrolment(late)) == "token"
    assert refused(fleet.enrol, Agent(3, fleet.clock).enrolment("njt_" + "0" * 90)) == "token"
    with fleet.stores.ledger.read() as connection:
        assert len(list_hosts(connection)) == 2


@pytest.mark.parametrize("same", [{"cloud": cloud()}, {"machine_id": "ab" * 16}])
def test_the_first_of_an_instance_or_machine_wins_and_another_waits_for_a_person(fleet, same):
    first, second = joined(fleet, 1, **same), joined(fleet, 2, **same)

    assert (host(fleet, first).state, host(fleet, second).state) == ("enrolled", "waiting")
    assert refused(fleet.policy, second.asked("GET", "/policy")) == "waiting"
    with fleet.stores.ledger.write() as connection:
        assert approve(connection, first.id, fleet.clock()) is None
        fleet.clock.now += timedelta(hours=9)
        approved = approve(connection, second.id, fleet.clock())
    assert state_of(approved, fleet.clock(), 60) == "enrolled"
    fleet.policy(second.asked("GET", "/policy"))
    assert host(fleet, first).state == "revoked"
    assert refused(fleet.policy, first.asked("GET", "/policy")) == "unknown-agent"


def test_a_policy_is_signed_for_its_host_and_stays_the_same_until_it_changes(fleet):
    agent = joined(fleet)
    etag, envelope = fleet.policy(agent.asked("GET", "/policy"))
    policy = json.loads(base64.b64decode(envelope["policy"]))

    assert (policy["agent"], policy["version"]) == (agent.id, 1)
    fleet.clock.now += timedelta(days=10)
    assert fleet.policy(agent.asked("GET", "/policy"))[0] == etag
    fleet.demands = replace(Demands(), heartbeat_s=30)
    changed, envelope = fleet.policy(agent.asked("GET", "/policy"))
    assert changed != etag
    assert json.loads(base64.b64decode(envelope["policy"]))["version"] == 2


def test_a_policy_is_issued_anew_before_it_expires(fleet):
    agent = joined(fleet)
    fleet.policy(agent.asked("GET", "/policy"))
    fleet.clock.now += timedelta(days=16)
    policy = json.loads(base64.b64decode(fleet.policy(agent.asked("GET", "/policy"))[1]["policy"]))

    assert policy["version"] == 2
    assert policy["expires"] == int((fleet.clock.now + timedelta(days=30)).timestamp())


def test_a_request_comes_once_in_time_and_from_who_signed_it(fleet):
    agent, other = joined(fleet), Agent("other", fleet.clock)
    asked = agent.asked("GET", "/policy")
    now = int(fleet.clock().timestamp())
    fleet.policy(asked)

    assert refused(fleet.policy, asked) == "replay"
    assert refused(fleet.policy, agent.asked("GET", "/policy", time=now - 301)) == "clock"
    assert refused(fleet.policy, other.asked("GET", "/policy")) == "unknown-agent"
    assert refused(fleet.policy, replace(agent.asked("GET", "/policy"), path="/fleet/v1/leave")) == "unknown-agent"
    assert refused(fleet.policy, replace(asked, authorization="")) == "unknown-agent"


def test_a_forged_request_does_not_use_up_a_nonce(fleet):
    agent = joined(fleet)
    asked = agent.asked("GET", "/policy", nonce="1" * 32)
    refused(fleet.policy, replace(asked, body=b"x"))

    fleet.policy(asked)


def test_a_renewed_host_keeps_its_id_and_its_old_key_opens_nothing(fleet):
    agent, new = joined(fleet), Agent("new", fleet.clock)
    body = json.dumps({"key": base64.b64encode(new.key).decode()}).encode()

    assert fleet.renew(agent.asked("POST", "/renew", body))["agent"] == new.id
    assert refused(fleet.policy, agent.asked("GET", "/policy")) == "unknown-agent"
    fleet.policy(new.asked("GET", "/policy"))
    assert host(fleet, agent).agent == new.id
    again = json.dumps({"key": base64.b64encode(agent.key).decode()}).encode()
    assert refused(fleet.renew, new.asked("POST", "/renew", again)) == "unreadable"
    assert refused(fleet.enrol, agent.enrolment(token(fleet))) == "token"
    for body in (b"", b"{}", b'{"key":"x"}', b"[" * 10_000):
        assert refused(fleet.renew, new.asked("POST", "/renew", body)) == "unreadable"


def test_a_host_that_left_or_was_revoked_is_unknown_and_its_key_is_forgotten(fleet):
    first, second = joined(fleet, 1), joined(fleet, 2)
    fleet.leave(first.asked("POST", "/leave", b"{}"))
    with fleet.stores.ledger.write() as connection:
        assert revoke(connection, second.id, "stolen").state == "revoked"
        assert revoke(connection, second.id, "stolen") is None
        assert revoke(connection, first.id, "stolen") is None

    for agent, state in ((first, "left"), (second, "revoked")):
        assert refused(fleet.policy, agent.asked("GET", "/policy")) == "unknown-agent"
        assert (host(fleet, agent).state, host(fleet, agent).secret) == (state, "")
        assert refused(fleet.enrol, agent.enrolment(token(fleet))) == "token"


def test_where_certificates_are_named_an_instance_has_to_prove_itself(fleet):
    fleet.clouds = []

    assert refused(fleet.enrol, Agent(1, fleet.clock).enrolment(token(fleet), cloud=cloud())) == "identity"
    assert fleet.enrol(Agent(2, fleet.clock).enrolment(token(fleet)))["state"] == "enrolled"
