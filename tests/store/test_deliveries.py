from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.samples import NOON, failed_check

from nephoscope.store.deliveries import (
    CLAIM,
    Delivery,
    acknowledge,
    acknowledged_at,
    cancel_held,
    claim,
    count_deliveries,
    delivery_id,
    drop,
    due_of,
    due_states,
    forget_deliveries,
    get_deliveries,
    last_sent_at,
    list_deliveries,
    put_deliveries,
    put_failed,
    put_sent,
    put_state_of,
    release,
    release_held,
    retry,
    told_by,
)
from nephoscope.store.findings import upsert_findings

MINUTE = timedelta(minutes=1)


def delivery(number=1, subject="f1", **more):
    """A delivery about a finding."""
    values = {"exporter": "chat", "route": "all", "what": "opened", "state": "waiting", "due_at": NOON}
    values |= more
    id_ = delivery_id(values["exporter"], values["route"], subject, number)
    return Delivery(
        id_, title="Title", subject=subject, revision=number, number=number, body={"n": number}, made_at=NOON, **values
    )


@pytest.fixture
def put(ledger):
    """Keeps deliveries."""

    def put(*made):
        with ledger.write() as connection:
            put_deliveries(connection, made)
        return made

    return put


@pytest.fixture
def take(ledger):
    """Takes what is due in hand; gives the numbers."""

    def take(now=NOON, by="one", limit=10):
        with ledger.write() as connection:
            return [each.number for each in claim(connection, "chat", by, now, limit)]

    return take


def states(ledger):
    with ledger.read() as connection:
        return {each.number: each.state for each in list_deliveries(connection)}


def test_the_same_thing_is_kept_once(ledger, put):
    made = put(delivery(), delivery(2, "f2"))
    put(replace(made[0], body={"n": "again"}))

    with ledger.read() as connection:
        assert [each.body for each in get_deliveries(connection, [each.id for each in made])] == [{"n": 1}, {"n": 2}]
        assert get_deliveries(connection, ["nothing"]) == []
    assert delivery_id("chat", "a", "f", 1) != delivery_id("chat", "a", "f", 1, "escalated")


def test_what_is_due_is_taken_in_hand_once_and_in_order(put, take):
    put(delivery(2, "f2"), delivery(1), delivery(3, "f3", due_at=NOON + MINUTE), delivery(4, "f4", exporter="other"))

    assert take() == [1, 2]
    assert take() == []
    assert take(NOON + MINUTE) == [3]


def test_of_each_finding_only_the_first_is_taken_until_it_was_sent(ledger, put, take):
    first, *_ = put(delivery(1), delivery(2, what="resolved"), delivery(3, "f2"))

    assert take() == [1, 3]
    assert take() == []
    with ledger.write() as connection:
        put_sent(connection, [first.id], NOON)
    assert take() == [2]


def test_what_a_dead_process_had_in_hand_is_taken_by_another_when_its_time_is_over(put, take):
    put(delivery())

    assert take(by="dead") == [1]
    assert take(NOON + CLAIM - MINUTE, by="other") == []
    assert take(NOON + CLAIM, by="other") == [1]


def test_a_process_that_starts_again_lets_go_of_what_it_had_in_hand(ledger, put, take):
    put(delivery(), delivery(2, "f2"))
    assert take(by="one", limit=1) == [1]
    assert take(by="two", limit=1) == [2]

    with ledger.write() as connection:
        assert release(connection, "chat", "one") == 1
    assert take(by="one") == [1]


def test_a_failure_is_tried_again_later_and_parked_when_there_is_no_later(ledger, put, take):
    [one] = put(delivery())
    take()
    with ledger.write() as connection:
        put_failed(connection, one.id, "is down", NOON + MINUTE, is_refused=False)
    assert take() == []
    assert take(NOON + MINUTE) == [1]
    with ledger.write() as connection:
        put_failed(connection, one.id, "refused", None)
        [found] = get_deliveries(connection, [one.id])
    assert (found.state, found.tries, found.error) == ("parked", 1, "refused")
    assert take(NOON + CLAIM * 2) == []


def test_what_is_parked_holds_what_is_behind_it_until_it_is_retried_or_dropped(ledger, put, take):
    one, two = put(delivery(1), delivery(2, what="resolved"))
    with ledger.write() as connection:
        put_failed(connection, one.id, "refused", None)
    assert take() == []
    with ledger.write() as connection:
        assert retry(connection, [one.id, two.id], NOON) != []
        assert retry(connection, [two.id], NOON) == []
    assert take() == [1]
    with ledger.write() as connection:
        assert [each.id for each in drop(connection, [one.id], NOON)] == [one.id]
        assert drop(connection, [one.id], NOON) == []
    assert take() == [2]


def test_news_replaces_a_waiting_change_and_brings_what_waits_forward(ledger, put, take):
    put(delivery(1, due_at=NOON + MINUTE), delivery(2, what="changed", due_at=NOON + MINUTE))
    put(delivery(3, what="resolved"))

    assert states(ledger) == {1: "waiting", 2: "replaced", 3: "waiting"}
    assert take() == [1]


def test_who_was_told_of_an_opening_is_known_until_the_end_was_told(ledger, put):
    put(
        delivery(1),
        delivery(2, what="escalated", route="second"),
        delivery(3, what="escalated", route="held", state="held"),
        delivery(4, "f2", state="collected"),
        delivery(5, "f3"),
        delivery(6, "f3", what="resolved"),
        delivery(7, exporter="other", route="third"),
    )
    with ledger.read() as connection:
        found = told_by(connection, "chat", ["f1", "f2", "f3", "f4"])

    assert found == {"f1": {"all", "second"}, "f2": {"all"}, "f3": set()}


def test_what_is_held_goes_when_its_time_has_come_or_is_cancelled(ledger, put, take):
    one, two = put(delivery(1, state="held"), delivery(2, "f2", state="held", due_at=NOON + MINUTE))
    with ledger.write() as connection:
        assert due_states(connection, "chat", NOON) == {"held"}
        assert [each.id for each in due_of(connection, "chat", "held", NOON)] == [one.id]
        release_held(connection, one, {"n": "now"})
        cancel_held(connection, "chat", "f2", NOON)
        assert [each.body for each in get_deliveries(connection, [one.id])] == [{"n": "now"}]
    assert states(ledger) == {1: "waiting", 2: "cancelled"}
    assert take() == [1]
    assert two.state == "held"


def test_a_finding_that_somebody_has_in_hand_is_not_escalated(ledger, put):
    put(delivery(state="held"))
    with ledger.write() as connection:
        assert acknowledged_at(connection, "f1") is None
        acknowledge(connection, "f1", "alice", NOON)
        assert acknowledged_at(connection, "f1") == NOON
    assert states(ledger) == {1: "cancelled"}


def test_deliveries_are_listed_and_counted_by_exporter_and_state(ledger, put):
    one, *_ = put(delivery(1), delivery(2, "f2"), delivery(3, "f3", exporter="pager"))
    with ledger.write() as connection:
        put_sent(connection, [one.id], NOON)
        assert count_deliveries(connection) == {"chat": {"sent": 1, "waiting": 1}, "pager": {"waiting": 1}}
        assert [each.number for each in list_deliveries(connection, exporter="chat", states=["waiting"])] == [2]
        assert [each.number for each in list_deliveries(connection, beginning=one.id[:10])] == [1]
        assert [each.number for each in list_deliveries(connection, subject="f3")] == [3]
        assert last_sent_at(connection, "chat", "all", "f1") == NOON
        assert last_sent_at(connection, "chat", "all", "f9") is None


def test_what_ended_long_ago_is_forgotten_but_not_of_what_is_still_open(ledger, put):
    still = failed_check()
    one, two, three = put(delivery(1), delivery(2, still.uid), delivery(3, "f3"))
    with ledger.write() as connection:
        upsert_findings(connection, [still])
        put_sent(connection, [one.id, two.id], NOON)
        put_state_of(connection, [three.id], "parked", NOON)
        assert forget_deliveries(connection, NOON) == 0
        assert forget_deliveries(connection, NOON + MINUTE) == 1
    assert states(ledger) == {2: "sent", 3: "parked"}
