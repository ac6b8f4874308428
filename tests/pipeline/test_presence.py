from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.item import Item
from nephoscope.pipeline.presence import HOST_SILENT, UNWATCHED, Presence, launched_at
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.fleet import Host, Token, put_host, put_token
from nephoscope.store.items import Revision, digest_of, insert_revisions

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-west-1"
HOST = Host(
    "a" * 32, "a" * 32, "c2VjcmV0", "enrolled", NOW, "aws", "i-1", account=ACCOUNT, region=REGION, last_seen_at=NOW
)
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def presence(stores):
    """The arrow, from noon on."""
    return Presence(stores, 60, Clock())


def at(presence, minutes):
    presence.clock.now = NOW + minutes * MINUTE
    assert presence.round() is False
    with presence.stores.ledger.read() as connection:
        stored = list_findings(connection, FindingFilter(status=("open",)))
    return {each.finding.rule: each.finding for each in stored}


def keep(presence, *hosts):
    with presence.stores.ledger.write() as connection:
        for host in hosts:
            put_host(connection, host)


def instance(presence, state="running", minutes=0, launched=NOW, gone=False, id_="i-1"):
    configuration, when = {"State": {"Name": state}}, NOW + minutes * MINUTE
    item = Item(
        "AWS::EC2::Instance", id_, ACCOUNT, REGION, configuration,
        observed={"LaunchTime": launched.isoformat()}, captured_at=when,
    )  # fmt: skip
    insert_revisions(presence.stores.lake, [Revision(item, digest_of(item), when, "", gone)], f"{id_}{state}{minutes}")


def test_an_agent_that_misses_three_heartbeats_is_found_until_it_is_heard(presence):
    keep(presence, HOST)
    instance(presence)
    assert at(presence, 3) == {}
    found = at(presence, 4)
    assert found[HOST_SILENT].reason == "last heard of: 2026-05-02 12:00 UTC; its instance is running"
    assert found[HOST_SILENT].resource.id == "i-1"

    keep(presence, replace(HOST, last_seen_at=NOW + 5 * MINUTE))
    assert at(presence, 6) == {}


@pytest.mark.parametrize("state", ["stopped", "stopping", "shutting-down", "terminated"])
def test_silence_of_a_stopped_instance_is_no_finding(presence, state):
    keep(presence, HOST)
    instance(presence, state)
    assert at(presence, 10) == {}


def test_silence_ends_when_the_inventory_says_that_the_instance_is_gone(presence):
    keep(presence, HOST)
    instance(presence)
    assert HOST_SILENT in at(presence, 10)
    instance(presence, minutes=11, gone=True)
    assert at(presence, 12) == {}


def test_silence_of_what_the_inventory_does_not_know_is_found(presence):
    keep(presence, HOST)
    keep(presence, replace(HOST, id="b" * 32, agent="b" * 32, instance="", account="", last_seen_at=None))
    assert at(presence, 10)[HOST_SILENT]


@pytest.mark.parametrize("state", ["left", "revoked", "waiting", "tampered"])
def test_silence_of_who_should_not_be_heard_is_none(presence, state):
    keep(presence, HOST)
    instance(presence)
    assert HOST_SILENT in at(presence, 10)
    keep(presence, replace(HOST, state=state))
    assert HOST_SILENT not in at(presence, 11)


def test_our_own_absence_is_nobodys_silence(presence, stores):
    keep(presence, HOST)
    instance(presence)
    assert HOST_SILENT in at(presence, 10)
    presence.clock.now = NOW + 60 * MINUTE
    restarted = Presence(stores, 60, presence.clock)

    assert HOST_SILENT in at(restarted, 61)  # nothing proves that it ended
    keep(restarted, replace(HOST, last_seen_at=NOW + 61 * MINUTE))
    assert at(restarted, 64) == {}


def test_an_instance_that_runs_without_an_agent_is_found_once_tokens_are_made(presence):
    instance(presence)
    assert at(presence, 60) == {}
    with presence.stores.ledger.write() as connection:
        put_token(connection, Token("0" * 12, "", 1, NOW, {}, "ada", NOW))
    found = at(presence, 61)
    assert (found[UNWATCHED].resource.id, found[UNWATCHED].kind) == ("i-1", "compliance")

    keep(presence, replace(HOST, last_seen_at=NOW + 61 * MINUTE))
    assert at(presence, 62) == {}


def test_an_instance_has_a_while_to_enrol_and_a_stopped_one_need_not(presence):
    keep(presence, replace(HOST, instance="i-9", last_seen_at=NOW + 19 * MINUTE))
    instance(presence, launched=NOW + 5 * MINUTE)
    instance(presence, "stopped", id_="i-2")
    assert at(presence, 20) == {}
    assert at(presence, 21)[UNWATCHED].resource.id == "i-1"
    instance(presence, "stopped", minutes=22)
    assert UNWATCHED not in at(presence, 23)


def test_a_waiting_host_watches_nothing(presence):
    keep(presence, replace(HOST, state="waiting"))
    instance(presence)
    assert UNWATCHED in at(presence, 20)


def test_a_start_that_is_not_known_is_when_it_was_first_read():
    assert launched_at({}, NOW) == launched_at({"LaunchTime": "soon"}, NOW) == NOW
    assert launched_at({"LaunchTime": "2026-05-01T00:00:00"}, NOW) == datetime(2026, 5, 1, tzinfo=UTC)
    assert launched_at({"LaunchTime": NOW - MINUTE}, NOW) == NOW - MINUTE
